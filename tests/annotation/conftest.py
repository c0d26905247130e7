"""A store on disk with one small series and two segments."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.annotation.proposal_storing import store_proposals
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from tests.support.databases import BOTH
from tests.support.postgresql import PostgreSQL
from tests.support.stored_series import SERIES, Put, Suggested, prepare, put_mask, square


@pytest.fixture(params=BOTH, scope="module")
def database(request: pytest.FixtureRequest) -> str:
    """Which database the store is in; every test of a store runs on both."""
    return str(request.param)


@pytest.fixture
def url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of the store: one that does not exist yet, where the test does not use `store`."""
    is_prepared = "store" in request.fixturenames
    if database == "SQLite":
        if is_prepared:
            prepared_folder = request.getfixturevalue("prepared_folder")
            shutil.copytree(prepared_folder, tmp_path, dirs_exist_ok=True)
        yield default_url(tmp_path)
        return
    server = request.getfixturevalue("postgresql")
    template = request.getfixturevalue("prepared_database") if is_prepared else "template1"
    name = server.new_database(template)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a prepared store, to be copied: quicker than preparing one for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(default_url(folder)).close()
    return folder


@pytest.fixture(scope="session")
def prepared_database(postgresql: PostgreSQL) -> str:
    """Name of a database of PostgreSQL with a prepared store, to be copied."""
    name = postgresql.new_database()
    prepare(postgresql.url(name)).close()
    return name


@pytest.fixture
def store(url: str) -> Iterator[AnnotationStore]:
    """A prepared store, open."""
    store = AnnotationStore(url)
    yield store
    store.close()


@pytest.fixture
def put(store: AnnotationStore) -> Put:
    """Store a drawn square of 3 × 3 on slice 0 of segment 1, or what is named instead."""

    def put(segment_number: int = 1, slice_index: int = 0, **given: Any) -> int:
        return put_mask(store, SERIES, segment_number, slice_index, **({"mask": square(3)} | given))

    return put


@pytest.fixture
def proposed(store: AnnotationStore) -> AnnotationStore:
    """Store with slice 0 drawn and proposals on slices 1 to 4 of both segments."""
    put_mask(store, SERIES, 1, 0, mask=square(4))
    suggestions = [
        Suggested(segment, index, square(index + segment), 0.9 - index / 10)
        for segment in (1, 2)
        for index in range(1, 5)
    ]
    store_proposals(store, SERIES, suggestions, person="anna", weights="default-1")
    return store
