"""Which uploads belong to which projects."""

from pathlib import Path

import pytest

from core.home.project_uploads import give_to_project, projects_with


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads" / ("0" * 32)
    folder.mkdir(parents=True)
    return folder


def test_an_upload_is_everybodys_until_it_is_given_to_a_project(
    tmp_path: Path, upload: Path
) -> None:
    assert projects_with(tmp_path, upload) == frozenset()
    give_to_project(tmp_path, upload, "one")
    give_to_project(tmp_path, upload, "two")
    assert projects_with(tmp_path, upload) == {"one", "two"}
    assert projects_with(tmp_path, upload / "000001") == {"one", "two"}
    assert projects_with(tmp_path, upload.with_name("1" * 32)) == frozenset()


def test_other_places_stay_with_those_who_may_search_them(tmp_path: Path) -> None:
    for folder in (tmp_path / "demo", tmp_path / "uploads", tmp_path.parent):
        give_to_project(tmp_path, folder, "one")
        assert projects_with(tmp_path, folder) == frozenset()


def test_a_note_that_cannot_be_read_keeps_everybody_out(tmp_path: Path, upload: Path) -> None:
    give_to_project(tmp_path, upload, "one")
    (note,) = (tmp_path / "project-uploads").iterdir()
    for content in (b"{", b"7", b"\xff"):
        note.write_bytes(content)
        assert projects_with(tmp_path, upload) == {""}
    give_to_project(tmp_path, upload, "two")
    assert projects_with(tmp_path, upload) == {"two"}
