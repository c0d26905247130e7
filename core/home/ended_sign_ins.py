"""Sign-ins that somebody has ended before they expired: notes on the disk, for every process."""

import os
import time
from contextlib import suppress
from pathlib import Path

from core.home.private_files import private_folder


def end_sign_in(home: Path, digest: str, expires: float) -> None:
    """Note that a sign-in has ended; notes of those that have expired since are deleted.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    digest : str
        What tells this sign-in from others: hexadecimal digits.
    expires : float
        Unix time in seconds at which it would have ended anyway.

    Raises
    ------
    OSError
        When it cannot be stored.
    """
    note = _note(home, digest)
    private_folder(note.parent)
    note.touch(mode=0o600)
    os.utime(note, (expires, expires))
    for other in note.parent.iterdir():
        with suppress(OSError):  # another process deletes it at the same time
            if other.stat().st_mtime < time.time():
                other.unlink()


def has_ended(home: Path, digest: str) -> bool:
    """Tell whether a sign-in was ended; parameters as for `end_sign_in`."""
    return _note(home, digest).is_file()


def _note(home: Path, digest: str) -> Path:
    return home / "ended-sign-ins" / digest
