"""The audit log of a store of the release before (revision 0008) is kept, and gets an index."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect

from core.annotation.audit_schema import audit_entry
from core.annotation.database import Database, open_database, reading
from core.audit.entries import Action, EntryFilter, add_entry, read_entries
from core.home.settings import default_url

_EARLIER = Path(__file__).parents[1] / "annotation" / "earlier_stores" / "revision_0008.db"


def rows_of_all_tables(file: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(f"file:{file}?immutable=1", uri=True)
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name != "alembic_version"
    ]
    found = {
        name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names
    }
    connection.close()
    return found


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    """Copy of the store, opened by the code of today."""
    file = tmp_path / "annotations.db"
    shutil.copy(_EARLIER, file)
    open_database(default_url(tmp_path)).dispose()
    return file


def test_every_row_of_every_table_is_kept(migrated: Path) -> None:
    before = rows_of_all_tables(_EARLIER)
    assert len(before["audit_entry"]) == 5
    before["mask_version"] = [(*row, None) for row in before["mask_version"]]  # teachers
    before["adapted_network"] = []
    assert rows_of_all_tables(migrated) == before


def test_entries_are_found_and_added_and_still_never_changed(migrated: Path) -> None:
    database = open_database(default_url(migrated.parent))
    add_entry(database, "anna@example.org", "", Action.EXPORT_CREATED, subject="series-1")
    found = read_entries(database, EntryFilter(subject="series-1"))
    assert [one.action for one in found] == [Action.EXPORT_CREATED, Action.SERIES_OPENED]
    with sqlite3.connect(migrated) as connection, pytest.raises(sqlite3.Error, match="stay as"):
        connection.execute("DELETE FROM audit_entry")
    connection.close()


def test_entries_of_one_subject_are_found_by_an_index(database: Database) -> None:
    with reading(database) as connection:
        indexes = inspect(connection).get_indexes(audit_entry.name)
    assert ["subject", "id"] in [one["column_names"] for one in indexes]


def test_sqlite_reads_the_log_of_a_project_by_the_index(migrated: Path) -> None:
    connection = sqlite3.connect(migrated)
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT * FROM audit_entry WHERE subject = 'x' ORDER BY id DESC LIMIT 9"
    ).fetchall()
    connection.close()
    assert "USING INDEX ix_audit_entry_subject_id" in plan[0][-1] and len(plan) == 1
