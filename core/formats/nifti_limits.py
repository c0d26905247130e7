"""What a NIfTI header declares, compared with the size of the file before memory is taken for it.

nibabel believes the lengths of extensions, and makes an array of the size that the header states.
"""

import gzip
import math
from pathlib import Path
from typing import Any, BinaryIO, cast

import nibabel as nib
import numpy as np

from core.dicom.budgets import inflation_limit, voxel_limit
from core.dicom.errors import DicomError
from core.dicom.files import file_label

# NIfTI-1 and NIfTI-2; each header begins with its own length.
_HEADERS = (nib.nifti1.header_dtype, nib.nifti2.header_dtype)
_LONGEST_HEADER = max(header.itemsize for header in _HEADERS)
_FLAG_BYTES = 4
_EXTENSION_BYTES = 8


def check_declared_sizes(path: Path) -> None:
    """Refuse a file that declares more voxels, or longer extensions, than its size can account for.

    Whatever else is wrong with the file is left to who reads it.

    Parameters
    ----------
    path : pathlib.Path
        A file that ends in .nii or .nii.gz, compressed if it ends so.

    Raises
    ------
    DicomError
        When it does.
    OSError, EOFError
        When it cannot be read.
    """
    file_bytes = path.stat().st_size
    is_compressed = path.name.lower().endswith(".gz")
    with _opened(path, is_compressed) as file:
        header = _header(file.read(_LONGEST_HEADER))
        if header is None:
            return
        voxels = math.prod(max(1, int(side)) for side in header["dim"][1:])
        if is_compressed:
            is_possible = voxels <= voxel_limit(file_bytes)
        else:
            is_possible = voxels * int(header["bitpix"]) // 8 <= file_bytes
        begin = float(header["vox_offset"])
        if not is_possible or not 0 <= begin <= inflation_limit(file_bytes):
            raise DicomError(
                f"{file_label(path)} is damaged: it states {voxels} voxels and holds {file_bytes} "
                "bytes; create it again."
            )
        _check_extensions(file, header, int(begin), path)


def _opened(path: Path, is_compressed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if is_compressed else path.open("rb")


def _header(beginning: bytes) -> np.void | None:
    """Return the header in the byte order that its first number shows, None where it is none."""
    for header in _HEADERS:
        for order in "<>":
            dtype = header.newbyteorder(cast(Any, order))
            if len(beginning) >= dtype.itemsize:
                found: np.void = np.frombuffer(beginning, dtype, count=1)[0]
                if found["sizeof_hdr"] == dtype.itemsize:
                    return found
    return None


def _check_extensions(file: BinaryIO, header: np.void, data_begin: int, path: Path) -> None:
    """Follow the extensions, each of which states its length, to the first voxel."""
    position = int(header["sizeof_hdr"]) + _FLAG_BYTES
    order = "big" if header.dtype["sizeof_hdr"].byteorder == ">" else "little"
    while position + 2 * _EXTENSION_BYTES <= data_begin:
        file.seek(position)
        length = int.from_bytes(file.read(4), order, signed=True)  # type: ignore[arg-type]
        if not _EXTENSION_BYTES <= length <= data_begin - position:
            raise DicomError(f"{file_label(path)} is damaged: it states extensions without an end.")
        position += length
