"""Temporary files, all of them under SLICEWISE_HOME: none lies where others may look."""

import shutil
import tempfile
import time
from pathlib import Path

from core.home.private_files import private_folder

_OLDEST_S = 24 * 3600.0


def temporary_folder(home: Path) -> Path:
    """Return the folder of temporary files, made on first use and readable by its owner alone.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    """
    folder = home / "temporary"
    private_folder(folder)
    return folder


def keep_temporary_files_in(home: Path) -> None:
    """Let everything in this process that makes temporary files make them under the home.

    An entry point calls this; calling it again changes nothing.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    """
    folder = str(temporary_folder(home))
    if tempfile.tempdir != folder:
        tempfile.tempdir = folder
        _delete_leftovers(Path(folder))


def _delete_leftovers(folder: Path) -> None:
    """Delete what processes left that ended before they could."""
    for path in folder.iterdir():
        try:
            if time.time() - path.lstat().st_mtime < _OLDEST_S:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError:  # another process may be deleting it
            continue
