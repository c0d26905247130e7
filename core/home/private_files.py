"""Folders and files that only their owner may read: modes 0700 and 0600."""

import os
import stat
from functools import cache
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(home: Path) -> None:
    """Make a folder for its owner alone, or take it and all that it holds from everybody else.

    What it holds is looked through once in a process, without following links; what is made later
    is private from the beginning (`private_folder`, `core.home.whole_files.written_whole`).

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.

    Raises
    ------
    OSError
        Where the folder cannot be made, or it or something in it belongs to somebody else.
    """
    private_folder(home)
    _close(home)
    _close_below(home.resolve())


def private_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it; leave alone what is there."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def is_private(path: Path) -> bool:
    """Tell whether only the owner of a file or folder may use it."""
    return not path.stat().st_mode & _OTHERS


@cache
def _close_below(folder: Path) -> None:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if not path.is_symlink():
                _close(path)


def _close(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
    except FileNotFoundError:  # another process has just deleted it
        pass
