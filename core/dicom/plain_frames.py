"""Frames that need no image codec: single bits, and frames that are deflated or only encapsulated.

Frames of single bits follow each other without a gap where they are not encapsulated, so that one
may begin within a byte (PS3.5 section 8.1.1); encapsulated ones begin at a byte each.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    RLELossless,
)

from core.dicom.files import integer_of

DEFLATED_IMAGE_FRAME = UID("1.2.840.10008.1.2.8.1")
"""Deflated Image Frame Compression (PS3.5 A.4.16), which pydicom 3 does not know."""

ENCAPSULATED_UNCOMPRESSED = UID("1.2.840.10008.1.2.1.98")
"""Encapsulated Uncompressed Explicit VR Little Endian (PS3.5 A.4.11)."""

_WHOLE_FRAMES = (DEFLATED_IMAGE_FRAME, ENCAPSULATED_UNCOMPRESSED)


def is_encapsulated(dataset: FileDataset) -> bool:
    """Tell whether the transfer syntax puts each frame into an item of its own."""
    transfer_syntax = UID(str(dataset.file_meta.TransferSyntaxUID))
    # pydicom takes a UID that it does not know for a private one.
    return transfer_syntax == DEFLATED_IMAGE_FRAME or (
        transfer_syntax.is_transfer_syntax and transfer_syntax.is_encapsulated
    )


def are_plain(dataset: FileDataset) -> bool:
    """Tell whether `plain_frames` decodes a file: nothing needs a codec of images."""
    transfer_syntax = str(dataset.file_meta.TransferSyntaxUID)
    return transfer_syntax in _WHOLE_FRAMES or (
        integer_of(dataset, "BitsAllocated") == 1
        and "PixelData" in dataset
        and (transfer_syntax == RLELossless or not is_encapsulated(dataset))
    )


def contradiction(dataset: FileDataset) -> str:
    """Return in what the pixel data contradicts the header, for a sentence; "" where it does not.

    Only what would put pixels into a wrong place is looked for: items under a transfer syntax
    without items, and frames of single bits that may have been padded.
    """
    if is_encapsulated(dataset) or "PixelData" not in dataset:
        return ""
    if dataset["PixelData"].is_undefined_length:
        return "holds its pixels in items as compressed files do, but is not compressed"
    if integer_of(dataset, "BitsAllocated") != 1:
        return ""
    frames = integer_of(dataset, "NumberOfFrames") or 1
    pixels = _frame_pixels(dataset)
    needed = -(-frames * pixels // 8)
    held = len(dataset.PixelData)
    if held < needed:
        return f"holds {held} bytes of pixel data, but {frames} frame(s) need {needed}"
    # One byte makes the length even (PS3.5 section 7.1.1). More of them leave open where frames
    # begin, unless there is one only or all fill whole bytes.
    if held > needed + needed % 2 and frames > 1 and pixels % 8:
        return (
            f"holds {held} bytes of pixel data, but {frames} frames need {needed}: it cannot be "
            "said where each begins"
        )
    return ""


def plain_frames(
    dataset: FileDataset, *, indices: Sequence[int] | None = None, raw: bool = False
) -> Iterator[np.ndarray]:
    """Decode frames of a file that `are_plain`.

    Parameters
    ----------
    dataset : pydicom.dataset.FileDataset
        The instance.
    indices : sequence of int, optional
        Frames wanted, from 0; by default all.
    raw : bool
        Leave colours as they are stored.

    Yields
    ------
    numpy.ndarray, shape (rows, columns) or (rows, columns, samples)
        Single bits as uint8.

    Raises
    ------
    ValueError
        When there is not as much pixel data as the header says.
    """
    wanted = range(integer_of(dataset, "NumberOfFrames") or 1) if indices is None else indices
    if not is_encapsulated(dataset):
        yield from _native_bits(dataset, wanted)
        return
    count = integer_of(dataset, "NumberOfFrames") or 1
    encoded = list(generate_frames(dataset.PixelData, number_of_frames=count))
    for index in wanted:
        yield _encapsulated_frame(dataset, encoded[index], raw)


def _native_bits(dataset: FileDataset, indices: Sequence[int]) -> Iterator[np.ndarray]:
    content = np.frombuffer(dataset.PixelData, np.uint8)
    if (
        str(dataset.file_meta.TransferSyntaxUID) == ExplicitVRBigEndian
        and dataset["PixelData"].VR == "OW"
    ):
        content = content[: len(content) // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
    pixels = _frame_pixels(dataset)
    for index in indices:
        first = index * pixels
        frame = content[first // 8 : -(-(first + pixels) // 8)]
        yield _unpacked(frame, dataset, first % 8)


def _encapsulated_frame(dataset: FileDataset, encoded: bytes, raw: bool) -> np.ndarray:
    pixels = _frame_pixels(dataset)
    bits = integer_of(dataset, "BitsAllocated") or 0
    size = -(-pixels * bits // 8)
    transfer_syntax = str(dataset.file_meta.TransferSyntaxUID)
    if transfer_syntax == DEFLATED_IMAGE_FRAME:
        encoded = zlib.decompressobj(-zlib.MAX_WBITS).decompress(encoded, size)
    elif transfer_syntax == RLELossless:
        encoded = _from_run_lengths(encoded, size)
    if bits == 1:
        return _unpacked(np.frombuffer(encoded, np.uint8), dataset)
    options: dict[str, Any] = {
        "rows": dataset.Rows,
        "columns": dataset.Columns,
        "number_of_frames": 1,
        "samples_per_pixel": dataset.SamplesPerPixel,
        "bits_allocated": bits,
        "bits_stored": dataset.BitsStored,
        "pixel_representation": dataset.PixelRepresentation,
        "photometric_interpretation": dataset.PhotometricInterpretation,
        "planar_configuration": integer_of(dataset, "PlanarConfiguration") or 0,
        "pixel_keyword": "PixelData",
    }
    return get_decoder(ExplicitVRLittleEndian).as_array(encoded, raw=raw, **options)[0]


def _from_run_lengths(encoded: bytes, size: int) -> bytes:
    """Decode one frame of packed bits: its bytes are compressed like those of a row of pixels."""
    options: dict[str, Any] = {
        "rows": 1,
        "columns": size,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 8,
        "bits_stored": 8,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    }
    pixels, _ = get_decoder(RLELossless).as_array(encapsulate([encoded]), **options)
    return pixels.tobytes()


def _frame_pixels(dataset: FileDataset) -> int:
    samples = integer_of(dataset, "SamplesPerPixel") or 1
    return (integer_of(dataset, "Rows") or 0) * (integer_of(dataset, "Columns") or 0) * samples


def _unpacked(content: np.ndarray, dataset: FileDataset, first: int = 0) -> np.ndarray:
    """Unpack one frame: the first pixel is the lowest bit (PS3.5 section 8.1.1)."""
    bits = np.unpackbits(content, bitorder="little")[first : first + _frame_pixels(dataset)]
    return bits.reshape(int(dataset.Rows), int(dataset.Columns))
