"""All rows are copied while others write, and fill an empty store on either database."""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, delete, insert

from core.annotation.audit_schema import audit_entry
from core.annotation.database import newest_revision, open_database, reading, writing
from core.annotation.records import StoreError
from core.annotation.schema import metadata
from core.annotation.store import AnnotationStore
from core.annotation.table_copies import StoreCopy, copied_store, restore_store
from core.annotation.versions import utc_now
from core.home.settings import default_url
from core.segments.overlap_rules import OverlapRule
from tests.support.earlier_stores import make_store_without_rules
from tests.support.store_processes import put_rounds
from tests.support.stored_series import SERIES, SLICES, Put, put_mask, square

Rows = dict[str, list[tuple]]


def rows(url: str) -> Rows:
    """All rows of a store by table."""
    database = open_database(url)
    with reading(database) as connection:
        found = {
            table.name: [
                tuple(row)
                for row in connection.execute(table.select().order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }
    database.dispose()
    return found


def copy_of(url: str) -> StoreCopy:
    """Everything in a store, read into memory."""
    database = open_database(url)
    with copied_store(database) as copy:
        lines = {name: list(read()) for name, read in copy.tables.items()}
    database.dispose()
    return StoreCopy(copy.revision, {name: partial(iter, each) for name, each in lines.items()})


def restore(url: str, copy: StoreCopy) -> None:
    database = open_database(url)
    try:
        restore_store(database, copy)
    finally:
        database.dispose()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of another, empty store, on each database."""
    if request.param == "SQLite":
        return default_url(tmp_path / "other")
    return str(request.getfixturevalue("postgresql_url"))


def test_a_restored_store_holds_the_same_rows_and_goes_on(
    proposed: AnnotationStore, url: str, other_url: str
) -> None:
    proposed.undo(SERIES, "anna")
    restore(other_url, copy_of(url))
    assert rows(other_url) == rows(url)
    restored = AnnotationStore(other_url)
    assert restored.redo(SERIES, "anna") == proposed.redo(SERIES, "anna")
    put_mask(restored, SERIES, 2, 5, mask=square(7))
    assert restored.slice(SERIES, 2, 5).pixels == 49
    restored.close()


def sign_in(url: str, *people: str) -> None:
    """Leave an entry in the audit log of a store for each person."""
    database = open_database(url)
    with writing(database) as connection:
        for person in people:
            values = {"client": "", "action": "signed in", "subject": "", "detail": ""}
            row = values | {"time": utc_now(), "person": person}
            connection.execute(insert(audit_entry).values(row))
    database.dispose()


def people_in_log(url: str) -> list[tuple[int, str]]:
    """Number and person of each entry."""
    return [(number, person) for number, _, person, *_ in rows(url)["audit_entry"]]


def test_entries_of_a_new_server_stay_behind_those_of_the_copy(
    proposed: AnnotationStore, url: str, other_url: str
) -> None:
    sign_in(url, "anna", "ben")
    sign_in(other_url, "carla")
    restore(other_url, copy_of(url))
    assert people_in_log(other_url) == [(1, "anna"), (2, "ben"), (3, "carla")]
    sign_in(other_url, "dora")
    assert people_in_log(other_url)[-1] == (4, "dora")
    assert rows(other_url) | {"audit_entry": []} == rows(url) | {"audit_entry": []}
    database = open_database(other_url)
    with pytest.raises(StoreError), writing(database) as connection:
        connection.execute(delete(audit_entry))
    database.dispose()


def test_entries_of_a_new_server_stay_when_nothing_is_restored(
    proposed: AnnotationStore, url: str, other_url: str
) -> None:
    sign_in(other_url, "carla")
    copy = copy_of(url)
    damaged = dict(copy.tables) | {"segment_version": lambda: iter([b"{}\n"])}
    with pytest.raises(StoreError, match="damaged"):
        restore(other_url, StoreCopy(copy.revision, damaged))
    assert people_in_log(other_url) == [(1, "carla")]


def test_a_copy_made_while_three_processes_write_is_a_beginning_of_history(
    store: AnnotationStore, url: str, other_url: str
) -> None:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    writers = [
        context.Process(target=put_rounds, args=(url, slice_index, stop))
        for slice_index in range(3)
    ]
    for writer in writers:
        writer.start()
    while any(store.slice(SERIES, 1, index).version < 5 for index in range(3)):
        assert all(writer.is_alive() for writer in writers)
    copy = copy_of(url)
    counted = [store.slice(SERIES, 1, index).version for index in range(3)]
    while any(store.slice(SERIES, 1, i).version <= counted[i] for i in range(3)):
        assert all(writer.is_alive() for writer in writers)
    stop.set()
    for writer in writers:
        writer.join()
    restore(other_url, copy)
    then, now = rows(other_url), rows(url)
    assert 15 <= len(then["mask_version"]) < len(now["mask_version"])
    for name, kept in then.items():
        assert kept == now[name][: len(kept)], name
    steps = {row[0] for row in then["step"]}
    assert all(version.step_id in steps for version in _versions(other_url))
    restored = AnnotationStore(other_url)
    assert len(restored.annotation(SERIES)) == 3
    restored.close()


def _versions(url: str) -> Iterator:
    engine = create_engine(url)
    with engine.connect() as connection:
        yield from connection.execute(metadata.tables["mask_version"].select())
    engine.dispose()


def test_a_store_that_holds_anything_is_not_restored_over(
    store: AnnotationStore, put: Put, url: str
) -> None:
    copy = copy_of(url)
    put()
    before = rows(url)
    with pytest.raises(StoreError, match="holds annotations already"):
        restore(url, copy)
    assert rows(url) == before


def test_a_copy_of_a_newer_version_is_refused_and_nothing_changes(
    store: AnnotationStore, url: str, other_url: str
) -> None:
    copy = StoreCopy("9999", copy_of(url).tables)
    with pytest.raises(StoreError, match=r"^The backup was written by a newer version"):
        restore(other_url, copy)
    assert not any(rows(other_url).values())


def test_a_copy_that_ends_in_an_error_leaves_an_empty_store(
    proposed: AnnotationStore, url: str, other_url: str
) -> None:
    copy = copy_of(url)

    def cut(lines: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
        yield next(lines())
        raise StoreError("cut")

    broken = dict(copy.tables) | {"mask_version": partial(cut, copy.tables["mask_version"])}
    with pytest.raises(StoreError, match="cut"):
        restore(other_url, StoreCopy(copy.revision, broken))
    assert not any(rows(other_url).values())
    restore(other_url, copy)
    assert len(AnnotationStore(other_url).annotation(SERIES)) > SLICES


def _lines(connection: Connection, name: str) -> Iterator[bytes]:
    for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings():
        plain = {key: str(value) if key == "time" else value for key, value in row.items()}
        yield json.dumps(plain).encode()


def test_a_copy_of_an_earlier_version_is_migrated(url: str, other_url: str) -> None:
    make_store_without_rules(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        lines = {
            name: list(_lines(connection, name)) for name in ("series", "step", "segment_version")
        }
    engine.dispose()
    restore(other_url, StoreCopy("0004", {n: partial(iter, some) for n, some in lines.items()}))
    database = open_database(other_url)
    with copied_store(database) as copy:
        assert copy.revision == newest_revision()
    database.dispose()
    restored = AnnotationStore(other_url)
    rules = [segment.overlap for segment in restored.segments("1.2")]
    restored.close()
    assert rules == [OverlapRule.UNLOCKED, OverlapRule.ALLOW]
