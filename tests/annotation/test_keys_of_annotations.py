"""A store of before annotations had keys, written by the code of that time (revision 0005)."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.annotation.ends import stated_ends
from core.annotation.run_length import decode_runs
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from core.segments.ends import Ends
from tests.support.stored_series import SERIES, SHAPE, put_mask, square

_EARLIER = Path(__file__).parent / "earlier_stores" / "revision_0005.db"
_TABLES = ("series", "step", "segment_version", "mask_version", "end_version")
_RENAMED = {"series": "annotation", "uid": "key", "series_uid": "annotation_key"}


def rows(file: Path, table: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
    connection.close()
    return found


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    """Copy of the store, opened by the code of today."""
    file = tmp_path / "annotations.db"
    shutil.copy(_EARLIER, file)
    AnnotationStore(default_url(tmp_path)).close()
    return file


def test_every_row_is_kept_bit_for_bit(migrated: Path) -> None:
    for table in _TABLES:
        before = [
            {_RENAMED.get(name, name): value for name, value in row.items()}
            for row in rows(_EARLIER, table)
        ]
        assert before
        if table == "mask_version":
            before = [row | {"teachers": None} for row in before]
        assert rows(migrated, _RENAMED.get(table, table)) == before


def test_rows_still_refer_to_rows_that_exist(migrated: Path) -> None:
    with sqlite3.connect(migrated) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.execute("PRAGMA foreign_keys=ON")
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            connection.execute("UPDATE mask_version SET annotation_key = 'nowhere'")
    connection.close()


def test_every_version_of_every_mask_is_read_as_it_was_drawn(migrated: Path) -> None:
    store = AnnotationStore(default_url(migrated.parent))
    for row in rows(_EARLIER, "mask_version"):
        found = store.slice(
            row["series_uid"], row["segment_number"], row["slice_index"], version=row["version"]
        )
        nothing = np.zeros(SHAPE, dtype=np.bool_)
        drawn = nothing if row["runs"] is None else decode_runs(row["runs"], SHAPE)
        assert np.array_equal(found.mask, drawn)
        assert (found.state, found.person, found.tool) == (row["state"], row["person"], row["tool"])
    store.close()


def test_work_goes_on_where_it_was_left(migrated: Path) -> None:
    store = AnnotationStore(default_url(migrated.parent))
    assert [segment.number for segment in store.segments(SERIES)] == [1, 2]
    assert stated_ends(store, SERIES)[1].ends == Ends(0, None)
    assert store.versions_stored(SERIES, ("tab-1", 1)) == [1]
    before = store.slice(SERIES, 1, 0)
    assert put_mask(store, SERIES, 1, 0, mask=square(2), based_on=before.version) == 2
    assert store.undo(SERIES, "anna") == [(1, 0)]
    assert np.array_equal(store.slice(SERIES, 1, 0).mask, before.mask)
    store.close()


def test_another_annotation_of_the_same_series_is_kept_apart(migrated: Path) -> None:
    store = AnnotationStore(default_url(migrated.parent))
    before = store.annotation(SERIES)
    store.open_annotation("another", [f"{SERIES}.{index}" for index in range(6)], *SHAPE)
    assert store.segments("another") == []
    assert store.annotation("another") == {}
    assert store.annotation(SERIES).keys() == before.keys()
    store.close()
