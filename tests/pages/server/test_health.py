"""Whether a real server can do its work, also while its database is gone."""

import json
from collections.abc import Iterator

import pytest

from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.postgresql import PostgreSQL
from tests.support.raw_requests import ask


@pytest.fixture(scope="module")
def database(postgresql: PostgreSQL) -> Iterator[PostgreSQL]:
    """A server of this test's own, which it can stop."""
    database = PostgreSQL(postgresql.programs).create()
    yield database
    database.stop()
    database.remove()


@pytest.fixture(scope="module")
def server(database: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = new_home(tmp_path_factory.mktemp("health"))
    server = Server(home, database=database.url(database.new_database()))
    yield server.start()
    server.kill()
    server.check_log()


def health(server: Server) -> tuple[int, dict[str, str]]:
    answer = ask(server.port, "/health", ("Host", f"127.0.0.1:{server.port}"))
    return answer.status, json.loads(answer.body)


def test_a_server_tells_whether_it_can_work(server: Server, database: PostgreSQL) -> None:
    well = {"status": "ok", "database": "ok", "disk": "ok", "model": "not loaded"}
    assert health(server) == (200, well)
    database.stop()
    assert health(server) == (503, well | {"status": "failed", "database": "failed"})
    database.start()
    assert health(server) == (200, well)
