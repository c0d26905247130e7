"""Memory for the pixels of a series: of the process, or of a file that lives as long as they do."""

import math
import mmap
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from core.dicom.errors import DicomError

# The disk must not fill up: annotations are stored on it.
_FREE_BYTES_KEPT = 2**30


def empty_volume(
    shape: tuple[int, int, int], dtype: DTypeLike, folder: Path | None = None
) -> np.ndarray:
    """Take memory for a volume, page by page as it is filled.

    Parameters
    ----------
    shape : tuple of int
        Slices, rows and columns.
    dtype : dtype
        Of the voxels.
    folder : pathlib.Path, optional
        Where a file without a name holds them, so that the system may move them out of memory; it
        is gone with the array. By default, they lie in memory alone.

    Returns
    -------
    numpy.ndarray
        Zeros.

    Raises
    ------
    DicomError
        When there is no space for it.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    # NumPy asks Linux for huge pages, which takes longer than filling small ones where memory is
    # fragmented: the kernel then moves other pages out of the way first.
    memory = mmap.mmap(-1, size) if folder is None else _mapped_file(folder, size)
    return np.frombuffer(memory, dtype).reshape(shape)


def _mapped_file(folder: Path, size: int) -> mmap.mmap:
    try:
        if shutil.disk_usage(folder).free < size + _FREE_BYTES_KEPT:
            raise DicomError(
                f"There is no space on the server's disk for the {size >> 20} MiB of this series; "
                "delete copies of uploads, or close other series."
            )
        with tempfile.TemporaryFile(dir=folder) as file:
            # Without its space reserved, writing to it on a full disk would end the process.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise DicomError(
            f"The series cannot be kept on the server's disk: {error.strerror or error}."
        ) from error
