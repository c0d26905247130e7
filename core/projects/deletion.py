"""Deleting projects with everything in them, by hand or when their time is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from core.annotation.database import reading, writing
from core.annotation.project_schema import project, project_version, work_item
from core.annotation.store import AnnotationStore
from core.audit.entries import Action
from core.projects.access import changing_project, properties
from core.projects.deeds import record_deed
from core.projects.project_rows import annotation_keys, lock_annotations, rows_of_project
from core.projects.records import MoveRefused, Role
from core.projects.version_rows import newest

_KEYS_AT_ONCE = 500  # a database takes a limited number of values in one query


def delete_project(store: AnnotationStore, project_key: str, person: str) -> list[str]:
    """Delete an archived project: its annotations with all their history, and all about it.

    Backups and exports that were written before still hold it.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        An administrator of it.

    Returns
    -------
    list of str
        Keys of opened series that belong to no project any more, so that their files can go.

    Raises
    ------
    AccessRefused
        If the person does not administer it, or there is no such project.
    MoveRefused
        If it is not archived.
    """
    with changing_project(store, project_key, person, Role.ADMINISTER, even_archived=True) as (
        connection,
        _,
    ):
        return _delete_archived(connection, project_key, person)


def delete_whole_project(store: AnnotationStore, project_key: str, person: str) -> list[str]:
    """Delete an archived project as `delete_project` does, for whoever runs the server."""
    with writing(store.database) as connection:
        _lock(connection, project_key)
        return _delete_archived(connection, project_key, person)


def expired_projects(store: AnnotationStore, now: datetime) -> list[str]:
    """Keys of archived projects whose retention time is over.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    now : datetime.datetime
        With a zone.
    """
    with reading(store.database) as connection:
        return _expired(connection, now)


def delete_expired_projects(store: AnnotationStore, now: datetime, person: str) -> list[str]:
    """Delete archived projects whose retention time is over.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    now : datetime.datetime
        With a zone.
    person : str
        Who deletes them; noted, not checked: this is for the command line of the server.

    Returns
    -------
    list of str
        Keys of the projects.
    """
    with writing(store.database) as connection:
        expired = _expired(connection, now)
        for key in expired:
            _lock(connection, key)
        # Somebody may have brought one back before the rows were locked.
        still = [key for key in _expired(connection, now) if key in expired]
        for key in still:
            _delete(connection, key, person, "its time was over")
        return still


def _lock(connection: Connection, project_key: str) -> None:
    connection.execute(select(project.c.key).where(project.c.key == project_key).with_for_update())


def _delete_archived(connection: Connection, project_key: str, person: str) -> list[str]:
    if not properties(connection, project_key).archived:
        raise MoveRefused("Only an archived project can be deleted; archive it first.")
    return _delete(connection, project_key, person)


def _expired(connection: Connection, now: datetime) -> list[str]:
    rows = connection.execute(
        newest(project_version, "project_key").where(
            project_version.c.archived, project_version.c.retention_days.is_not(None)
        )
    )
    moment = now.astimezone(UTC).replace(tzinfo=None)
    return sorted(
        row.project_key
        for row in rows
        if _archived_since(connection, row) + timedelta(days=row.retention_days) <= moment
    )


def _archived_since(connection: Connection, newest_version: Any) -> datetime:
    """When a project was archived last: the first version since that says so."""
    rows = connection.execute(
        select(project_version.c.archived, project_version.c.time)
        .where(project_version.c.project_key == newest_version.project_key)
        .order_by(project_version.c.version.desc())
    )
    since: datetime = newest_version.time
    for row in rows:
        if not row.archived:
            break
        since = row.time
    return since


def _delete(connection: Connection, project_key: str, person: str, why: str = "") -> list[str]:
    """Delete a project that nobody else changes; returns keys of series without a project."""
    record_deed(connection, project_key, person, Action.PROJECT_DELETED, why)
    keys = lock_annotations(connection, annotation_keys(project_key))
    of_project = work_item.c.project_key == project_key
    opened = select(work_item.c.opened_key)
    before = set(connection.execute(opened.where(of_project)).scalars())
    elsewhere = set(connection.execute(opened.where(~of_project)).scalars())
    begins = range(0, max(len(keys), 1), _KEYS_AT_ONCE)
    batches = [keys[begin : begin + _KEYS_AT_ONCE] for begin in begins]
    for table in reversed(rows_of_project(project_key, [])):
        for some in batches:
            connection.execute(delete(table).where(rows_of_project(project_key, some)[table]))
    return sorted(before - elsewhere)
