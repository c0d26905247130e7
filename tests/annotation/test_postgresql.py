"""Locks of PostgreSQL: waited for, given up in a sentence, and asked for again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine

from core.annotation import database
from core.annotation.actions import save_drawing
from core.annotation.records import StoreBusy
from core.annotation.retries import patiently
from core.annotation.store import AnnotationStore
from tests.support.databases import postgresql_only
from tests.support.stored_series import SERIES, prepare, put_mask, segment, square

_WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"

pytestmark = postgresql_only


@contextmanager
def somebody_writing(url: str) -> Iterator[Callable[[], int]]:
    """Another client that holds the lock of the series; gives the number of those who wait."""
    engine = create_engine(url)
    with engine.connect() as writer, engine.connect() as watcher, writer.begin():
        writer.exec_driver_sql("SELECT * FROM annotation FOR UPDATE")

        def waiting() -> int:
            with watcher.begin():
                return int(watcher.exec_driver_sql(_WAITING).scalar_one())

        yield waiting
    engine.dispose()


def put(store: AnnotationStore) -> int:
    return put_mask(store, SERIES, 1, 0, mask=square(3))


def test_a_writer_waits_for_another_and_readers_for_nobody(
    store: AnnotationStore, url: str
) -> None:
    writers = [
        threading.Thread(target=put, args=(store,)),
        *(
            threading.Thread(target=store.save_segment, args=(SERIES, segment(number), "anna"))
            for number in range(3, 8)
        ),
    ]
    with somebody_writing(url) as waiting:
        for writer in writers:
            writer.start()
        while waiting() < len(writers):
            pass
        assert store.annotation(SERIES) == {}
        assert len(store.segments(SERIES)) == 2
        assert all(writer.is_alive() for writer in writers)
    for writer in writers:
        writer.join()
    assert store.slice(SERIES, 1, 0).version == 1
    assert len(store.segments(SERIES)) == 7


def test_who_waits_in_vain_is_told_in_a_sentence_and_nothing_is_stored(
    store: AnnotationStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LONGEST_WAIT_S", 1.0)
    with somebody_writing(url), pytest.raises(StoreBusy, match="somebody else is writing"):
        put(store)
    assert store.annotation(SERIES) == {}
    assert put(store) == 1


def test_work_in_the_background_asks_again_until_its_turn_comes(
    store: AnnotationStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LONGEST_WAIT_S", 1.0)
    refused, versions = threading.Event(), list[int]()

    def attempt() -> int:
        try:
            return put(store)
        except StoreBusy:
            refused.set()
            raise

    background = threading.Thread(target=lambda: versions.append(patiently(attempt)))
    with somebody_writing(url):
        background.start()
        assert refused.wait(60)
    background.join()
    assert versions == [1]


def test_a_new_database_may_be_opened_by_several_at_once(url: str) -> None:
    stores: list[AnnotationStore] = []
    threads = [threading.Thread(target=lambda: stores.append(prepare(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(store.segments(SERIES)) for store in stores] == [2] * 4
    for store in stores:
        store.close()


def test_a_drawing_takes_pixels_from_another_segment_and_undo_gives_them_back(
    store: AnnotationStore,
) -> None:
    put_mask(store, SERIES, 2, 0, mask=square(6))
    save_drawing(store, SERIES, 1, 0, square(3), person="anna", tool="brush")
    assert store.slice(SERIES, 2, 0).pixels == 27
    store.undo(SERIES, "anna")
    assert store.slice(SERIES, 2, 0).pixels == 36
