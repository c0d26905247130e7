import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from core.annotation import schema
from core.annotation.database import open_database, reading, writing
from core.annotation.records import StoreBusy, StoreError
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from core.segments.overlap_rules import OverlapRule
from tests.support.databases import sqlite_only
from tests.support.earlier_stores import make_store_without_rules
from tests.support.store_processes import open_together
from tests.support.stored_series import SERIES, prepare


@sqlite_only
def test_every_commit_waits_for_the_disk(url: str) -> None:
    with reading(open_database(url)) as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL


def test_migrations_lead_to_exactly_the_tables_in_use(url: str) -> None:
    with reading(open_database(url)) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    assert differences == []


def test_opening_again_changes_nothing(url: str) -> None:
    open_database(url).dispose()
    with reading(open_database(url)) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            ("0011",)
        ]


def test_segments_that_must_not_overlap_overwrite_unlocked_ones_after_the_migration(
    url: str,
) -> None:
    make_store_without_rules(url)
    rules = [segment.overlap for segment in AnnotationStore(url).segments("1.2")]
    assert rules == [OverlapRule.UNLOCKED, OverlapRule.ALLOW]


def test_a_new_store_is_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "a home" / "with ümlaut"
    store = prepare(default_url(home))
    open_to_others = {path.name: path.stat().st_mode & 0o077 for path in (home, *home.iterdir())}
    store.close()
    assert "annotations.db-wal" in open_to_others
    assert set(open_to_others.values()) == {0}


def test_processes_that_open_a_new_store_at_once_all_succeed(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    processes = [context.Process(target=open_together, args=(url, barrier)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=300)
    assert [process.exitcode for process in processes] == [0] * 3
    assert len(AnnotationStore(url).segments(SERIES)) == 2


def test_a_store_of_a_newer_version_is_left_alone(url: str) -> None:
    engine = open_database(url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer version of Slicewise"):
        open_database(url)


def test_a_file_that_is_no_database_is_named_as_such_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "annotations.db"
    file.write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_database(default_url(tmp_path))
    assert file.read_bytes() == b"something else entirely" * 100


@pytest.mark.parametrize("url", ["", "annotations.db", "nosuchdatabase://host/name"])
def test_an_address_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_that_would_not_last_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="name a file"):
        open_database(url)


def test_a_failure_in_the_middle_leaves_nothing_behind(url: str) -> None:
    engine = open_database(url)
    row = {"key": "1", "rows": 1, "columns": 1, "slices": 1, "slices_digest": "x"}

    def fail_after_writing() -> None:
        with writing(engine) as connection:
            connection.execute(schema.annotation.insert(), [row])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    with reading(engine) as connection:
        assert connection.execute(schema.annotation.select()).all() == []


@sqlite_only
def test_a_locked_store_is_reported_in_a_sentence(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.annotation.database._LONGEST_WAIT_S", 0.05)
    engine = open_database(url)
    other = sqlite3.connect(tmp_path / "annotations.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="store is busy: somebody else"), writing(engine):
        pass
    other.close()
