"""Volumes in files without a name, which other processes of the machine map into memory."""

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from core.proposal_jobs.volumes import Volume


@dataclass(eq=False)
class VolumeFile:
    """A volume in a file, which is gone as soon as no process has it open.

    Attributes
    ----------
    digest, dtype : str
        Of the volume.
    shape : tuple of int
        Of the volume.
    file : file
        Its values, slice after slice.
    bytes : int
        How much it takes.
    users : int
        Jobs that need it.
    """

    digest: str
    dtype: str
    shape: tuple[int, ...]
    file: IO[bytes]
    bytes: int
    users: int = 0


class VolumeFiles:
    """Files of volumes used last, as many as the disk is meant for.

    Parameters
    ----------
    folder : pathlib.Path
        On the disk that holds them.
    most_bytes : int
        How much all may take that no job needs at present.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._files: OrderedDict[str, VolumeFile] = OrderedDict()

    @contextmanager
    def use(self, digest: str, volume: Volume) -> Iterator[VolumeFile]:
        """Keep a volume in a file, written once, as long as the context is open and longer."""
        with self._lock:
            if digest not in self._files:
                self._files[digest] = self._written(digest, volume)
            used = self._files[digest]
            self._files.move_to_end(digest)
            used.users += 1
            self._drop()
        try:
            yield used
        finally:
            with self._lock:
                used.users -= 1

    def kept(self) -> set[str]:
        """Digests of all volumes that are in files."""
        with self._lock:
            return set(self._files)

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for one in self._files.values():
                one.file.close()
            self._files.clear()

    def _written(self, digest: str, volume: Volume) -> VolumeFile:
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        for one in volume:
            file.write(np.ascontiguousarray(one).data)
        file.flush()
        return VolumeFile(digest, volume.dtype.str, volume.shape, file, volume.nbytes)

    def _drop(self) -> None:
        total = sum(one.bytes for one in self._files.values())
        for digest, one in list(self._files.items())[:-1]:
            if total > self._most_bytes and not one.users:
                total -= one.bytes
                one.file.close()
                del self._files[digest]
