"""What reading and appending have in common for all tables of versions.

Each has the columns ``annotation_key``, ``version``, ``step_id`` and ``id``, and some that say of
which place in the annotation a version is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Row,
    ScalarSelect,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
)


def newest_rows(
    connection: Connection,
    table: Table,
    annotation_key: str,
    place: Sequence[str],
    columns: Sequence[str] = (),
) -> list[Row[Any]]:
    """Newest version of every place in an annotation.

    The time grows with the number of places, not with that of their versions.

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
    columns : sequence of str, optional
        Those wanted; all by default.

    Returns
    -------
    list of sqlalchemy.Row
        Rows of `table`, ordered by place.
    """
    newest = _newest(table, tuple(place), tuple(columns))
    return list(connection.execute(newest, {"key": annotation_key}))


def newest_rows_among(
    connection: Connection,
    table: Table,
    annotation_key: str,
    places: Mapping[str, Collection[Any]],
) -> list[Row[Any]]:
    """Newest version of some places in an annotation; the time grows with their versions.

    Parameters
    ----------
    connection, table, annotation_key
        As in `newest_rows`.
    places : mapping of str to collection
        For each column that says of which place a version is, the values wanted.

    Returns
    -------
    list of sqlalchemy.Row
        Rows of `table`, ordered by place.
    """
    columns = [table.c[name] for name in places]
    wanted = (
        table.c.annotation_key == annotation_key,
        *(table.c[name].in_(values) for name, values in places.items()),
    )
    newest = (
        select(*columns, func.max(table.c.version).label("version"))
        .where(*wanted)
        .group_by(*columns)
        .subquery()
    )
    same = [table.c[name] == newest.c[name] for name in (*places, "version")]
    rows = connection.execute(
        select(table).join(newest, and_(*same)).where(*wanted).order_by(*columns)
    )
    return list(rows)


@cache
def _newest(table: Table, place: tuple[str, ...], columns: tuple[str, ...]) -> Select[Any]:
    """Statement that enters the index of places and versions once for each place.

    From the end of the index, one entry after the other: the newest version of the last place,
    then that of the place before it. A place (a, b) comes before another with the same a and a
    lower b, or else with a lower a; SQLite enters an index for each of these conditions, but not
    for the comparison of pairs.
    """
    at = table.alias()

    def last_before(*, depth: int | None) -> ScalarSelect[Any]:
        one = table.alias()
        before = []
        if depth is not None:
            before = [one.c[name] == at.c[name] for name in place[:depth]]
            before.append(one.c[place[depth]] < at.c[place[depth]])
        return (
            select(one.c.id)
            .where(one.c.annotation_key == bindparam("key"), *before)
            .order_by(*(one.c[name].desc() for name in (*place, "version")))
            .limit(1)
            .scalar_subquery()
        )

    walk = select(last_before(depth=None).label("id")).cte(recursive=True)
    steps = [last_before(depth=depth) for depth in reversed(range(len(place)))]
    following = func.coalesce(*steps) if len(steps) > 1 else steps[0]
    walk = walk.union_all(select(following).select_from(walk.join(at, at.c.id == walk.c.id)))
    wanted: list[Any] = [table.c[name] for name in columns] or [table]
    newest = select(*wanted).join(walk, table.c.id == walk.c.id)
    return newest.order_by(*(table.c[name] for name in place))


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
