"""Uploaded files that wait to be stored: on the disk, and known by who sent them."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from core.dicom.budgets import MAX_ARCHIVE_ENTRIES
from core.dicom.errors import DicomError
from core.home.temporary_files import temporary_folder
from core.home.uploads import room_for_uploads


class UploadKey(NamedTuple):
    """Which tab sent a file, and which of its files it is."""

    tab: str
    file: str


class NoRoomError(DicomError):
    """A file does not fit in the space that uploads may take."""


@dataclass(eq=False)
class ComingFile:
    """A file that is being received; from one thread at a time.

    Made by `WaitingUploads.receive`; either `keep` or `drop` ends it.
    """

    path: Path
    _stream: BinaryIO
    _uploads: "WaitingUploads"
    size: int = 0
    last_wanted: float = 0.0

    def write(self, part: bytes) -> None:
        """Append a part.

        Raises
        ------
        NoRoomError
            Where there is no room for it.
        DicomError
            Where the disk does not take it.
        """
        self._uploads.take(len(part))
        self.size += len(part)
        with _disk_errors():
            self._stream.write(part)

    def finish(self) -> None:
        """Note that nothing more comes.

        Raises
        ------
        DicomError
            Where the disk does not take what was written.
        """
        with _disk_errors():
            self._stream.close()

    def keep(self, key: UploadKey) -> None:
        """Let the file, which is finished, wait under a key."""
        self._uploads.put(key, self)

    def drop(self) -> None:
        """Delete the file."""
        with suppress(OSError):  # what is written now does not fit
            self._stream.close()
        self.path.unlink(missing_ok=True)
        self._uploads.take(-self.size)


@dataclass(eq=False)
class WaitingUploads:
    """Files that were uploaded and not stored yet, of all tabs; safe to use from any thread.

    They lie under SLICEWISE_HOME, among the temporary files: what a killed process leaves is
    deleted with those.

    Parameters
    ----------
    is_wanted : callable
        Tells whether a tab that is open knows a file.
    kept_s : float
        How long a file stays that none does, in seconds: a tab may come back.
    look_every_s : float
        How often that is asked, in seconds.
    """

    is_wanted: Callable[[UploadKey], bool]
    kept_s: float
    look_every_s: float = 5.0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _files: dict[UploadKey, ComingFile] = field(default_factory=dict)
    _taken: int = 0
    _allowed: int = 0
    _watcher: threading.Thread | None = None

    def receive(self, home: Path, quota_bytes: int, expected: int = 0) -> ComingFile:
        """Begin to receive a file.

        Parameters
        ----------
        home : pathlib.Path
            SLICEWISE_HOME.
        quota_bytes : int
            How much all uploads may take together, those that are stored included.
        expected : int
            Bytes that are announced.

        Raises
        ------
        NoRoomError
            Where they do not fit.
        """
        with self._lock:
            self._allowed = self._taken + room_for_uploads(home, quota_bytes - self._taken)
            is_full = len(self._files) >= MAX_ARCHIVE_ENTRIES
            if is_full or self._taken + expected > self._allowed:
                raise NoRoomError(_NO_ROOM)
        with _disk_errors():
            number, name = tempfile.mkstemp(prefix="upload-", dir=temporary_folder(home))
        return ComingFile(Path(name), os.fdopen(number, "wb"), self)

    def take(self, size: int) -> None:
        """Count bytes that are about to be written, or, below zero, that are gone.

        Raises
        ------
        NoRoomError
            Where there is no room for them.
        """
        with self._lock:
            if size > 0 and self._taken + size > self._allowed:
                raise NoRoomError(_NO_ROOM)
            self._taken += size

    def put(self, key: UploadKey, file: ComingFile) -> None:
        """Let a file wait, in the place of one of the same key."""
        self.remove(key)
        with self._lock:
            file.last_wanted = time.monotonic()
            self._files[key] = file
            if self._watcher is None:
                self._watcher = threading.Thread(
                    target=self._watch, name="waiting uploads", daemon=True
                )
                self._watcher.start()

    def open(self, key: UploadKey) -> BinaryIO:
        """Open a file that waits.

        Raises
        ------
        DicomError
            Where there is none any more.
        """
        with self._lock:
            file = self._files.get(key)
        try:
            if file is None:
                raise FileNotFoundError
            return file.path.open("rb")
        except OSError as error:
            raise DicomError("An uploaded file is no longer there; choose it again.") from error

    def remove(self, key: UploadKey) -> None:
        """Delete a file that waits, if it does."""
        with self._lock:
            file = self._files.pop(key, None)
        if file is not None:
            file.drop()

    def remove_unwanted(self) -> None:
        """Delete the files that nobody has wanted for a while."""
        with self._lock:
            waiting = list(self._files.items())
        for key, file in waiting:
            if self.is_wanted(key):
                file.last_wanted = time.monotonic()
            elif time.monotonic() - file.last_wanted >= self.kept_s:
                self.remove(key)

    def __len__(self) -> int:
        return len(self._files)

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self.look_every_s)
            self.remove_unwanted()
            with self._lock:
                if not self._files:
                    self._watcher = None
                    return


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DicomError(f"The upload could not be stored: {error.strerror or error}.") from error


_NO_ROOM = (
    "There is no room for this upload: delete copies of earlier ones, or take one series only."
)
