"""A backup file is whole, or refused in a sentence."""

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.home.backups import (
    FILES,
    TABLES,
    BackupError,
    checked_backup,
    kept_files,
    put_back,
    write_backup,
)

ROWS = [b'{"id": 1}\n', b'{"id": 2}\n'] * 500


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A backup of two parts."""
    path = tmp_path / "backup.zip"
    write_backup(path, "0005", [(TABLES + "step", ROWS), (FILES + "opened/a.json", [b"{}"])])
    return path


def read(path: Path) -> tuple[str, dict[str, bytes]]:
    with checked_backup(path) as backup:
        return backup.revision, {name: b"".join(backup.lines(name)) for name in backup.parts}


def test_it_gives_back_what_was_written_and_is_closed_to_others(path: Path) -> None:
    assert read(path) == (
        "0005",
        {TABLES + "step": b"".join(ROWS), FILES + "opened/a.json": b"{}"},
    )
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_exists_is_not_replaced(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        write_backup(path, "0005", [])
    assert path.read_bytes() == before


def test_an_error_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    def rows() -> Iterator[bytes]:
        yield b"{}"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_backup(tmp_path / "backup.zip", "0005", [(TABLES + "step", rows())])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_one_gives_the_same_or_a_sentence(path: Path, seed: int) -> None:
    whole, chance = read(path), random.Random(seed)
    damaged = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 3, 20])):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    path.write_bytes(damaged)
    sentence = ""
    try:
        found = read(path)
    except BackupError as error:
        sentence = str(error)
    else:
        assert found == whole
    assert sentence.isprintable()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_one_is_refused(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BackupError, match="no backup of Slicewise, or only a part"):
        read(path)


def test_another_zip_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("readme", "hello")
    with pytest.raises(BackupError, match="is no backup of Slicewise"):
        read(tmp_path / "other.zip")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="does not exist"):
        read(tmp_path / "missing.zip")
    with pytest.raises(BackupError, match="no backup"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["files/../outside", "files//etc/outside", "elsewhere"])
def test_a_file_that_belongs_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "backup.zip"
    write_backup(path, "0005", [(name, [b"x"])])
    with pytest.raises(BackupError, match="damaged"):
        read(path)


def test_what_slicewise_makes_again_is_left_out(tmp_path: Path) -> None:
    names = ["secret", "opened/a.json", "uploads/x.dcm", "temporary/y", "exports/k/z.dcm"]
    for name in [*names, "annotations.db", "annotations.db-wal", "archive.toml", "archive/1/a"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {path.as_posix() for path in kept_files(tmp_path, uploads=False)}
    assert found == {"secret", "opened/a.json", "archive.toml"}
    assert Path("uploads/x.dcm") in kept_files(tmp_path, uploads=True)


def test_files_that_are_there_stay_as_they_are(path: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with checked_backup(path) as backup:
        assert put_back(home, backup) == []
        (home / "opened" / "a.json").write_text("mine")
        assert put_back(home, backup) == ["opened/a.json"]
    assert (home / "opened" / "a.json").read_text() == "mine"
