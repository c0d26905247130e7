from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.dicom.errors import DicomError
from core.home.secret import home_secret, opaque_name


def test_a_home_has_one_key_for_good_that_others_cannot_read(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(home_secret, [tmp_path] * 32))
    assert keys == {home_secret(tmp_path)} and len(keys.pop()) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_every_home_has_another(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert home_secret(tmp_path / "a") != home_secret(tmp_path / "b")


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_without_a_key_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(DicomError, match="holds no key of 32 bytes"):
        home_secret(tmp_path)
    assert (tmp_path / "secret").read_bytes() == content


def test_a_name_is_the_same_in_one_home_alone_and_tells_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = opaque_name(tmp_path / "a", "anna@example.org")
    assert first == opaque_name(tmp_path / "a", "anna@example.org")
    assert first != opaque_name(tmp_path / "a", "bob@example.org")
    assert first != opaque_name(tmp_path / "b", "anna@example.org")
    assert len(first) == 24 and int(first, 16) >= 0
