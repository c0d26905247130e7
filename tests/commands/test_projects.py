"""`projects` as it is called in a terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.annotation.store import AnnotationStore
from core.home.backups import checked_backup
from core.home.settings import default_url
from core.projects.projects import change_project, create_project, projects_of, set_retention
from tests.support.projects import add


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnnotationStore]:
    """The store that the command works on."""
    monkeypatch.setenv("SLICEWISE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SLICEWISE_DATABASE", raising=False)
    store = AnnotationStore(default_url(tmp_path / "home"))
    yield store
    store.close()


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Key of a project with one series."""
    key = create_project(store, "Livers", "ada").key
    add(store, key)
    return key


def test_projects_are_listed(
    store: AnnotationStore, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["projects", "list"]) == 0
    said = f"{key}  Livers: 0 of 1 readings done, 1 members, administered by ada\n"
    assert capsys.readouterr().out == said


def test_a_project_is_exported_and_deleted(
    store: AnnotationStore, key: str, tmp_path: Path
) -> None:
    assert main(["projects", "export", key, str(tmp_path / "livers.zip")]) == 0
    with checked_backup(tmp_path / "livers.zip") as backup:
        assert "tables/project" in backup.parts
    assert main(["projects", "delete", key]) == 2
    change_project(store, key, "ada", archived=True)
    assert main(["projects", "delete", key]) == 0
    assert projects_of(store, "ada", archived=True) == []


def test_a_key_of_no_project_is_refused_in_a_sentence(
    store: AnnotationStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["projects", "export", "nowhere", str(tmp_path / "x.zip")]) == 2
    assert "no project with this key" in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()


def test_nothing_expires_before_its_time(
    store: AnnotationStore, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_retention(store, key, "ada", 1)
    change_project(store, key, "ada", archived=True)
    assert main(["projects", "expire", "--list"]) == 0
    assert main(["projects", "expire"]) == 0
    assert "0 projects are deleted" in capsys.readouterr().out


def test_a_person_is_taken_out(
    store: AnnotationStore, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["projects", "remove", "ada"]) == 2
    assert "name a successor" in capsys.readouterr().err
    assert main(["projects", "remove", "ada", "--successor", "ben"]) == 0
    assert projects_of(store, "ada") == []
    assert [one.name for one in projects_of(store, "ben")] == ["Livers"]
