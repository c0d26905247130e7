"""Files that this process has locked, and that no search for images may open.

All POSIX locks of a process on a file end as soon as it closes any descriptor of that file
(fcntl(2)), so a search that looked into the database of the store would take the locks of SQLite
away. The next process that closes the store, such as a backup, would then believe itself alone and
delete the write-ahead log, and what is drawn afterwards would be written to a file that is gone.
"""

import stat
from collections.abc import Iterable
from pathlib import Path

_kept: set[Path] = set()


def keep_closed(files: Iterable[Path]) -> None:
    """Have no search open files as long as this process runs, whether they exist yet or not."""
    _kept.update(files)


class Openable:
    """Tells which files may be opened, as things are when it is made."""

    def __init__(self) -> None:
        # By device and number: a file has other names where links lead to it.
        self._closed = {one[:2] for path in tuple(_kept) if (one := _identity(path)) is not None}

    def includes(self, path: Path) -> bool:
        """Return whether a path is a file, or leads to one, that is not kept closed."""
        found = _identity(path)
        return found is not None and stat.S_ISREG(found[2]) and found[:2] not in self._closed


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_mode
