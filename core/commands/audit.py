"""`python -m core audit`: print the audit log, or write it as CSV."""

import argparse
import os
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from core.annotation.database import Database, open_database
from core.audit.csv_export import all_entries, export_entries, shown_time
from core.audit.entries import Action, EntryFilter
from core.commands.whole_numbers import whole_number
from core.commands.writable import check_writable
from core.home.settings import read_settings
from core.home.whole_files import written_whole

_LAST = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--person", help="only what this person did")
    parser.add_argument("--action", choices=[str(one) for one in Action], help="only this")
    parser.add_argument("--since", type=_day, metavar="DAY", help="from this day on, in UTC")
    parser.add_argument("--before", type=_day, metavar="DAY", help="before this day, in UTC")
    parser.add_argument(
        "--last",
        type=whole_number(1, sys.maxsize),
        default=_LAST,
        help=f"how many to print at most (default {_LAST})",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all of them to a file")


def run(arguments: argparse.Namespace) -> int:
    """Print entries of SLICEWISE_DATABASE, the newest first, or write them to a file.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0.

    Raises
    ------
    SettingsError, StoreError, WriteError
        If the log cannot be read, or the file cannot be written.
    """
    database = open_database(read_settings(os.environ).database)
    wanted = EntryFilter(
        person=arguments.person,
        action=arguments.action,
        since=arguments.since,
        before=arguments.before,
    )
    try:
        if arguments.csv is not None:
            check_writable(arguments.csv)
            print(f"{_write(database, wanted, arguments.csv)} entries written.")
        else:
            _print(database, wanted, arguments.last)
    finally:
        database.dispose()
    return 0


def _write(database: Database, wanted: EntryFilter, path: Path) -> int:
    with (
        written_whole(path) as unfinished,
        unfinished.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        return export_entries(database, file, wanted)


def _print(database: Database, wanted: EntryFilter, most: int) -> None:
    for entry in islice(all_entries(database, wanted), most):
        texts = (entry.person or "nobody", entry.client, entry.action, entry.subject, entry.detail)
        sys.stdout.write("  ".join((shown_time(entry), *filter(None, texts))) + "\n")


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written like 2026-01-31") from None
