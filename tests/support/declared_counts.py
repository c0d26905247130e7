"""Small files that declare large numbers of things, for tests and benchmarks of the reader."""

import gzip
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    SegmentationStorage,
)

_SIZ = b"\xff\x51"


def image(
    transfer_syntax: str = ExplicitVRLittleEndian, *, side: int = 1, **changes: Any
) -> Dataset:
    """An image of `side` × `side` zeros of 8 bits, and whatever else `changes` names."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "2.25.1"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.2", "2.25.3"
    dataset.Modality = "CT"
    dataset.Rows = dataset.Columns = side
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = bytes(side * side + side % 2)
    dataset["PixelData"].VR = "OB"
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return dataset


def content_of(dataset: Dataset) -> bytes:
    """The bytes of a file."""
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def codestream(side: int = 64) -> bytes:
    """A JPEG 2000 codestream of `side` × `side` zeros."""
    dataset = image(side=side)
    dataset.compress(JPEG2000Lossless)
    return next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))


def with_components(stream: bytes, components: int) -> bytes:
    """A JPEG 2000 codestream that declares other components (ITU-T T.800 A.5.1)."""
    at = stream.index(_SIZ)
    (length,) = struct.unpack(">H", stream[at + 2 : at + 4])
    segment = struct.pack(">H", 38 + 3 * components) + stream[at + 4 : at + 38]
    segment += struct.pack(">H", components) + stream[at + 40 : at + 43] * components
    return stream[: at + 2] + segment + stream[at + 2 + length :]


def with_size(stream: bytes, side: int) -> bytes:
    """A JPEG 2000 codestream that declares another size, in one tile."""
    at = stream.index(_SIZ)
    size = struct.pack(">2I", side, side)
    return stream[: at + 6] + size + stream[at + 14 : at + 22] + size + stream[at + 30 :]


def compressed_image(streams: list[bytes], **changes: Any) -> bytes:
    """A file of JPEG 2000 frames."""
    changes = {"Rows": 64, "Columns": 64, "NumberOfFrames": len(streams)} | changes
    dataset = image(JPEG2000Lossless, **changes, PixelData=encapsulate(streams))
    return content_of(dataset)


def many_frames() -> bytes:
    """A deflated file of less than a kilobyte that declares a million frames."""
    return content_of(image(DeflatedExplicitVRLittleEndian, NumberOfFrames=10**6))


def many_frames_of_a_segmentation() -> bytes:
    """A deflated segmentation that declares a million frames of a million pixels."""
    dataset = image(
        DeflatedExplicitVRLittleEndian,
        SOPClassUID=SegmentationStorage,
        Modality="SEG",
        NumberOfFrames=10**6,
        Rows=1000,
        Columns=1000,
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
    )
    return content_of(dataset)


def many_components() -> bytes:
    """An image of 64 × 64 pixels of 4,000 components each."""
    return compressed_image([with_components(codestream(), 4000)])


def large_frame() -> bytes:
    """A frame of 8,192 × 8,192 pixels, of which hardly anything is there."""
    return compressed_image([with_size(codestream(), 8192)], Rows=8192, Columns=8192)


def many_voxels() -> bytes:
    """Sixty-four frames of 8,192 × 8,192 pixels: 2³² voxels in a few kilobytes."""
    return compressed_image([with_size(codestream(), 8192)] * 64, Rows=8192, Columns=8192)


def many_items(count: int = 100_000) -> bytes:
    """A sequence of empty items."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 8 * count) + item * count
    whole = content_of(image())
    at = whole.index(struct.pack("<HH", 0x0008, 0x0060))
    return whole[:at] + sequence + whole[at:]


def many_unending_items(count: int = 100_000) -> bytes:
    """A sequence of undefined length of empty items."""
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * count
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    whole = content_of(image())
    at = whole.index(struct.pack("<HH", 0x0008, 0x0060))
    return whole[:at] + opening + item + end + whole[at:]


def many_deflated_items() -> bytes:
    """A deflated data set of a few kilobytes with a million empty items."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 10**6
    dataset = image(DeflatedExplicitVRLittleEndian)
    dataset.add_new(0x00091001, "UN", item)
    return content_of(dataset)


def many_values() -> bytes:
    """A list of four million decimal strings."""
    values = b"1\\" * (4 * 10**6 - 1) + b"1 "
    element = struct.pack("<HH2sHI", 0x3004, 0x000C, b"UN", 0, len(values)) + values
    whole = content_of(image(NumberOfFrames=2, Modality="RTDOSE", PixelData=bytes(2)))
    at = whole.index(struct.pack("<HH", 0x7FE0, 0x0010))
    return whole[:at] + element + whole[at:]


DICOM_BOMBS: tuple[Callable[[], bytes], ...] = (
    many_frames,
    many_frames_of_a_segmentation,
    many_components,
    large_frame,
    many_voxels,
    many_items,
    many_unending_items,
    many_deflated_items,
    many_values,
)


_COUNTS = ("NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "BitsAllocated")


def declare(content: bytes, random: np.random.Generator) -> bytes:
    """Declare large numbers in a sound file: frames, sizes, components of codestreams, items."""
    try:
        dataset = pydicom.dcmread(BytesIO(content), force=True)
        for keyword in random.choice(_COUNTS, size=2, replace=False).tolist():
            large = 10 ** int(random.integers(1, 7))
            setattr(dataset, keyword, large if keyword == "NumberOfFrames" else large % 2**16)
        if random.random() < 0.3:
            dataset.ReferencedImageSequence = [Dataset()] * 10 ** int(random.integers(1, 6))
        changed = content_of(dataset)
    except Exception:  # many a sample is broken in a way that it cannot be written again
        changed = content
    if _SIZ in changed and random.random() < 0.5:
        at = changed.index(_SIZ) - 2
        stream = with_components(changed[at:], int(random.integers(2, 2**14)))
        # A longer segment takes the place of what follows, as lengths of items must still fit.
        changed = changed[:at] + stream[: len(changed) - at]
    return changed


def many_entries(count: int = 10**6) -> bytes:
    """A zip archive whose table of contents lists `count` files, none of which is there."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    directory = (entry + b"a") * count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), 0, 0)
    # Where the first file should begin, nothing follows.
    return b"PK\3\4" + directory + end


def write_nifti_bomb(path: Path, *, sides: tuple[int, int, int] = (20_000, 20_000, 1000)) -> None:
    """Write a NIfTI file that declares 4 × 10¹¹ voxels."""
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape(sides)
    header["vox_offset"], header["sform_code"] = 352, 1
    content = header.binaryblock + bytes(4) + bytes(2000)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_nifti_extension_bomb(path: Path) -> None:
    """Write a compressed NIfTI file with an extension of a gibibyte."""
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((4, 4, 4))
    header["vox_offset"] = 384
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.binaryblock + b"\1\0\0\0" + struct.pack("<2i", 2**30, 6))
        for _ in range(2**10):
            file.write(bytes(2**20))
