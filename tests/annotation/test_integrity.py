"""The check of the database's file, at once or in the background."""

import sqlite3
from pathlib import Path

import pytest

from core.annotation import integrity
from core.annotation.integrity import IntegrityCheck
from core.annotation.records import StoreDamaged
from core.annotation.store import AnnotationStore
from tests.support.databases import sqlite_only
from tests.support.stored_series import SERIES, Put, square

pytestmark = sqlite_only


def forget_newest_version(file: Path) -> None:
    """Take a mask out of the index by which versions are found, and leave it in the table."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        (statement,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'ix_mask_version_step_id'"
        ).fetchone()
        connection.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'ix_mask_version_step_id'",
            (f"{statement} WHERE version < 2",),
        )
    connection.close()
    with sqlite3.connect(file) as connection:
        connection.execute("REINDEX ix_mask_version_step_id")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = ? WHERE name = 'ix_mask_version_step_id'", (statement,)
        )
    connection.close()


@pytest.fixture
def damaged(store: AnnotationStore, put: Put, url: str, tmp_path: Path) -> str:
    put()
    put(mask=square(5), based_on=1)
    store.close()
    forget_newest_version(tmp_path / "annotations.db")
    return url


def test_a_small_store_whose_index_lacks_a_version_is_not_opened(damaged: str) -> None:
    with pytest.raises(StoreDamaged, match="contradict each other"):
        AnnotationStore(damaged)


def test_a_large_store_is_opened_at_once_and_refused_when_it_is_checked(
    damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "_AT_ONCE_BYTES", 0)
    check = IntegrityCheck(tmp_path / "annotations.db")
    check.wait()
    assert check.is_damaged
    with pytest.raises(StoreDamaged, match="contradict each other"):
        read_until_it_is_checked(damaged)


def read_until_it_is_checked(url: str) -> None:
    store = AnnotationStore(url)
    try:
        while True:
            store.annotation(SERIES)
    finally:
        store.close()


def test_a_sound_store_is_not_refused_and_closing_it_ends_the_check(
    store: AnnotationStore, put: Put, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    monkeypatch.setattr(integrity, "_AT_ONCE_BYTES", 0)
    again = AnnotationStore(url)
    assert again.slice(SERIES, 1, 0).version == 1
    again.close()
    check = IntegrityCheck(tmp_path / "annotations.db")
    check.stop()
    assert not check.is_damaged
