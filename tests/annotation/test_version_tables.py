"""Finding the newest version of every place, by tables that are filled at random."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, select

from core.annotation.schema import end_version, segment_version
from core.annotation.store import AnnotationStore
from core.annotation.version_tables import append_rows, newest_rows, newest_rows_among
from core.annotation.versions import utc_now
from tests.support.databases import sqlite_only
from tests.support.stored_series import SERIES, Put

PLACE = ("segment_number", "which_end")
OTHER = "another annotation"


def open_other(store: AnnotationStore) -> None:
    store.open_annotation(OTHER, ["1.2.1", "1.2.2"], 2, 2)


def append_ends(connection: Connection, step_id: int, places: list[tuple[str, int, str]]) -> None:
    """Write one more version for each of some places, which may be named more than once."""
    versions: dict[tuple[str, int, str], int] = {}
    rows = []
    for key, number, end in places:
        versions[key, number, end] = version = versions.get((key, number, end), 0) + 1
        rows.append(
            {
                "annotation_key": key,
                "segment_number": number,
                "which_end": end,
                "version": version,
                "origin": version,
                "step_id": step_id,
                "slice_index": None,
                "person": "anna",
                "time": utc_now(),
            }
        )
    append_rows(connection, end_version, rows)


def newest_by_hand(connection: Connection, key: str) -> list[Any]:
    newest: dict[tuple[int, str], Any] = {}
    for row in connection.execute(select(end_version).where(end_version.c.annotation_key == key)):
        place = (row.segment_number, row.which_end)
        if place not in newest or newest[place].version < row.version:
            newest[place] = row
    return [newest[place] for place in sorted(newest)]


@pytest.mark.parametrize("seed", range(5))
def test_the_newest_version_of_every_place_is_found_in_order(
    store: AnnotationStore, put: Put, seed: int
) -> None:
    put()  # makes a step that rows can belong to
    open_other(store)
    chance = random.Random(seed)
    places = [
        (chance.choice([SERIES, OTHER]), chance.randrange(1, 7), chance.choice(["first", "last"]))
        for _ in range(chance.choice([1, 3, 200]))
    ]
    with store.changing(SERIES) as (connection, _):
        append_ends(connection, 1, places)
        for key in (SERIES, OTHER):
            expected = newest_by_hand(connection, key)
            assert newest_rows(connection, end_version, key, PLACE) == expected
            some = [row for row in expected if row.segment_number in (2, 3)]
            wanted = {"segment_number": {2, 3, 99}, "which_end": ["last"]}
            found = newest_rows_among(connection, end_version, key, wanted)
            assert found == [row for row in some if row.which_end == "last"]


def test_an_annotation_without_versions_has_none(store: AnnotationStore) -> None:
    open_other(store)
    with store.reading(OTHER) as (connection, _):
        assert newest_rows(connection, end_version, OTHER, PLACE) == []
        assert newest_rows(connection, segment_version, OTHER, ["number"]) == []
        nowhere: dict[str, set[int]] = {"segment_number": set(), "which_end": set()}
        assert newest_rows_among(connection, end_version, SERIES, nowhere) == []


@contextmanager
def instructions(connection: Connection) -> Iterator[list[int]]:
    """Count what SQLite carries out, in hundreds of its instructions."""
    count = [0]

    def count_up() -> None:
        count[0] += 1

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(count_up, 100)
    yield count
    driver.set_progress_handler(None, 0)


@sqlite_only
def test_finding_them_costs_no_more_after_a_hundred_times_as_many_versions(
    store: AnnotationStore, put: Put
) -> None:
    put()
    open_other(store)
    places = [(number, end) for number in range(1, 101) for end in ("first", "last")]
    with store.changing(SERIES) as (connection, _):
        append_ends(connection, 1, [(SERIES, *place) for place in places])
        append_ends(connection, 1, [(OTHER, *place) for place in places for _ in range(100)])
        with instructions(connection) as short:
            assert len(newest_rows(connection, end_version, SERIES, PLACE)) == len(places)
        with instructions(connection) as long:
            assert len(newest_rows(connection, end_version, OTHER, PLACE)) == len(places)
    assert 0 < long[0] <= 1.1 * short[0]
