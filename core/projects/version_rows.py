"""Reading the newest rows of the tables of projects, and appending rows to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, func, insert, select

from core.annotation.versions import utc_now


def newest(table: Table, *place: str) -> Select[Any]:
    """Query for the newest version of each place; conditions can be added to it.

    Parameters
    ----------
    table : sqlalchemy.Table
        Table of versions.
    *place : str
        Columns that say of what a version is.

    Returns
    -------
    sqlalchemy.Select
        Rows of `table`.
    """
    later = table.alias("later")
    same = [later.c[name] == table.c[name] for name in place]
    is_newest = (
        select(func.max(later.c.version)).where(and_(*same)).correlate(table).scalar_subquery()
    )
    return select(table).where(table.c.version == is_newest)


def newest_row(
    connection: Connection, table: Table, *conditions: ColumnElement[bool]
) -> Row[Any] | None:
    """Row with the highest version of those that fulfil the conditions; None without any."""
    query = select(table).where(*conditions).order_by(table.c.version.desc()).limit(1)
    return connection.execute(query).first()


def append(
    connection: Connection,
    table: Table,
    person: str,
    values: Mapping[str, Any],
    time: datetime | None = None,
) -> int:
    """Write one row with who wrote it and when; returns its id, 0 for a table without ids."""
    row = {**values, "person": person, "time": time or utc_now()}
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    return int(key[0]) if key is not None and "id" in table.c else 0
