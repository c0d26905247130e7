"""Disk or server fail for a while: one sentence, nothing lost, nothing half-written."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from core.annotation.records import MaskChange, StoreUnavailable
from core.annotation.retries import patiently
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from tests.support.databases import postgresql_only, sqlite_only
from tests.support.mounted_disk import grow, mounted_disk
from tests.support.postgresql import PostgreSQL
from tests.support.stored_series import SERIES, SLICES, Put, prepare, put_mask, rows_in, square


@pytest.fixture
def own_server(postgresql: PostgreSQL) -> Iterator[PostgreSQL]:
    """A server of the test's own, which it may stop."""
    server = PostgreSQL(postgresql.programs)
    yield server.create()
    server.remove()


def test_while_the_server_is_gone_work_waits_and_then_goes_on(own_server: PostgreSQL) -> None:
    url = own_server.url(own_server.new_database())
    store = prepare(url)
    put_mask(store, SERIES, 1, 0, mask=square(3))
    own_server.stop()
    for attempt in (
        lambda: put_mask(store, SERIES, 1, 1, mask=square(4)),
        lambda: store.annotation(SERIES),
        lambda: AnnotationStore(url),
    ):
        with pytest.raises(StoreUnavailable, match=r"^The database server cannot be reached; .*$"):
            attempt()
    refused, versions = threading.Event(), list[int]()

    def storing() -> int:
        try:
            return put_mask(store, SERIES, 1, 1, mask=square(4))
        except StoreUnavailable:
            refused.set()
            raise

    background = threading.Thread(target=lambda: versions.append(patiently(storing)))
    background.start()
    assert refused.wait(60)
    own_server.start()
    background.join()
    assert versions == [1]
    assert [store.slice(SERIES, 1, index).pixels for index in range(2)] == [9, 16]
    store.close()


@sqlite_only
def test_a_full_disk_stores_nothing_in_part_and_work_goes_on_when_there_is_space(
    database: str,
) -> None:
    with mounted_disk("1m") as disk:
        url = default_url(disk)
        store = prepare(url)
        stored, sentence = fill(store)
        assert sentence.startswith("The disk of the annotation store is full; ")
        assert stored > 0
        assert {one.version for one in store.annotation(SERIES).values()} == {stored}
        assert rows_in(url, "mask_version") == stored * SLICES
        grow(disk, "8m")
        put_on_all_slices(store, stored)
        assert {one.version for one in store.annotation(SERIES).values()} == {stored + 1}
        store.close()


def fill(store: AnnotationStore) -> tuple[int, str]:
    """Store versions of all slices until the disk is full: how many, and what is said then."""
    stored = 0
    while True:
        try:
            put_on_all_slices(store, stored)
        except StoreUnavailable as error:
            return stored, str(error)
        stored += 1


def put_on_all_slices(store: AnnotationStore, based_on: int) -> None:
    changes = [
        MaskChange(1, index, square(1 + based_on % 8), SliceState.DRAWN, based_on)
        for index in range(SLICES)
    ]
    store.put_many(SERIES, changes, "anna", "brush", "draw")


@sqlite_only
def test_a_store_that_can_only_be_read_is_read_and_says_so(
    store: AnnotationStore, put: Put
) -> None:
    put()
    only_read(store, "ON")
    with pytest.raises(StoreUnavailable, match=r"^The annotation store can only be read; "):
        put(mask=square(4), based_on=1)
    assert store.slice(SERIES, 1, 0).pixels == 9
    only_read(store, "OFF")
    assert put(mask=square(4), based_on=1) == 2


def only_read(store: AnnotationStore, way: str) -> None:
    """Let the connection that writes only read, as on a read-only disk, or write again."""
    writer = store._database.writers.raw_connection()
    writer.cursor().execute(f"PRAGMA query_only={way}")
    writer.close()


@postgresql_only
def test_a_server_that_only_answers_readers_is_read_and_says_so(
    store: AnnotationStore, put: Put, url: str
) -> None:
    put()
    set_read_only(url, "on")
    store._database.dispose()
    with pytest.raises(StoreUnavailable, match=r"^The annotation store can only be read; "):
        put(mask=square(4), based_on=1)
    assert store.slice(SERIES, 1, 0).pixels == 9
    set_read_only(url, "off")
    store._database.dispose()
    assert put(mask=square(4), based_on=1) == 2


def set_read_only(url: str, way: str) -> None:
    """Let new connections to a database of PostgreSQL only read, or write again."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.exec_driver_sql(
            f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = {way}"
        )
    engine.dispose()
