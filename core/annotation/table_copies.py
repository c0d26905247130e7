"""All rows of the store as lines of JSON, and back into an empty store on either database."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
)

from core.annotation.audit_schema import audit_entry
from core.annotation.database import Database, migrate, newest_revision, reading, writing
from core.annotation.records import StoreError
from core.annotation.schema import adapted_network, metadata

_ROWS_AT_ONCE = 1000
_NETWORKS_AT_ONCE = 16  # of 0.6 MB each


@dataclass(frozen=True)
class StoreCopy:
    """What the store holds at one moment.

    Attributes
    ----------
    revision : str
        Of its tables.
    tables : mapping of str to callable
        By name, such that tables come before those that refer to them; each gives the rows of its
        table, one line of JSON in UTF-8 for each. They can be read while the store is.
    """

    revision: str
    tables: Mapping[str, Callable[[], Iterator[bytes]]]


@contextmanager
def copied_store(database: Database) -> Iterator[StoreCopy]:
    """Give all rows as they are at one moment, while others go on writing.

    Parameters
    ----------
    database : Database
        The store's.

    Yields
    ------
    StoreCopy
        Read within one transaction, which ends with the block.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    with reading_one_state(database) as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        tables = {
            table.name: partial(table_lines, connection, table) for table in metadata.sorted_tables
        }
        yield StoreCopy(str(revision), tables)


@contextmanager
def reading_one_state(database: Database) -> Iterator[Connection]:
    """Run a transaction all of whose queries see the store as it is at one moment."""
    with reading(database) as connection:
        if connection.dialect.name == "postgresql":
            # SQLite reads from one state in any case.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield connection


def restore_store(database: Database, copy: StoreCopy) -> None:
    """Fill an empty store with what another one held; all of it, or nothing at all.

    Tables of an earlier version are migrated. A store that holds nothing but entries of the audit
    log counts as empty, since whoever has signed in to a new server has left one: they stay, and
    are numbered behind those of the copy, which are older.

    Parameters
    ----------
    database : Database
        The empty store's.
    copy : StoreCopy
        What it is to hold.

    Raises
    ------
    StoreError
        If the store holds anything else, if the copy comes from a newer version, or if it holds
        what no store does.
    """
    with writing(database) as connection:
        others = [table for table in metadata.sorted_tables if table is not audit_entry]
        if any(_holds_rows(connection, table) for table in others):
            raise StoreError(
                "The annotation store holds annotations already; restore into an empty one: set "
                "another SLICEWISE_HOME or SLICEWISE_DATABASE."
            )
        entries = _entries(connection)
        if entries or copy.revision != newest_revision():
            _begin_anew(connection, copy.revision)
        known = MetaData()
        known.reflect(connection)
        for name, lines in copy.tables.items():
            if name not in known.tables:
                raise StoreError("The backup holds a table that no store has; it is damaged.")
            _fill(connection, known.tables[name], lines())
        migrate(connection, newest_revision())
        if entries:
            connection.execute(insert(audit_entry), entries)


def table_lines(
    connection: Connection, table: Table, *conditions: ColumnElement[bool]
) -> Iterator[bytes]:
    """Rows of a table, all or those that fulfil conditions; one line of JSON in UTF-8 for each."""
    rows = connection.execution_options(yield_per=_at_once(table)).execute(
        select(table).where(*conditions).order_by(*table.primary_key.columns)
    )
    names = table.columns.keys()
    for row in rows:
        values = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        yield json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _at_once(table: Table) -> int:
    """Rows of a table that are in memory at once."""
    return _NETWORKS_AT_ONCE if table is adapted_network else _ROWS_AT_ONCE


def _plain(value: Any) -> Any:
    """Value of a column in terms of JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value


def _value(column: Column[Any], plain: Any) -> Any:
    """Value of a column from what `_plain` made of it."""
    if plain is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(plain, validate=True)
    return datetime.fromisoformat(plain) if isinstance(column.type, DateTime) else plain


def _holds_rows(connection: Connection, table: Table) -> bool:
    return connection.execute(select(func.count()).select_from(table)).scalar_one() > 0


def _entries(connection: Connection) -> list[dict[str, Any]]:
    """Entries of the audit log without their numbers, the oldest first."""
    names = [column.name for column in audit_entry.columns if not column.primary_key]
    rows = connection.execute(select(audit_entry).order_by(*audit_entry.primary_key.columns))
    return [{name: row._mapping[name] for name in names} for row in rows]


def _begin_anew(connection: Connection, revision: str) -> None:
    """Give an empty store new tables, those of a revision."""
    present = MetaData()
    present.reflect(connection, only=[*metadata.tables, "alembic_version"])
    present.drop_all(connection)
    try:
        migrate(connection, revision)
    except StoreError as error:
        raise StoreError(
            "The backup was written by a newer version of Slicewise; update this one."
        ) from error


def _fill(connection: Connection, table: Table, lines: Iterable[bytes]) -> None:
    rows = (_row(table, line) for line in lines)
    while some := list(islice(rows, _at_once(table))):
        connection.execute(insert(table), some)
    if connection.dialect.name == "postgresql":
        for column in table.primary_key.columns:
            _count_on(connection, table, column)


def _row(table: Table, line: bytes) -> dict[str, Any]:
    values = json.loads(line)
    if values.keys() != set(table.columns.keys()):
        raise StoreError("The backup holds a row that does not fit its table; it is damaged.")
    return {name: _value(table.columns[name], plain) for name, plain in values.items()}


def _count_on(connection: Connection, table: Table, column: Column[Any]) -> None:
    """Let PostgreSQL number new rows behind those that have come with their numbers."""
    sequence = connection.execute(
        select(func.pg_get_serial_sequence(table.name, column.name))
    ).scalar_one()
    if sequence is not None:
        largest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(sequence, largest, False)))
