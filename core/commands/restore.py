"""`python -m core restore FILE`: fill an empty store with the annotations of a backup."""

import argparse
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.annotation.database import open_database
from core.annotation.table_copies import StoreCopy, restore_store
from core.home.backups import TABLES, Backup, checked_backup, put_back
from core.home.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="backup to read")


def run(arguments: argparse.Namespace) -> int:
    """Restore a backup into SLICEWISE_HOME and SLICEWISE_DATABASE, on either database.

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
        If the backup is not whole, comes from a newer version, or the store holds anything; nothing
        is changed then.
    """
    with checked_backup(arguments.file) as backup:
        settings = read_settings(os.environ)
        database = open_database(settings.database)
        try:
            restore_store(database, StoreCopy(backup.revision, _tables(backup)))
        finally:
            database.dispose()
        for path in put_back(settings.home, backup):
            print(f"{path} is there already and stays as it is.")
    print("All annotations of the backup are restored.")
    return 0


def _tables(backup: Backup) -> dict[str, Callable[[], Iterator[bytes]]]:
    names = [name for name in backup.parts if name.startswith(TABLES)]
    return {name.removeprefix(TABLES): partial(backup.lines, name) for name in names}
