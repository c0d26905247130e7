"""Frames of single bits of every size, native and encapsulated, against packing by hand."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import get_encoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from core.dicom.errors import DicomError
from core.dicom.files import open_file
from core.dicom.pixels import decoded_frames
from core.dicom.plain_frames import DEFLATED_IMAGE_FRAME, ENCAPSULATED_UNCOMPRESSED

ALL_SIZES = [(rows, columns) for rows in range(1, 66) for columns in range(1, 68)]
EVERY_REMAINDER = [(1, 1), (1, 67), (3, 3), (5, 5), (7, 7), (8, 8), (9, 3), (65, 67)]
SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    DEFLATED_IMAGE_FRAME,
    ENCAPSULATED_UNCOMPRESSED,
)


def bits(rows: int, columns: int, frames: int = 3) -> np.ndarray:
    return np.random.default_rng(rows * 100 + columns).random((frames, rows, columns)) > 0.5


def packed(masks: np.ndarray) -> bytes:
    """Bytes of pixels in row order, the first in the lowest bit, made even."""
    content = np.packbits(masks.ravel(), bitorder="little").tobytes()
    return content + bytes(len(content) % 2)


def deflated(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def run_lengths(content: bytes) -> bytes:
    """One frame of bytes in run lengths, by pydicom's encoder."""
    frame = np.frombuffer(content, np.uint8)[None]
    options = {
        "rows": 1,
        "columns": frame.shape[1],
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 8,
        "bits_stored": 8,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
    }
    return get_encoder(RLELossless).encode(frame, encoding_plugin="pydicom", **options)


ENCODINGS: dict[UID, Callable[[bytes], bytes]] = {
    RLELossless: run_lengths,
    DEFLATED_IMAGE_FRAME: deflated,
    ENCAPSULATED_UNCOMPRESSED: bytes,
}


def image(masks: np.ndarray, transfer_syntax: UID = ExplicitVRLittleEndian) -> FileDataset:
    """An image of single bits in memory."""
    dataset = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = UID("1.2.3")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID("1.2.4")
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = masks.shape
    dataset.BitsAllocated = dataset.BitsStored = dataset.SamplesPerPixel = 1
    dataset.HighBit = dataset.PixelRepresentation = 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if encode := ENCODINGS.get(transfer_syntax):
        frames = [encode(packed(mask)) for mask in masks]
        dataset.PixelData = encapsulate([frame + bytes(len(frame) % 2) for frame in frames])
        dataset["PixelData"].is_undefined_length = True
    else:
        dataset.PixelData = packed(masks)
    dataset["PixelData"].VR = "OB"
    return dataset


def read(dataset: FileDataset, tmp_path: Path, **options: Any) -> list[np.ndarray]:
    return list(decoded_frames(dataset, tmp_path / "image.dcm", **options))


def assert_is(frames: Any, masks: np.ndarray) -> None:
    assert np.array_equal(np.stack(frames), masks)


@pytest.mark.parametrize("transfer_syntax", SYNTAXES, ids=lambda one: one.name)
def test_frames_of_every_size_are_read(tmp_path: Path, transfer_syntax: UID) -> None:
    for size in ALL_SIZES if transfer_syntax == ExplicitVRLittleEndian else ALL_SIZES[::7]:
        masks = bits(*size)
        assert_is(read(image(masks, transfer_syntax), tmp_path), masks)


@pytest.mark.parametrize("size", EVERY_REMAINDER)
def test_pydicom_reads_the_same_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    dataset = image(bits(*size, frames=5))
    assert_is(read(dataset, tmp_path), dataset.pixel_array)


@pytest.mark.parametrize("transfer_syntax", SYNTAXES, ids=lambda one: one.name)
@pytest.mark.parametrize("size", EVERY_REMAINDER)
def test_frames_are_read_in_any_order(
    tmp_path: Path, size: tuple[int, int], transfer_syntax: UID
) -> None:
    masks = bits(*size, frames=5)
    dataset = image(masks, transfer_syntax)
    assert_is(read(dataset, tmp_path, indices=[4, 0, 2]), masks[[4, 0, 2]])


@pytest.mark.parametrize("size", EVERY_REMAINDER)
def test_words_of_big_endian_files_are_turned(tmp_path: Path, size: tuple[int, int]) -> None:
    masks = bits(*size)
    dataset = image(masks, ExplicitVRBigEndian)
    words = np.frombuffer(dataset.PixelData, "<u2")
    dataset.PixelData = words.astype(">u2").tobytes()
    dataset["PixelData"].VR = "OW"
    assert_is(read(dataset, tmp_path), masks)


@pytest.mark.parametrize("transfer_syntax", SYNTAXES, ids=lambda one: one.name)
def test_files_are_read_as_they_lie_on_the_disk(tmp_path: Path, transfer_syntax: UID) -> None:
    masks = bits(5, 7)
    path = tmp_path / "image.dcm"
    dataset = image(masks, transfer_syntax)
    if transfer_syntax == DEFLATED_IMAGE_FRAME:
        # pydicom does not write a transfer syntax that it does not know.
        dataset.file_meta.TransferSyntaxUID = ENCAPSULATED_UNCOMPRESSED
    dataset.save_as(path, enforce_file_format=True)
    if transfer_syntax == DEFLATED_IMAGE_FRAME:
        content = path.read_bytes()
        unpadded = f"{DEFLATED_IMAGE_FRAME}\0".encode()
        path.write_bytes(content.replace(ENCAPSULATED_UNCOMPRESSED.encode(), unpadded, 1))
    assert_is(list(decoded_frames(open_file(path), path, raw=True)), masks)


def test_deflated_frames_of_whole_numbers_are_read(tmp_path: Path) -> None:
    values = np.arange(2 * 5 * 7, dtype=np.int16).reshape(2, 5, 7) - 30
    dataset = image(values > 0)
    dataset.file_meta.TransferSyntaxUID = DEFLATED_IMAGE_FRAME
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    frames = [deflated(frame.astype("<i2").tobytes()) for frame in values]
    dataset.PixelData = encapsulate([frame + bytes(len(frame) % 2) for frame in frames])
    assert_is(read(dataset, tmp_path), values)


def test_bytes_behind_one_frame_or_whole_bytes_change_nothing(tmp_path: Path) -> None:
    for masks in (bits(5, 7, frames=1), bits(8, 8)):
        dataset = image(masks)
        dataset.PixelData += bytes(4)
        assert_is(read(dataset, tmp_path), masks)


def test_padded_frames_are_refused(tmp_path: Path) -> None:
    masks = bits(5, 6, frames=8)
    dataset = image(masks)
    dataset.PixelData = b"".join(np.packbits(mask, bitorder="little").tobytes() for mask in masks)
    with pytest.raises(DicomError, match="32 bytes of pixel data, but 8 frames need 30"):
        read(dataset, tmp_path)


def test_missing_bytes_are_refused(tmp_path: Path) -> None:
    dataset = image(bits(5, 7))
    dataset.PixelData = dataset.PixelData[:-2]
    with pytest.raises(DicomError, match=r"12 bytes of pixel data, but 3 frame\(s\) need 14"):
        read(dataset, tmp_path)


def test_damaged_deflated_frames_are_refused(tmp_path: Path) -> None:
    dataset = image(bits(5, 7), DEFLATED_IMAGE_FRAME)
    dataset.PixelData = encapsulate([b"\xff\xff\xff\xff"] * 3)
    with pytest.raises(DicomError, match="cannot be decoded"):
        read(dataset, tmp_path)


@pytest.mark.parametrize("bits_allocated", [1, 8])
def test_items_in_a_file_that_is_not_compressed_are_refused(
    tmp_path: Path, bits_allocated: int
) -> None:
    dataset = image(bits(8, 8), ENCAPSULATED_UNCOMPRESSED)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.BitsAllocated = bits_allocated
    with pytest.raises(DicomError, match="in items as compressed files do, but is not compressed"):
        read(dataset, tmp_path)
