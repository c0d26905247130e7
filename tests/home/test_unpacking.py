import io
import os
import stat
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, find_with_rest
from core.home import uploads
from core.home.unpacking import is_packed_folder, unpacked
from core.home.uploads import store_upload
from tests.support.declared_counts import many_entries
from tests.support.synthetic_series import PLACEMENTS, write_series


def packed(path: Path, members: Iterable[tuple[Any, bytes | str]]) -> Path:
    """Write an archive of (name, content) pairs; a name may be bytes, marked as UTF-8 or not."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def with_name(path: Path, name: bytes, *, utf_8: bool) -> Path:
    """Give the only ASCII member "NAME…" of an archive other bytes as its name."""
    content = bytearray(path.read_bytes())
    for magic, flags, names in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = content.index(magic)
        (before,) = struct.unpack_from("<H", content, at + flags)
        struct.pack_into("<H", content, at + flags, before | (0x800 if utf_8 else 0))
        content[at + names : at + names + len(name)] = name
    path.write_bytes(bytes(content))
    return path


def test_the_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    written = write_series(tmp_path / "series", PLACEMENTS[1])
    archive = packed(
        tmp_path / "scan.zip",
        [(f"a b/{path.name}", path.read_bytes()) for path in written.folder.iterdir()],
    )
    assert is_packed_folder(archive)
    with unpacked(archive, tmp_path) as folder:
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        assert {path.name for path in (folder / "a b").iterdir()} == {
            path.name for path in written.folder.iterdir()
        }
        assert find_series(folder)[0].slices == 9
    assert not folder.parent.exists()


def test_the_folder_is_gone_after_an_error_too(tmp_path: Path) -> None:
    archive = packed(tmp_path / "scan.zip", [("a", b"a")])
    with pytest.raises(RuntimeError), unpacked(archive, tmp_path) as folder:
        raise RuntimeError
    assert not folder.parent.exists()


def test_an_archive_of_a_folder_of_its_name_stands_for_that_folder(tmp_path: Path) -> None:
    archive = packed(tmp_path / "set.zip", [("set/a.npz", b"a"), ("__MACOSX/._a", b"x")])
    with unpacked(archive, tmp_path) as folder:
        assert [path.name for path in folder.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("utf_8", [True, False])
def test_names_that_are_no_utf_8_are_read_and_escaped(tmp_path: Path, utf_8: bool) -> None:
    written = write_series(tmp_path / "series", PLACEMENTS[0], slices=1)
    (image,) = written.folder.iterdir()
    archive = packed(tmp_path / "scan.zip", [("NAMEXX", image.read_bytes()[:-100])])
    with_name(archive, b"AB\xff\xfeCD", utf_8=utf_8)
    with unpacked(archive, tmp_path) as folder, pytest.raises(DicomError) as caught:
        find_series(folder)
    assert "scan/AB" in str(caught.value)
    str(caught.value).encode("utf-8")
    if utf_8:
        assert r"scan/AB\xff\xfeCD" in str(caught.value)
    upload = store_upload([("scan.zip", io.BytesIO(archive.read_bytes()))], tmp_path / "home")
    assert upload.files == 1


def test_utf_8_is_understood_without_its_mark(tmp_path: Path) -> None:
    archive = packed(tmp_path / "scan.zip", [("NAMEXX", b"")])
    with unpacked(with_name(archive, "Bär-X".encode(), utf_8=False), tmp_path) as folder:
        assert [path.name for path in folder.iterdir()] == ["Bär-X"]


def test_folders_of_windows_are_folders(tmp_path: Path) -> None:
    archive = packed(tmp_path / "scan.zip", [("DICOM\\PAT\\IM1", b"a")])
    with unpacked(archive, tmp_path) as folder:
        assert (folder / "DICOM" / "PAT" / "IM1").read_bytes() == b"a"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_files_of_one_name_and_names_without_place_are_all_kept(tmp_path: Path) -> None:
    names = ["a", "a", "a/b", "x" * 300, "/".join("y" * 200 for _ in range(30)), "./."]
    archive = packed(tmp_path / "scan.zip", [(name, name.encode()) for name in names])
    with unpacked(archive, tmp_path) as folder:
        kept = sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert kept == sorted(name.encode() for name in names)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a\\..\\..\\evil", "C:\\evil"])
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: bytes) -> None:
    archive = packed(tmp_path / "a.zip", [("good", b"x"), (name, b"x")])
    with pytest.raises(DicomError, match="leads outside"), unpacked(archive, tmp_path):
        pass
    assert not list(tmp_path.parent.rglob("*evil*"))


def test_links_damage_and_emptiness_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    sound = packed(tmp_path / "sound.zip", [("a", os.urandom(5000))])
    cut = tmp_path / "cut.zip"
    cut.write_bytes(sound.read_bytes()[:3000])
    for archive, reason in (
        (packed(tmp_path / "link.zip", [(link, "/etc/passwd")]), "holds a link"),
        (cut, "damaged"),
        (packed(tmp_path / "empty.zip", []), "holds no files"),
    ):
        with pytest.raises(DicomError, match=reason), unpacked(archive, tmp_path):
            pass


def test_archives_that_are_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 1000)
    archive = packed(tmp_path / "a.zip", [("a", bytes(600)), ("b", bytes(600))])
    with pytest.raises(DicomError, match="archive is too large"), unpacked(archive, tmp_path):
        pass


def test_archives_among_other_files_are_counted(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], slices=2)
    packed(tmp_path / "series" / "more.zip", [("a", b"a")])
    findings = find_with_rest(tmp_path / "series")
    assert findings.passed_over == "1 × zip archive, not looked into"
    assert findings.series[0].damaged == ()


def test_arrays_of_numpy_are_no_folders(tmp_path: Path) -> None:
    assert not is_packed_folder(packed(tmp_path / "volume.npz", [("a.npy", b"")]))
    assert not is_packed_folder(tmp_path)
    assert not is_packed_folder(tmp_path / "nowhere")


def test_an_archive_with_a_million_entries_is_refused_by_its_table_of_contents(
    tmp_path: Path,
) -> None:
    with pytest.raises(DicomError, match="holds more than 100,000 files"):
        store_upload([("many.zip", io.BytesIO(many_entries()))], tmp_path)


def test_an_archive_that_states_fewer_entries_than_it_lists_is_refused(tmp_path: Path) -> None:
    listed = bytearray(many_entries(100_001))
    listed[-10:-6] = bytes(4)  # the end states a table of contents without a byte
    with pytest.raises(DicomError):
        store_upload([("many.zip", io.BytesIO(bytes(listed)))], tmp_path)
