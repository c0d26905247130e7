"""`backup` and `restore` as they are called in a terminal."""

from pathlib import Path

import pytest

from core.__main__ import main
from core.annotation.store import AnnotationStore
from core.home.secret import home_secret
from core.home.settings import default_url
from tests.support.mounted_disk import make_read_only, mounted_disk
from tests.support.stored_series import SERIES, prepare, put_mask, square


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one drawing."""
    home = tmp_path / "home"
    store = prepare(default_url(home))
    put_mask(store, SERIES, 1, 0, mask=square(3))
    store.close()
    home_secret(home)
    monkeypatch.setenv("SLICEWISE_HOME", str(home))
    monkeypatch.delenv("SLICEWISE_DATABASE", raising=False)
    return home


def test_a_home_is_restored_elsewhere(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["backup", str(tmp_path / "backup.zip")]) == 0
    monkeypatch.setenv("SLICEWISE_HOME", str(tmp_path / "new"))
    assert main(["restore", str(tmp_path / "backup.zip")]) == 0
    store = AnnotationStore(default_url(tmp_path / "new"))
    assert (store.slice(SERIES, 1, 0).mask == square(3)).all()
    store.close()
    assert home_secret(tmp_path / "new") == home_secret(home)


def test_a_home_moves_to_postgresql(
    home: Path, tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["backup", str(tmp_path / "backup.zip")]) == 0
    monkeypatch.setenv("SLICEWISE_DATABASE", postgresql_url)
    assert main(["restore", str(tmp_path / "backup.zip")]) == 0
    store = AnnotationStore(postgresql_url)
    assert (store.slice(SERIES, 1, 0).mask == square(3)).all()
    store.close()


def test_a_store_that_is_used_is_not_overwritten(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backup.zip")]) == 0
    assert main(["restore", str(tmp_path / "backup.zip")]) == 2
    assert "holds annotations already" in capsys.readouterr().err


def test_a_foreign_file_is_refused_before_a_home_is_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLICEWISE_HOME", str(tmp_path / "new"))
    assert main(["restore", str(home / "annotations.db")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written_to_is_no_damage_of_the_store(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mounted_disk("8k") as disk:
        (disk / "other").write_bytes(bytes(8192))
        (tmp_path / "earlier.zip").write_bytes(b"earlier")
        for path, message in (
            (tmp_path / "earlier.zip", "exists already; name a file that does not."),
            (tmp_path / "none" / "b.zip", "cannot be written: No such file or directory."),
            (disk / "b.zip", "cannot be written: No space left on device."),
        ):
            assert main(["backup", str(path)]) == 2
            assert capsys.readouterr().err == f"{path} {message}\n"
        assert [path.name for path in disk.iterdir()] == ["other"]
    assert (tmp_path / "earlier.zip").read_bytes() == b"earlier"


def test_a_disk_that_can_only_be_read_is_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mounted_disk("1m") as disk:
        make_read_only(disk)
        assert main(["backup", str(disk / "b.zip")]) == 2
        said = capsys.readouterr().err
    assert said == f"{disk / 'b.zip'} cannot be written: Read-only file system.\n"
