"""A project is deleted with everything in it, and nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from core.annotation.adapted_networks import KeptNetwork, keep_network
from core.annotation.database import reading
from core.annotation.schema import annotation, metadata
from core.annotation.store import AnnotationStore
from core.projects.adjudication import start_adjudication
from core.projects.comments import add_comment, resolve_comment
from core.projects.deletion import delete_expired_projects, delete_project, expired_projects
from core.projects.members import set_roles
from core.projects.project_rows import annotation_keys, rows_of_project
from core.projects.projects import (
    change_project,
    create_project,
    project_for,
    set_retention,
)
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import AccessRefused, MoveRefused, Role
from core.projects.work_items import add_series
from core.projects.working_times import report_activity
from core.projects.worklist import worklist
from tests.support.projects import series, submitted_readings
from tests.support.stored_series import put_mask, square


def fill(store: AnnotationStore, project_key: str) -> None:
    """Give a project rows in every table."""
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    first, _ = submitted_readings(store, project_key)
    final = start_adjudication(store, first, "rita").annotation_key
    put_mask(store, final, 1, 4, mask=square(2), person="rita")
    store.undo(final, "rita")
    said = add_comment(store, first, "Difficult.", "rita", slice_index=1)
    add_comment(store, first, "Yes.", "anna", answer_to=said)
    resolve_comment(store, first, said, "rita")
    keep_network(store, first, KeptNetwork("slicewise", (1,), ("1.2",), b"parameters"))
    report_activity(store, first, "anna", time=datetime(2031, 1, 1, tzinfo=UTC))


def counts(connection: Connection, project_key: str) -> dict[str, int]:
    """Number of rows of a project by table."""
    conditions = rows_of_project(project_key, annotation_keys(project_key))
    return {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(condition)
        ).scalar_one()
        for table, condition in conditions.items()
    }


def test_every_table_of_annotations_and_projects_is_covered() -> None:
    tables = {table.name for table in rows_of_project("key", [])}
    named = {
        table.name
        for table in metadata.sorted_tables
        if {"project", "annotation"} & {key.column.table.name for key in table.foreign_keys}
    }
    assert named <= tables
    assert {"project", "annotation", "comment_resolution_version"} <= tables


def test_nothing_of_a_deleted_project_is_left_and_all_of_the_others(
    store: AnnotationStore, project_key: str
) -> None:
    other = create_project(store, "Other", "ada").key
    for person, role in (("anna", Role.ANNOTATE), ("ben", Role.ANNOTATE), ("rita", Role.REVIEW)):
        set_roles(store, other, person, {role}, "ada")
    for key in (project_key, other):
        fill(store, key)
    with reading(store.database) as connection:
        total = connection.execute(select(func.count()).select_from(annotation)).scalar_one()
        before = counts(connection, other)
        # Ends of segments are the only thing that nobody has stated.
        assert {name for name, number in counts(connection, project_key).items() if not number} <= {
            "end_version"
        }
    change_project(store, project_key, "ada", archived=True)
    assert delete_project(store, project_key, "ada") == []
    with reading(store.database) as connection:
        assert not any(counts(connection, project_key).values())
        assert counts(connection, other) == before
        left = connection.execute(select(func.count()).select_from(annotation)).scalar_one()
    assert left == total - 3
    with pytest.raises(AccessRefused):
        project_for(store, project_key, "ada")
    assert len(worklist(store, other, "ada")) == 3


def test_series_that_no_other_project_has_are_named(
    store: AnnotationStore, project_key: str
) -> None:
    other = create_project(store, "Other", "ada").key
    for number in (101, 102):
        add_series(store, project_key, series(number), "ada")
    add_series(store, other, series(101), "ada")
    change_project(store, project_key, "ada", archived=True)
    assert delete_project(store, project_key, "ada") == [series(102).opened_key]


def test_only_administrators_delete_and_only_what_is_archived(
    store: AnnotationStore, project_key: str
) -> None:
    with pytest.raises(MoveRefused, match="archive it first"):
        delete_project(store, project_key, "ada")
    change_project(store, project_key, "ada", archived=True)
    for person in ("anna", "eve"):
        with pytest.raises(AccessRefused):
            delete_project(store, project_key, person)


def test_an_archived_project_expires_after_its_days_and_no_other_does(
    store: AnnotationStore, project_key: str
) -> None:
    kept, open_one = (create_project(store, name, "ada").key for name in ("Kept", "Open"))
    for key in (project_key, open_one):
        set_retention(store, key, "ada", 30)
    for key in (project_key, kept):
        change_project(store, key, "ada", archived=True)
    now = datetime.now(UTC)
    assert project_key not in expired_projects(store, now + timedelta(days=29))
    later = now + timedelta(days=31)
    assert project_key in expired_projects(store, later)
    assert project_key in delete_expired_projects(store, later, "root")
    with pytest.raises(AccessRefused):
        project_for(store, project_key, "ada")
    assert project_for(store, kept, "ada").archived
    assert not project_for(store, open_one, "ada").archived


def test_bringing_a_project_back_stops_its_time(store: AnnotationStore, project_key: str) -> None:
    set_retention(store, project_key, "ada", 30)
    for archived in (True, False):
        change_project(store, project_key, "ada", archived=archived)
    assert project_key not in expired_projects(store, datetime.now(UTC) + timedelta(days=3650))
