"""`python -m core backup FILE`: copy all annotations into one file, while people work."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from core.annotation.database import open_database
from core.annotation.table_copies import StoreCopy, copied_store
from core.home.backups import FILES, TABLES, kept_files, pieces_of, write_backup
from core.home.settings import Settings, read_settings
from core.home.shown_sizes import shown_size


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="file to write, ending in .zip")
    parser.add_argument(
        "--uploads", action="store_true", help="copy the images that people uploaded as well"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the backup of SLICEWISE_HOME and SLICEWISE_DATABASE.

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
    SettingsError, StoreError, BackupError, WriteError
        If there is nothing to copy, or the file cannot be written.
    """
    settings = read_settings(os.environ)
    database = open_database(settings.database)
    try:
        with copied_store(database) as copy:
            parts = _parts(settings, copy, uploads=arguments.uploads)
            write_backup(arguments.file, copy.revision, parts)
    finally:
        database.dispose()
    print(f"{arguments.file} is written, {shown_size(arguments.file.stat().st_size)}.")
    return 0


def _parts(
    settings: Settings, copy: StoreCopy, *, uploads: bool
) -> Iterator[tuple[str, Iterator[bytes]]]:
    for name, lines in copy.tables.items():
        yield TABLES + name, lines()
    for path in kept_files(settings.home, uploads=uploads):
        yield FILES + path.as_posix(), pieces_of(settings.home / path)
