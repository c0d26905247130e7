"""The audit log for spreadsheets: every entry, and nothing that is taken for a formula."""

import csv
import io

from core.annotation.database import Database
from core.audit.csv_export import COLUMNS, all_entries, export_entries
from core.audit.entries import Action, EntryFilter, add_entry


def exported(database: Database, wanted: EntryFilter) -> list[list[str]]:
    file = io.StringIO(newline="")
    written = export_entries(database, file, wanted)
    head, *rows = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert tuple(head) == COLUMNS
    assert len(rows) == written
    return rows


def test_each_entry_is_a_row(database: Database) -> None:
    add_entry(database, "anna@example.org", "192.0.2.7", Action.UPLOAD_STORED, detail="3 files")
    add_entry(database, "bob", "192.0.2.8", Action.SIGN_IN)
    ((number, time, *texts), second) = exported(database, EntryFilter())
    assert (number, texts) == ("2", ["bob", "192.0.2.8", "signed in", "", ""])
    assert time.endswith("Z")
    assert time[10] == "T"
    assert second[2] == "anna@example.org"
    assert len(exported(database, EntryFilter(person="bob"))) == 1


def test_no_cell_is_a_formula(database: Database) -> None:
    for name in ("=1+1", "+1", "-1", "@SUM(A1)", '=cmd|"/C calc"!A0'):
        add_entry(database, name, name, Action.SIGN_IN, subject=name, detail=name)
    for row in exported(database, EntryFilter()):
        assert all(cell[0] not in "=+-@\t\r" for cell in row)


def test_all_pages_are_read(database: Database) -> None:
    for number in range(5):
        add_entry(database, f"person {number}", "192.0.2.7", Action.SIGN_IN)
    read = all_entries(database, EntryFilter(), at_once=2)
    assert [entry.number for entry in read] == [5, 4, 3, 2, 1]
