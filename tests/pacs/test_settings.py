"""archive.toml: what it may say, and what it is refused for."""

import os
from pathlib import Path
from typing import Any

import pytest

from core.pacs.settings import Archive, ArchiveError, Basic, Cache, Node, read_archive

WHOLE = """
url = "https://pacs.example.org/dicom-web"
name = "hospital archive"
timeout_s = 30

[basic]
user = "reader"
password = "topsecret"

[dicom]
host = "pacs.example.org"
port = 11112
called_ae = "PACS"
tls = true

[cache]
gigabytes = 5
days = 7
"""

C_STORE = '[dicom]\nhost = "pacs"\nport = 11112\ncalled_ae = "PACS"\n'


def written(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "archive.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def refused(
    home: Path, text: str, message: str, environment: Any = None, mode: int = 0o600
) -> None:
    written(home, text, mode)
    with pytest.raises(ArchiveError, match=message) as caught:
        read_archive(home, environment or {})
    assert "topsecret" not in str(caught.value)


def test_without_a_file_there_is_no_archive(tmp_path: Path) -> None:
    assert read_archive(tmp_path, {}) is None


def test_everything_in_the_file_is_read(tmp_path: Path) -> None:
    written(tmp_path, WHOLE)
    assert read_archive(tmp_path, {}) == Archive(
        url="https://pacs.example.org/dicom-web",
        name="hospital archive",
        timeout_s=30.0,
        basic=Basic("reader", "topsecret"),
        dicom=Node("pacs.example.org", 11112, "PACS", "SLICEWISE", tls=True),
        cache=Cache(5.0, 7.0),
    )


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    written(tmp_path, WHOLE)
    assert "topsecret" not in repr(read_archive(tmp_path, {}))


def test_secrets_and_the_place_of_the_file_may_come_from_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE.replace('password = "topsecret"', ""), mode=0o644)
    environment = {"SLICEWISE_ARCHIVE": str(path), "SLICEWISE_ARCHIVE_PASSWORD": "other"}
    archive = read_archive(tmp_path / "elsewhere", environment)
    assert archive is not None and archive.basic == Basic("reader", "other")
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_archive(tmp_path, {"SLICEWISE_ARCHIVE": str(tmp_path / "missing.toml")})


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, WHOLE, "chmod 600", mode=0o644)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("url = ", "not sound TOML"),
        ('uri = "https://a/b"', "unknown key uri"),
        ('name = "a"', "where the archive is"),
        ('url = "https://a/b"\ntimeout_s = "long"', "timeout_s must be a number"),
        ('url = "https://a/b"\ntimeout_s = 0', "must be above 0"),
        ('url = "https://a/b"\nbasic = "me"', "written as"),
        ('url = "https://me:topsecret@a/b"', "without login"),
        ('url = "ftp://a/b"', "must look like https"),
        ('url = "https://a/b"\nca_bundle = "/nowhere.pem"', "no file /nowhere.pem"),
        ('url = "https://a/b"\n[bearer]\nscope = "all"', "needs token"),
        ('url = "https://a/b"\n[basic]\nuser = "a"\n[bearer]\ntoken = "b"', "keep one"),
        ('[dicom]\nhost = "a"', "add dicom.port, dicom.called_ae"),
        ('[dicom]\nhost = "a"\nport = 70000\ncalled_ae = "A"', "between 1 and 65535"),
        ('[dicom]\nhost = "a"\nport = 104\ncalled_ae = "SEVENTEEN CHARACT"', "AE title"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(
    tmp_path: Path, text: str, message: str
) -> None:
    refused(tmp_path, text, message)


def test_nothing_goes_over_a_network_unencrypted_unless_somebody_says_so(tmp_path: Path) -> None:
    refused(tmp_path, 'url = "http://pacs/a"', "patient data unencrypted")
    refused(
        tmp_path,
        'url = "http://pacs/a"\nunencrypted = true\n[basic]\nuser = "a"\npassword = "topsecret"',
        "login unencrypted",
    )
    refused(tmp_path, C_STORE, "patient data unencrypted")
    refused(tmp_path, 'url = "http://127.0.0.1/a"\nproxy = "http://proxy"', "data unencrypted")
    for text in (
        'url = "http://127.0.0.1:8042/dicom-web"',
        'url = "http://localhost/dicom-web"\n[basic]\nuser = "a"',
        'url = "http://pacs/a"\nunencrypted = true',
        f"{C_STORE}tls = true",
        f"unencrypted = true\n{C_STORE}",
        C_STORE.replace("pacs", "127.0.0.1"),
    ):
        written(tmp_path, text)
        assert read_archive(tmp_path, {}) is not None
