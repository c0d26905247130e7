"""Making sure before the work that a file can be written."""

import os
from pathlib import Path


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written, or is none.

    Parameters
    ----------
    path : Path
        A file to write; it may exist.

    Raises
    ------
    ValueError
        If it cannot be used.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give the name of a file to write.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError(
            f"{path.parent} is not a folder that can be written to; create it or choose another."
        )
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is a device or a pipe; give the name of a file to write.")
