"""An empty store on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.database import Database, open_database
from core.home.settings import default_url
from tests.support.databases import BOTH


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of the store."""
    if request.param == "SQLite":
        return default_url(tmp_path)
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The store, open."""
    database = open_database(url)
    yield database
    database.dispose()
