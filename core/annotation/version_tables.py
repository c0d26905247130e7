"""What reading and appending have in common for all tables of versions.

Each has the columns ``annotation_key``, ``version``, ``step_id`` and ``id``, and some that say of
which place in the annotation a version is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Row,
    Table,
    and_,
    func,
    insert,
    select,
)


def newest_rows(
    connection: Connection,
    table: Table,
    annotation_key: str,
    place: Sequence[str],
    *conditions: ColumnElement[bool],
) -> list[Row[Any]]:
    """Newest version of every place in an annotation.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    table : sqlalchemy.Table
        Table of versions.
    annotation_key : str
        Key of the annotation.
    place : sequence of str
        Columns that say of which place a version is.
    *conditions : sqlalchemy.ColumnElement
        What else a version has to fulfil.

    Returns
    -------
    list of sqlalchemy.Row
        Rows of `table`, ordered by place.
    """
    columns = [table.c[name] for name in place]
    wanted = (table.c.annotation_key == annotation_key, *conditions)
    newest = (
        select(*columns, func.max(table.c.version).label("version"))
        .where(*wanted)
        .group_by(*columns)
        .subquery()
    )
    same = [table.c[name] == newest.c[name] for name in (*place, "version")]
    rows = connection.execute(
        select(table).join(newest, and_(*same)).where(*wanted).order_by(*columns)
    )
    return list(rows)


def version_at(
    connection: Connection,
    table: Table,
    annotation_key: str,
    place: Mapping[str, Any],
    version: int,
) -> CursorResult[Any]:
    """One version of a place, by the columns that say which: one row of `table`, or none."""
    return connection.execute(
        select(table).where(
            table.c.annotation_key == annotation_key,
            *(table.c[name] == value for name, value in place.items()),
            table.c.version == version,
        )
    )


def rows_of_step(connection: Connection, table: Table, step_id: int) -> list[Row[Any]]:
    """Rows of a table that a step wrote, in the order of writing."""
    return list(
        connection.execute(select(table).where(table.c.step_id == step_id).order_by(table.c.id))
    )


def append_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write new versions."""
    values = [dict(row) for row in rows]
    if values:
        connection.execute(insert(table), values)
