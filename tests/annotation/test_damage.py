"""Damage on the disk is noticed: a mask is what was stored, or there is a sentence."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from core.annotation import database
from core.annotation.records import SliceAnnotation, StoreDamaged, StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from tests.support.databases import sqlite_only
from tests.support.stored_series import SERIES, SHAPE, SLICES, Put, prepare, put_mask, square

DAMAGED_COPIES = 60


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three versions of every mask, in one file."""
    folder = tmp_path_factory.mktemp("filled")
    store = prepare(default_url(folder))
    generator = np.random.default_rng(0)
    for version in range(3):
        for number in (1, 2):
            for index in range(SLICES):
                mask = generator.random(SHAPE) < 0.5
                put_mask(store, SERIES, number, index, mask=mask, based_on=version)
    store.close()
    with sqlite3.connect(folder / "annotations.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder / "annotations.db"


def contents(folder: Path) -> dict[tuple[int, int], tuple[SliceState, int, bytes]]:
    """State, version and pixels of every mask of a store."""
    store = AnnotationStore(default_url(folder))
    try:
        found: dict[tuple[int, int], SliceAnnotation] = store.annotation(SERIES)
        return {
            key: (one.state, one.version, np.packbits(one.mask).tobytes())
            for key, one in found.items()
        }
    finally:
        store.close()


@pytest.mark.parametrize("seed", range(DAMAGED_COPIES))
def test_a_damaged_store_gives_the_same_masks_or_a_sentence(
    filled: Path, tmp_path: Path, seed: int
) -> None:
    whole = filled.read_bytes()
    chance = random.Random(seed)
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 3, 20, 200])):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    (tmp_path / "annotations.db").write_bytes(damaged)
    sentence = ""
    try:
        found = contents(tmp_path)
    except StoreError as error:
        sentence = str(error)
    else:
        assert found == contents(filled.parent)
    assert sentence.isprintable()


@sqlite_only
@pytest.mark.parametrize(
    "change",
    [
        "runs = CAST(x'0A' || substr(runs, 2) AS BLOB)",
        "runs = NULL",
        "pixels = pixels + 1",
        "state = 'accepted'",
        "slice_index = 3",
        "segment_number = 2",
        "checksum = '0123456789abcdef'",
    ],
)
def test_a_version_that_is_not_as_it_was_written_is_refused_by_name(
    store: AnnotationStore, put: Put, tmp_path: Path, change: str
) -> None:
    put()
    with sqlite3.connect(tmp_path / "annotations.db") as file:
        file.execute(f"UPDATE mask_version SET {change}")
    file.close()
    with pytest.raises(StoreDamaged, match=r"mask of segment \d on slice \d was damaged"):
        store.annotation(SERIES)


@sqlite_only
def test_undo_brings_back_nothing_that_was_damaged(
    store: AnnotationStore, put: Put, tmp_path: Path
) -> None:
    put()
    put(mask=square(5), based_on=1)
    with sqlite3.connect(tmp_path / "annotations.db") as connection:
        connection.execute("UPDATE mask_version SET pixels = 1 WHERE version = 1")
    connection.close()
    with pytest.raises(StoreDamaged):
        store.undo(SERIES, "anna")
    assert store.slice(SERIES, 1, 0).version == 2


@sqlite_only
@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("segment_version", "color = 'red'"),
        ("segment_version", "details = '{'"),
        ("mask_version", "time = 'yesterday'"),
        ("mask_version", "tool = CAST(x'FF80' AS TEXT)"),
    ],
)
def test_what_nobody_writes_into_a_column_is_one_sentence(
    store: AnnotationStore, put: Put, tmp_path: Path, table: str, change: str
) -> None:
    put()
    with sqlite3.connect(tmp_path / "annotations.db") as connection:
        connection.execute(f"UPDATE {table} SET {change}")
    connection.close()
    reads: list[Callable[[str], object]] = [store.segments, store.annotation]
    with pytest.raises(StoreDamaged, match=r"^The annotation store is damaged .* a backup\.$"):
        reads[table == "mask_version"](SERIES)


@sqlite_only
def test_masks_of_earlier_versions_get_their_checksums(url: str, tmp_path: Path) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        folder = Path(database.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    time = "'2026-11-23 10:00:00.000000'"
    with sqlite3.connect(tmp_path / "annotations.db") as file:
        file.execute("INSERT INTO series VALUES ('1.2', 4, 4, 2, 'x')")
        file.execute(
            "INSERT INTO segment_version VALUES (1, '1.2', 1, 1, 1, NULL, 'Liver', '#e69f00', "
            "'91723000', 'SCT', 'Anatomical Structure', '10200004', 'SCT', 'Liver', NULL, NULL, "
            f"NULL, 1, 0, 'anna', {time}, NULL)"
        )
        file.execute(
            "INSERT INTO step (id, series_uid, person, action, kind, time) "
            f"VALUES (1, '1.2', 'anna', 'draw', 'do', {time})"
        )
        for index, runs, pixels in ((0, b"\x05\x02\x09", 2), (1, None, 0)):
            file.execute(
                "INSERT INTO mask_version VALUES (?, '1.2', 1, ?, 1, 1, 1, 'drawn', ?, ?, NULL, "
                f"'anna', 'brush', NULL, {time})",
                (index + 1, index, runs, pixels),
            )
    file.close()
    masks = AnnotationStore(url).annotation("1.2")
    assert [masks[1, index].mask.sum() for index in (0, 1)] == [2, 0]
