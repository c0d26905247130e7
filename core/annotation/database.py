"""Opening the database behind the store: durability settings, transactions, migrations."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import alembic.script
import alembic.util
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, TimeoutError

from core.annotation.integrity import IntegrityCheck
from core.annotation.records import StoreBusy, StoreDamaged, StoreError, StoreUnavailable
from core.kept_closed import keep_closed

# A lock is asked for again and again, for a while each time, because SQLite is not fair: of many
# who wait in one long request, the same one may lose every time.
_LOCK_TIMEOUT_S = 0.5
_LONGEST_WAIT_S = 20.0
_READERS = 10
_CLIENT = "slicewise.client"
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")
_MIGRATION_LOCK = 0x511CE315E  # any number that no other program on the PostgreSQL server uses


@dataclass(frozen=True, eq=False)
class Database:
    """Connections to the database: those that write never keep those that read waiting.

    Attributes
    ----------
    readers, writers : sqlalchemy.Engine
        Each with connections of its own. On SQLite there is one that writes, because only one can;
        the others of this process wait for it in turn.
    integrity : IntegrityCheck, optional
        Of a file of SQLite, once it is opened.
    client : callable, optional
        Tells from where whoever asks within this thread does; `client_of` calls it.
    """

    readers: Engine
    writers: Engine
    integrity: IntegrityCheck | None = None
    client: Callable[[], str] | None = None

    def dispose(self) -> None:
        """Close all connections."""
        if self.integrity is not None:
            self.integrity.stop()
        self.readers.dispose()
        self.writers.dispose()


def open_database(url: str, client: Callable[[], str] | None = None) -> Database:
    """Connect to the database and bring its tables up to date.

    Safe when several processes open the same new database at once. On SQLite every commit is on
    the disk before it returns (WAL with ``synchronous=FULL``).

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///…`` or ``postgresql+psycopg://…``.
    client : callable, optional
        As in `Database`.

    Returns
    -------
    Database
        Its tables are those of `core.annotation.schema`.

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
            file = Path(address.database)
            _make_private(file)
            keep_closed([file, *(file.with_name(file.name + end) for end in _BESIDE_SQLITE)])
        database = _database(address)
    except (ArgumentError, ImportError, OSError) as error:
        raise StoreError(f"The annotation store cannot be opened: {error}") from error
    try:
        if address.get_backend_name() == "sqlite":
            check = IntegrityCheck(Path(str(address.database)))
            database = replace(database, integrity=check)
        database = replace(database, client=client)
        with writing(database) as connection:
            migrate(connection, newest_revision())
    except StoreError:
        database.dispose()
        raise
    return database


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """Run one transaction that writes; committed to disk when the block ends without an error."""
    _refuse_damaged(database)
    with _explained("written"), database.writers.connect() as connection, _begun(connection):
        connection.info[_CLIENT] = database.client
        yield connection


def client_of(connection: Connection) -> str:
    """From where whoever writes in a transaction of `writing` asks; blank where nothing tells."""
    client: Callable[[], str] | None = connection.info.get(_CLIENT)
    return client() if client is not None else ""


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """Run one transaction that only reads, from one consistent state."""
    _refuse_damaged(database)
    with _explained("read"), database.readers.connect() as connection, connection.begin():
        yield connection


@contextmanager
def _explained(verb: str) -> Iterator[None]:
    """Turn what a database driver raises into one sentence for people."""
    try:
        yield
    except StoreError:
        raise
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        if type(error).__module__.startswith("core."):
            raise  # of the program itself, such as of a backup that cannot be written
        # A column holds what nobody writes there.
        raise StoreDamaged(_damage(type(error).__name__)) from error
    except SQLAlchemyError as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(error, TimeoutError) or _is_busy(reason):
            raise StoreBusy(
                "The annotation store is busy: somebody else is writing; try again."
            ) from error
        if obstacle := _obstacle(reason):
            raise StoreUnavailable(obstacle) from error
        if _is_damage(reason):
            has_code = hasattr(reason, "sqlite_errorcode")
            raise StoreDamaged(
                _damage(_shown(reason) if has_code else "unreadable text")
            ) from error
        raise StoreError(f"The annotation store cannot be {verb}: {_shown(reason)}") from error


def _is_busy(reason: BaseException | None) -> bool:
    """Tell whether a lock was waited for in vain, on SQLite or PostgreSQL."""
    if isinstance(reason, sqlite3.OperationalError):
        code = getattr(reason, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    # lock_not_available, deadlock_detected, serialization_failure
    return getattr(reason, "sqlstate", None) in ("55P03", "40P01", "40001")


def _obstacle(reason: BaseException | None) -> str | None:
    """Say in a sentence what keeps disk or server from their work for now."""
    code, state = getattr(reason, "sqlite_errorcode", 0) & 0xFF, getattr(reason, "sqlstate", None)
    if code == sqlite3.SQLITE_FULL or state == "53100":
        return "The disk of the annotation store is full; free some space and try again."
    if code == sqlite3.SQLITE_READONLY or state == "25006":
        return "The annotation store can only be read; make its disk writable and try again."
    # Errors of PostgreSQL without a state come from the connection itself; class 08 and some of 57
    # from a server that is starting or stopping.
    is_operational = type(reason).__module__.startswith("psycopg") and state is None
    if is_operational or str(state).startswith(("08", "57P")):
        first_line = str(reason).partition("\n")[0]
        return f"The database server cannot be reached; try again when it is back: {first_line}"
    return None


def _is_damage(reason: BaseException | None) -> bool:
    """Tell whether the file is not what SQLite wrote."""
    if type(reason) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
        return False
    # Without a code, it is Python that cannot make text of what it got.
    code = getattr(reason, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)


def _shown(reason: BaseException | None) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in str(reason))


def _damage(what: str) -> str:
    return (
        f"The annotation store is damaged on the disk ({what}); stop Slicewise and restore it from "
        "a backup."
    )


def _refuse_damaged(database: Database) -> None:
    """Refuse a file of SQLite whose indices do not fit its tables: versions would seem missing."""
    if database.integrity is not None and database.integrity.is_damaged:
        raise StoreDamaged(_damage("its tables contradict each other"))


def _make_private(file: Path) -> None:
    """Make a file that nobody else can read, and its folder, where they do not exist."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=True)


def _database(address: URL) -> Database:
    if address.get_backend_name() != "sqlite":
        readers, writers = (create_engine(address, pool_pre_ping=True) for _ in range(2))
        event.listen(writers, "begin", _limit_waiting)
        return Database(readers, writers)
    settings: dict[str, Any] = {
        "connect_args": {"timeout": _LOCK_TIMEOUT_S},
        "pool_timeout": _LONGEST_WAIT_S,
    }
    readers = create_engine(address, pool_size=_READERS, max_overflow=_READERS, **settings)
    writers = create_engine(address, pool_size=1, max_overflow=0, **settings)
    for engine, begin in ((readers, _begin_reading), (writers, _begin_writing)):
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", begin)
    return Database(readers, writers)


@contextmanager
def _begun(connection: Connection) -> Iterator[None]:
    """Begin a transaction as soon as nobody else writes, commit it at the end."""
    deadline = time.monotonic() + _LONGEST_WAIT_S
    while True:
        try:
            transaction = connection.begin()
            break
        except DBAPIError as error:
            if not _is_busy(error.orig) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.0, _LOCK_TIMEOUT_S / 10))
    with transaction:
        yield


def _limit_waiting(connection: Connection) -> None:
    """Wait for locks of PostgreSQL for a while only."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT_S:.0f}s'")


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by the functions below alone: the driver would begin them too late,
    # which lets two writers read the same version before either has the lock.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def newest_revision() -> str:
    """Return the revision that the tables of `core.annotation.schema` have."""
    return str(alembic.script.ScriptDirectory.from_config(_configuration()).get_current_head())


def migrate(connection: Connection, revision: str) -> None:
    """Run the missing migrations within the transaction of `connection`, one process at a time.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    revision : str
        The last of them.

    Raises
    ------
    StoreError
        If the tables, or this revision, belong to a newer version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = _configuration()
    config.attributes["connection"] = connection
    try:
        alembic.command.upgrade(config, revision)
    except alembic.util.CommandError as error:
        raise StoreError(
            "The annotation store was written by a newer version of Slicewise; update this one."
        ) from error


def _configuration() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
