"""Work items in the store: reading them, and writing their next versions."""

import secrets
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from core.annotation.project_schema import work_item, work_item_version
from core.annotation.schema import annotation
from core.projects.deeds import record_change
from core.projects.records import AccessRefused, WorkItem, WorkState
from core.projects.version_rows import append, newest

_ITEM = [column for column in work_item.c if column.name not in ("person", "time")]
_VERSION = ("version", "state", "priority", "assigned", "reviewer", "time")
_FIRST = {"state": WorkState.TO_DO, "priority": 0, "assigned": None, "reviewer": None}


def items_in(connection: Connection, *conditions: ColumnElement[bool]) -> list[WorkItem]:
    """Work items that fulfil conditions on ``work_item``, by number and reading."""
    versions = newest(work_item_version, "annotation_key").subquery()
    columns = [versions.c[name] for name in _VERSION]
    rows = connection.execute(
        select(*_ITEM, *columns)
        .join(versions, versions.c.annotation_key == work_item.c.annotation_key)
        .where(*conditions)
        .order_by(work_item.c.number, work_item.c.reading)
    )
    return [_item(row) for row in rows]


def item_in(connection: Connection, annotation_key: str) -> WorkItem:
    """Work item of an annotation.

    Raises
    ------
    AccessRefused
        If there is none.
    """
    found = items_in(connection, work_item.c.annotation_key == annotation_key)
    if not found:
        raise AccessRefused
    return found[0]


def readings_in(connection: Connection, item: WorkItem) -> dict[int, WorkItem]:
    """All readings of the series of an item, by their numbers."""
    found = items_in(
        connection,
        work_item.c.project_key == item.project_key,
        work_item.c.series_uid == item.series_uid,
    )
    return {one.reading: one for one in found}


def by_series(items: Iterable[WorkItem]) -> dict[str, dict[int, WorkItem]]:
    """Put the readings of every series together: by its UID, and by their numbers."""
    readings: dict[str, dict[int, WorkItem]] = {}
    for item in items:
        readings.setdefault(item.series_uid, {})[item.reading] = item
    return readings


def write_version(connection: Connection, item: WorkItem, person: str, **changes: Any) -> WorkItem:
    """Write the next version of an item, with changes of state, priority, assigned or reviewer."""
    values = {
        "annotation_key": item.annotation_key,
        "version": item.version + 1,
        "state": item.state,
        "priority": item.priority,
        "assigned": item.assigned,
        "reviewer": item.reviewer,
    } | changes
    append(connection, work_item_version, person, values)
    record_change(connection, item, values, person)
    return item_in(connection, item.annotation_key)


def add_item(
    connection: Connection,
    annotation_row: dict[str, Any],
    item_row: dict[str, Any],
    person: str,
    **first: Any,
) -> WorkItem:
    """Write a new item, with an annotation of its own.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_row, item_row : dict
        Columns of ``annotation`` and ``work_item``, without the key.
    person : str
        Who adds it.
    **first
        What differs from an item that is to do and that nobody is assigned to.
    """
    key = f"a{secrets.token_hex(16)}"
    connection.execute(insert(annotation).values(annotation_row | {"key": key}))
    append(connection, work_item, person, item_row | {"annotation_key": key})
    version = {"annotation_key": key, "version": 1} | _FIRST | first
    append(connection, work_item_version, person, version)
    return item_in(connection, key)


def add_reading(
    connection: Connection, item: WorkItem, reading: int, person: str, **first: Any
) -> WorkItem:
    """Add a further reading of the series of an item."""
    query = select(annotation).where(annotation.c.key == item.annotation_key)
    annotation_row = dict(connection.execute(query).one()._mapping)
    query = select(work_item).where(work_item.c.annotation_key == item.annotation_key)
    item_row = dict(connection.execute(query).one()._mapping) | {"reading": reading}
    for own in ("annotation_key", "person", "time"):
        del item_row[own]
    return add_item(connection, annotation_row, item_row, person, **first)


def readers_in(connection: Connection, item: WorkItem) -> set[str]:
    """Who is assigned to an item, and who has worked on it before."""
    table = work_item_version
    begun = select(table.c.assigned).where(
        table.c.annotation_key == item.annotation_key,
        table.c.assigned.is_not(None),
        table.c.state != WorkState.TO_DO,
    )
    found = {*connection.execute(begun).scalars()}
    return found | ({item.assigned} if item.assigned is not None else set())


def next_number(connection: Connection, project_key: str) -> int:
    """Number for the next series of a project, from 1."""
    largest = select(func.max(work_item.c.number)).where(work_item.c.project_key == project_key)
    return (connection.execute(largest).scalar() or 0) + 1


def _item(row: Row[Any]) -> WorkItem:
    return WorkItem(
        annotation_key=row.annotation_key,
        project_key=row.project_key,
        series_uid=row.series_uid,
        opened_key=row.opened_key,
        reading=row.reading,
        number=row.number,
        title=row.title,
        state=WorkState(row.state),
        assigned=row.assigned,
        reviewer=row.reviewer,
        priority=row.priority,
        version=row.version,
        changed=row.time.replace(tzinfo=UTC),
        spacing_mm=(row.slice_spacing, row.row_spacing, row.column_spacing),
    )
