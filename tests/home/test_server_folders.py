"""Which folders of the server people may open and write to."""

import os
from pathlib import Path

import pytest

from core.dicom.errors import DicomError
from core.home.server_folders import named_folder, server_files, writable_folder
from core.home.settings import data_roots


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two configured folders with a file each, and one beside them with a secret."""
    for name in ("one", "two", "secret"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").write_text(name)
    configured = [str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "missing")]
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", os.pathsep.join(configured))
    return tmp_path


def test_folders_below_the_configured_ones_may_be_opened(roots: Path) -> None:
    for folder in ("one", "two/deep", "two/deep/file", "one/../two"):
        (found,) = server_files(roots / folder, data_roots(), roots / "home")
        assert found.name == "file"


@pytest.mark.parametrize("folder", ["secret", ".", "one/../secret", "nowhere", "one/\0"])
def test_other_folders_may_not_and_the_message_does_not_tell_why(roots: Path, folder: str) -> None:
    with pytest.raises(DicomError, match="no such folder among those that may be opened"):
        server_files(str(roots / folder), data_roots(), roots / "home")


def test_links_lead_nowhere_outside(roots: Path) -> None:
    (roots / "one" / "away").symlink_to(roots / "secret")
    (roots / "one" / "stolen").symlink_to(roots / "secret" / "deep" / "file")
    (roots / "one" / "fine").symlink_to(roots / "two" / "deep" / "file")
    (roots / "one" / "loop").symlink_to(roots / "one" / "loop")
    with pytest.raises(DicomError, match="no such folder"):
        server_files(roots / "one" / "away", data_roots(), roots / "home")
    with pytest.raises(DicomError, match="no such folder"):
        server_files(roots / "one" / "loop", data_roots(), roots / "home")
    assert server_files(roots / "one", data_roots(), roots / "home") == [
        roots / "one" / "deep" / "file",
        roots / "two" / "deep" / "file",
    ]


def test_the_own_folder_is_left_out_of_those_around_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in (home / "uploads" / "one", home / "shared", tmp_path / "ct"):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    (tmp_path / "ct" / "link").symlink_to(home / "uploads" / "one" / "file")
    assert server_files(tmp_path, [tmp_path], home) == [tmp_path / "ct" / "file"]
    for folder in (home, home / "uploads", home / "uploads" / "one", tmp_path / "ct" / "link"):
        with pytest.raises(DicomError, match="no such folder"):
            server_files(folder, [tmp_path], home)
        with pytest.raises(DicomError, match="no such folder"):
            server_files(folder, [home], home)
    inside = [tmp_path, home / "shared"]
    assert server_files(home / "shared", inside, home) == [home / "shared" / "file"]
    assert len(server_files(tmp_path, inside, home)) == 2


def test_a_name_stands_for_the_folder_of_that_name_below_the_configured_ones(roots: Path) -> None:
    allowed = data_roots()
    assert named_folder("deep", allowed) == roots / "one" / "deep"
    assert named_folder(f" {roots / 'two'} ", allowed) == roots / "two"
    for name in ("nowhere", "../secret"):
        with pytest.raises(DicomError, match="no such folder"):
            server_files(named_folder(name, allowed), allowed, roots / "home")


def test_nothing_may_be_opened_unless_configured(
    roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLICEWISE_DATA_ROOTS")
    with pytest.raises(DicomError, match="set SLICEWISE_DATA_ROOTS"):
        server_files(roots / "one", data_roots(), roots / "home")


def test_only_folders_below_the_allowed_ones_are_written_to(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "root"
    for folder in (home, root / "below", tmp_path / "other"):
        folder.mkdir(parents=True)
    (root / "link").symlink_to(tmp_path / "other")
    assert writable_folder(str(root / "below"), home, [root]) == root / "below"
    assert writable_folder("below", home, [root]) == root / "below"
    for text in (
        str(tmp_path / "other"),
        str(root / "link"),
        f"{root}/../other",
        f"{root}/none",
        "",
    ):
        with pytest.raises(DicomError, match="no such folder"):
            writable_folder(text, home, [root])
