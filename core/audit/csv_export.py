"""The audit log as a table for spreadsheets (CSV)."""

import csv
from collections.abc import Iterator
from typing import TextIO

from core.annotation.database import Database
from core.audit.entries import EVERYTHING, MOST_AT_ONCE, AuditEntry, EntryFilter, read_entries

COLUMNS = ("number", "time", "person", "client", "action", "subject", "detail")
"""Head of the table; times are UTC, as in ISO 8601."""

# A spreadsheet takes text that begins so for a formula.
_FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def export_entries(database: Database, file: TextIO, wanted: EntryFilter = EVERYTHING) -> int:
    """Write entries, the newest first.

    Parameters
    ----------
    database : Database
        Of the store.
    file : text file
        Open for writing, with ``newline=""``. Spreadsheets ask for UTF-8 with a byte order mark.
    wanted : EntryFilter
        Which entries.

    Returns
    -------
    int
        How many.

    Raises
    ------
    StoreError
        If they cannot be read.
    OSError
        If they cannot be written.
    """
    table = csv.writer(file)
    table.writerow(COLUMNS)
    written = 0
    for entry in all_entries(database, wanted):
        table.writerow(_cells(entry))
        written += 1
    return written


def all_entries(
    database: Database, wanted: EntryFilter, *, at_once: int = MOST_AT_ONCE
) -> Iterator[AuditEntry]:
    """Read all entries, so many at once; the other parameters are those of `read_entries`."""
    below: int | None = None
    while page := read_entries(database, wanted, below=below, most=at_once):
        yield from page
        below = page[-1].number


def _cells(entry: AuditEntry) -> list[str]:
    texts = (entry.person, entry.client, entry.action, entry.subject, entry.detail)
    return [str(entry.number), shown_time(entry), *(_defused(text) for text in texts)]


def shown_time(entry: AuditEntry) -> str:
    """Time of an entry in UTC, as in ISO 8601."""
    return entry.time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_BEGINNINGS) else text
