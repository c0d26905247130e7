"""Whether a file holds an image at all, and as many pixels as its header states."""

from pathlib import Path

from pydicom.dataset import Dataset, FileDataset

from core.dicom.errors import DamagedError, NotAnImageError
from core.dicom.files import PixelDataElement, file_label, integer_of, name_of, text_of, value_of
from core.dicom.uids import series_key

MAX_FRAME_PIXELS = 2**26
"""Largest slice that is opened: 8192 × 8192, more than any detector has."""

_SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_IMAGE_STORAGE_MARK = "Image Storage"


def check_is_image(
    dataset: FileDataset, pixel_data: PixelDataElement | None, sop_class_uid: str, path: Path
) -> None:
    """Refuse a file that holds no image to annotate, or only the beginning of one.

    Raises
    ------
    NotAnImageError
        When it is a DICOM object of another kind.
    DamagedError
        When its header ends before the image.
    """
    # Where the file is cut in its class, the file meta still has it.
    meta_class_uid = text_of(dataset.file_meta, "MediaStorageSOPClassUID")
    name = name_of(sop_class_uid) or name_of(meta_class_uid) or "object of an unknown class"
    if sop_class_uid in _SEGMENTATION_CLASSES:
        raise NotAnImageError(
            f"{file_label(path)} is a segmentation, not an image; open it on the series it belongs "
            "to."
        )
    if pixel_data is not None and value_of(dataset, "Rows") and value_of(dataset, "Columns"):
        return
    if value_of(dataset, "Rows") or pixel_data is not None or _IMAGE_STORAGE_MARK in name:
        raise DamagedError(
            f"{file_label(path)} is cut short or damaged: its header ends before the image; "
            "fetch it again from its source.",
            series_key(dataset),
        )
    raise NotAnImageError(f"{file_label(path)} holds no image ({name}).")


def checked_frames(dataset: FileDataset, pixel_data: PixelDataElement | None, path: Path) -> int:
    """Return the number of frames, once the stated size has been found to be possible.

    Raises
    ------
    DamagedError
        When the file states more pixels than it holds or any image has.
    """
    rows, columns = integer_of(dataset, "Rows") or 0, integer_of(dataset, "Columns") or 0
    frames = max(1, integer_of(dataset, "NumberOfFrames") or 1)
    samples = max(1, integer_of(dataset, "SamplesPerPixel") or 1)
    bits = integer_of(dataset, "BitsAllocated") or 0
    if not 0 < rows * columns <= MAX_FRAME_PIXELS or samples > 4:
        raise DamagedError(
            f"{file_label(path)} states an image of {rows} × {columns} pixels with {samples} "
            "sample(s) each, which is not credible; fetch it again from its source.",
            series_key(dataset),
        )
    assert pixel_data is not None
    if pixel_data.is_cut:
        raise DamagedError(
            f"{file_label(path)} is cut short: {pixel_data.available} of {pixel_data.length} bytes "
            "of its pixel data are there; fetch it again from its source.",
            series_key(dataset),
        )
    # Compressed frames take 8 bytes at the least: the header of the item that holds them.
    needed = (
        frames * 8
        if pixel_data.length is None
        else _native_bytes(frames * rows * columns, samples, bits, dataset)
    )
    if needed > pixel_data.available:
        raise DamagedError(
            f"{file_label(path)} states {frames} frame(s) of {rows} × {columns} pixels, but holds "
            "less pixel data than that; fetch it again from its source.",
            series_key(dataset),
        )
    return frames


def _native_bytes(pixels: int, samples: int, bits: int, dataset: Dataset) -> int:
    # YBR_FULL_422 stores two samples per pixel instead of three (PS3.3 C.7.6.3.1.2).
    if text_of(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    return pixels * samples * bits // 8
