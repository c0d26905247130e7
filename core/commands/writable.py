"""Making sure before the work that a file can be written."""

import os
from pathlib import Path

from core.kept_closed import Openable

_SQLITE_BEGINNING = b"SQLite format 3\0"
"""https://www.sqlite.org/fileformat.html, 1.3"""


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written, or is none.

    Parameters
    ----------
    path : Path
        A file to write; it may exist.

    Raises
    ------
    ValueError
        If it cannot be used, or is a database.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the name of a file to write.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError(
            f"{path.parent} is not a folder that can be written to; create it or choose another."
        )
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is a device or a pipe; give the name of a file to write.")
    if path.is_file() and _is_database(path):
        raise ValueError(
            f"{path} is a database, perhaps the annotation store; choose another file."
        )


def _is_database(path: Path) -> bool:
    """Tell whether a file is one of SQLite, without opening the store of this process."""
    if not Openable().includes(path):
        return True
    with path.open("rb") as file:
        return file.read(len(_SQLITE_BEGINNING)) == _SQLITE_BEGINNING
