"""An empty store on both databases, and a project with three people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from core.projects.members import set_roles
from core.projects.projects import create_project
from core.projects.records import Role
from tests.support.databases import BOTH


@pytest.fixture(params=BOTH, scope="module")
def database(request: pytest.FixtureRequest) -> str:
    """Which database the store is in; every test of projects runs on both."""
    return str(request.param)


@pytest.fixture(scope="module")
def url(
    database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Address of a store that the tests of a module share: each has projects of its own."""
    if database == "SQLite":
        yield default_url(Path(tmp_path_factory.mktemp("store")))
        return
    server = request.getfixturevalue("postgresql")
    name = server.new_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[AnnotationStore]:
    """The store, open."""
    store = AnnotationStore(url)
    yield store
    store.close()


@pytest.fixture
def project_key(store: AnnotationStore) -> str:
    """Project that ada administers, anna and ben annotate in, and rita reviews in."""
    key = create_project(store, "Livers", "ada").key
    set_roles(store, key, "ada", {Role.ADMINISTER}, "ada")
    for person in ("anna", "ben"):
        set_roles(store, key, person, {Role.ANNOTATE}, "ada")
    set_roles(store, key, "rita", {Role.REVIEW}, "ada")
    return key
