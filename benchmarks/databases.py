"""The database that a benchmark was told to use."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.postgresql import PostgreSQL, server_programs

OPTION_HELP = (
    "address of an empty one, or postgresql for a server that is started and removed; "
    "a file of SQLite by default"
)


@contextmanager
def database_url(option: str | None) -> Iterator[str | None]:
    """Address of the database meanwhile; None where a file of SQLite is meant.

    Raises
    ------
    SystemExit
        If a server of PostgreSQL is to be started and its programs are not installed.
    """
    if option != "postgresql":
        yield option
        return
    programs = server_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed; on Debian: apt-get install postgresql.")
    server = PostgreSQL(programs, waits_for_disk=True)
    try:
        server.create()
        yield server.url(server.new_database())
    finally:
        server.remove()
