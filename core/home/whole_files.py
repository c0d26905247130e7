"""Writing files so that each is complete under its name or not there at all."""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.dicom.errors import DicomError
from core.home.private_files import is_private

_LONGEST_NAME_BYTES = 255


class WriteError(DicomError):
    """A file cannot be written; `reason` says why, without its path."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}.")
        self.reason = reason


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, which takes its place once it is written and on disk.

    Parameters
    ----------
    path : pathlib.Path
        The file to write, or to replace.

    Yields
    ------
    pathlib.Path
        Where to write, with the same ending. After an error the file is removed, and `path` is
        what it was before. In a folder of its owner alone, the file is private as well.

    Raises
    ------
    WriteError
        When the folder is missing or cannot be written to, or the disk is full.
    """
    unfinished = path.with_name(_unfinished_name(path))
    try:
        yield unfinished
        if is_private(unfinished.parent):
            unfinished.chmod(0o600)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):  # a disk that cannot be written to says so even of no file
            unfinished.unlink()


@contextmanager
def removed_on_failure(paths: Iterable[Path]) -> Iterator[None]:
    """Remove files that are written already where what has to follow them fails."""
    try:
        yield
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def _unfinished_name(path: Path) -> str:
    """Make up a hidden name with the same ending, as far as there is room for it."""
    hidden = f".{uuid.uuid4().hex}"
    # What stands behind the first of two full stops may be nearly all of the name.
    endings = ("".join(path.suffixes[-2:]), path.suffix, "")
    return next(
        f"{hidden}{ending}"
        for ending in endings
        if len(f"{hidden}{ending}".encode("utf-8", "surrogateescape")) <= _LONGEST_NAME_BYTES
    )
