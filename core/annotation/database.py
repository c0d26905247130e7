"""Opening the database behind the store: durability settings, transactions, migrations."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import alembic.util
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, TimeoutError

from core.annotation.records import StoreBusy, StoreError

_LOCK_TIMEOUT_S = 30.0
_MIGRATION_LOCK = 0x511CE315E  # any number that no other program on the PostgreSQL server uses


def open_database(url: str) -> Engine:
    """Connect to the database and bring its tables up to date.

    Safe when several processes open the same new database at once. On SQLite every commit is on
    the disk before it returns (WAL with ``synchronous=FULL``).

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///…`` or ``postgresql+psycopg://…``.

    Returns
    -------
    sqlalchemy.Engine
        Engine whose tables are those of `core.annotation.schema`.

    Raises
    ------
    StoreError
        If the database cannot be reached, is none, or was written by a newer Slicewise.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            if address.database in (None, "", ":memory:"):
                raise StoreError("An annotation store in memory would be lost; name a file.")
            _make_private(Path(address.database))
        engine = _engine(address)
    except (ArgumentError, ImportError, OSError) as error:
        raise StoreError(f"The annotation store cannot be opened: {error}") from error
    try:
        with writing(engine) as connection:
            _migrate(connection)
    except alembic.util.CommandError as error:
        engine.dispose()
        raise StoreError(
            "The annotation store was written by a newer version of Slicewise; update this one."
        ) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run one transaction that writes; committed to disk when the block ends without an error."""
    with _explained("written"), engine.connect() as connection:
        connection = connection.execution_options(slicewise_writes=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run one transaction that only reads, from one consistent state."""
    with _explained("read"), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def _explained(verb: str) -> Iterator[None]:
    """Turn what a database driver raises into one sentence for people."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(error, TimeoutError) or _is_busy(reason):
            raise StoreBusy(
                "The annotation store is busy: somebody else is writing; try again."
            ) from error
        raise StoreError(f"The annotation store cannot be {verb}: {reason}") from error


def _is_busy(reason: BaseException | None) -> bool:
    """Tell whether a lock was waited for in vain, on SQLite or PostgreSQL."""
    if isinstance(reason, sqlite3.OperationalError):
        return (reason.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    # lock_not_available, deadlock_detected, serialization_failure
    return getattr(reason, "sqlstate", None) in ("55P03", "40P01", "40001")


def _make_private(file: Path) -> None:
    """Make a file that nobody else can read, and its folder, where they do not exist."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)


def _engine(address: URL) -> Engine:
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    engine = create_engine(address, connect_args={"timeout": _LOCK_TIMEOUT_S})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by `_begin_sqlite` alone: the driver would begin them too late, which
    # lets two writers read the same version before either has the lock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("slicewise_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: Connection) -> None:
    """Run the missing migrations within the transaction of `connection`, one process at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, "head")
