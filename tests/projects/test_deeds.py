"""The audit log has an entry of everything that is done to a project, whoever calls."""

from pathlib import Path

import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.audit.entries import Action, AuditEntry, EntryFilter, read_entries
from core.home.backups import BackupError
from core.home.settings import default_url
from core.projects.assignments import assign, next_for
from core.projects.deletion import delete_project
from core.projects.exporting import export_project
from core.projects.members import remove_member, set_roles
from core.projects.moves import move
from core.projects.projects import change_project, create_project, set_retention
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import AccessRefused, Role, WorkState
from tests.support.projects import add, series


def entries_of(store: AnnotationStore, project_key: str) -> list[AuditEntry]:
    """All entries about a project, the oldest first."""
    return read_entries(store.database, EntryFilter(subject=project_key))[::-1]


def newest(store: AnnotationStore, project_key: str) -> tuple[str, str, str]:
    """Person, action and detail of the newest entry about a project."""
    entry = entries_of(store, project_key)[-1]
    return entry.person, entry.action, entry.detail


def test_members_and_their_roles_are_recorded(store: AnnotationStore) -> None:
    key = create_project(store, "Livers", "ada").key
    assert newest(store, key) == ("ada", Action.PROJECT_CREATED, "")
    set_roles(store, key, "anna", {Role.ANNOTATE}, "ada")
    assert newest(store, key) == ("ada", Action.MEMBER_ADDED, "anna: annotate")
    set_roles(store, key, "anna", {Role.REVIEW, Role.ANNOTATE}, "ada")
    assert newest(store, key) == ("ada", Action.ROLES_CHANGED, "anna: annotate, review")
    remove_member(store, key, "anna", "ada")
    assert newest(store, key) == ("ada", Action.MEMBER_REMOVED, "anna")


def test_properties_protocol_and_retention_are_recorded(
    store: AnnotationStore, project_key: str
) -> None:
    change_project(store, project_key, "ada", name="Livers of Mr Smith")
    assert newest(store, project_key) == ("ada", Action.PROJECT_CHANGED, "another name")
    change_project(store, project_key, "ada", second_reading_share=0.2)
    assert newest(store, project_key) == ("ada", Action.PROJECT_CHANGED, "20% are read twice")
    set_retention(store, project_key, "ada", 90)
    assert newest(store, project_key)[1:] == (
        Action.RETENTION_CHANGED,
        "90 days after archiving",
    )
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    assert newest(store, project_key)[1:] == (Action.PROTOCOL_CHANGED, "version 1, 1 segments")
    change_project(store, project_key, "ada", archived=True)
    assert newest(store, project_key)[1:] == (Action.PROJECT_CHANGED, "archived")


def test_what_changes_nothing_is_not_recorded(store: AnnotationStore, project_key: str) -> None:
    before = entries_of(store, project_key)
    change_project(store, project_key, "ada", name="Livers")
    set_retention(store, project_key, "ada", None)
    set_roles(store, project_key, "anna", {Role.ANNOTATE}, "ada")
    assert entries_of(store, project_key) == before


def test_assigning_and_moving_are_recorded_without_titles(
    store: AnnotationStore, project_key: str
) -> None:
    item = add(store, project_key)
    which = f"series {item.number}, reading 1"
    assert newest(store, project_key) == (
        "ada",
        Action.SERIES_ADDED,
        f"series {item.number}, opened as {item.opened_key}",
    )
    assign(store, item.annotation_key, "anna", "ada")
    assert newest(store, project_key)[1:] == (
        Action.READING_ASSIGNED,
        f"{which}: anna annotates it",
    )
    next_for(store, project_key, "anna")
    assert newest(store, project_key) == (
        "anna",
        Action.READING_MOVED,
        f"{which}: to do → in progress",
    )
    move(store, item.annotation_key, WorkState.TO_REVIEW, "anna")
    move(store, item.annotation_key, WorkState.DONE, "rita")
    said = [entry.detail for entry in entries_of(store, project_key)]
    assert said[-2:] == [f"{which}: rita reviews it", f"{which}: to review → done"]
    title = series(1).title
    assert all(title not in detail and item.series_uid not in detail for detail in said)


def test_exporting_and_deleting_are_recorded_and_the_entries_stay(
    store: AnnotationStore, project_key: str, tmp_path: Path
) -> None:
    export_project(store, project_key, "ada", tmp_path / "livers.zip")
    assert newest(store, project_key) == ("ada", Action.PROJECT_EXPORTED, "")
    change_project(store, project_key, "ada", archived=True)
    delete_project(store, project_key, "ada")
    assert newest(store, project_key) == ("ada", Action.PROJECT_DELETED, "")
    assert entries_of(store, project_key)[0].action == Action.PROJECT_CREATED


def test_what_is_refused_or_fails_is_not_recorded(
    store: AnnotationStore, project_key: str, tmp_path: Path
) -> None:
    before = entries_of(store, project_key)
    with pytest.raises(AccessRefused):
        export_project(store, project_key, "anna", tmp_path / "livers.zip")
    (tmp_path / "there.zip").touch()
    with pytest.raises(BackupError):
        export_project(store, project_key, "ada", tmp_path / "there.zip")
    with pytest.raises(StoreError):
        remove_member(store, project_key, "ada", "ada")
    assert entries_of(store, project_key) == before


def test_an_entry_says_from_where(tmp_path: Path) -> None:
    store = AnnotationStore(default_url(tmp_path), lambda: "192.0.2.7")
    key = create_project(store, "Livers", "ada").key
    (entry,) = entries_of(store, key)
    store.close()
    assert entry.client == "192.0.2.7"
