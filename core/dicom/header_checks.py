"""Whether a file holds an image at all, and as many pixels as its header states."""

from pathlib import Path

from pydicom.dataset import Dataset, FileDataset

from core.dicom.budgets import MAX_FRAME_PIXELS, MAX_FRAMES, MAX_SAMPLES, voxel_limit
from core.dicom.errors import DamagedError, NotAnImageError
from core.dicom.files import PixelDataElement, file_label, integer_of, name_of, text_of, value_of
from core.dicom.fragments import held_frames
from core.dicom.uids import series_key

_SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_WHOLE_SLIDE_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.6"
_ULTRASOUND_VOLUME_CLASS = "1.2.840.10008.5.1.4.1.1.6.2"
_JPIP_SYNTAXES = (
    "1.2.840.10008.1.2.4.94",
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.204",
    "1.2.840.10008.1.2.4.205",
)
_IMAGES_IN_MOSAIC = "0019100A"  # of the group that SIEMENS MR HEADER reserves
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
            "to.",
            "segmentation",
        )
    if dataset.file_meta.TransferSyntaxUID in _JPIP_SYNTAXES and pixel_data is None:
        raise NotAnImageError(
            f"{file_label(path)} names only an address of its pixels (JPIP), which is not asked; "
            "fetch the images themselves.",
            "JPIP reference",
        )
    if pixel_data is None and _IMAGE_STORAGE_MARK not in name and name_of(sop_class_uid):
        raise NotAnImageError(
            f"{file_label(path)} holds no image ({name}).", name.removesuffix(" Storage")
        )
    _check_arrangement(dataset, sop_class_uid, path)
    if pixel_data is not None and value_of(dataset, "Rows") and value_of(dataset, "Columns"):
        return
    if pixel_data is not None:
        raise DamagedError(
            f"{file_label(path)} holds pixels, but does not say of how many rows and columns; "
            "fetch it again from its source.",
            series_key(dataset),
        )
    if value_of(dataset, "Rows") or _IMAGE_STORAGE_MARK in name:
        raise DamagedError(
            f"{file_label(path)} is cut short or damaged: its header ends before the image; "
            "fetch it again from its source.",
            series_key(dataset),
        )
    raise NotAnImageError(
        f"{file_label(path)} holds no image ({name}).", name.removesuffix(" Storage")
    )


def _check_arrangement(dataset: Dataset, sop_class_uid: str, path: Path) -> None:
    """Refuse images whose frames or pixels are arranged otherwise than as slices of the patient."""
    label = file_label(path)
    frames = integer_of(dataset, "NumberOfFrames") or 1
    matrix = [integer_of(dataset, f"TotalPixelMatrix{side}") or 0 for side in ("Columns", "Rows")]
    is_tiled = text_of(dataset, "DimensionOrganizationType").startswith("TILED")
    if min(matrix) > 0 and (is_tiled or sop_class_uid == _WHOLE_SLIDE_CLASS):
        raise NotAnImageError(
            f"{label} is a whole-slide image: {frames} tile(s) of one picture of {matrix[0]} × "
            f"{matrix[1]} pixels are no stack of slices.",
            "whole-slide image",
        )
    in_mosaic = integer_of(dataset, _IMAGES_IN_MOSAIC) or 0
    if "MOSAIC" in text_of(dataset, "ImageType") or in_mosaic > 1:
        number = f"{in_mosaic} slices" if in_mosaic > 1 else "several slices"
        raise NotAnImageError(
            f"{label} is a Siemens mosaic: {number} side by side in one picture, which are not "
            "taken apart; export the series as single slices or enhanced MR.",
            "Siemens mosaic",
        )
    if sop_class_uid == _ULTRASOUND_VOLUME_CLASS:
        raise NotAnImageError(
            f"{label} is an ultrasound volume, whose planes lie relative to the probe and not in "
            "the patient; such volumes are not read.",
            "ultrasound volume",
        )


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
    if not 0 < rows * columns <= MAX_FRAME_PIXELS or samples > MAX_SAMPLES:
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
        if pixel_data.is_encapsulated
        else _native_bytes(frames * rows * columns, samples, bits, dataset)
    )
    if needed > pixel_data.available:
        raise DamagedError(
            f"{file_label(path)} states {frames} frame(s) of {rows} × {columns} pixels, but holds "
            "less pixel data than that; fetch it again from its source.",
            series_key(dataset),
        )
    file_bytes = pixel_data.available if pixel_data.is_deflated else path.stat().st_size
    if frames > MAX_FRAMES or frames * rows * columns * samples > voxel_limit(file_bytes):
        raise DamagedError(
            f"{file_label(path)} states {frames} frame(s) of {rows} × {columns} pixels in "
            f"{file_bytes} bytes, which is not credible; fetch it again from its source.",
            series_key(dataset),
        )
    return frames


def frame_cautions(
    dataset: FileDataset, pixel_data: PixelDataElement | None, frames: int, path: Path
) -> list[str]:
    """Say if the pixel data holds more frames than the header states.

    Parameters
    ----------
    dataset : pydicom.dataset.FileDataset
        The header.
    pixel_data : PixelDataElement or None
        Where the pixel data lies.
    frames : int
        Number of frames, as `checked_frames` returns it.
    path : pathlib.Path
        The file.
    """
    if pixel_data is None or not pixel_data.offset:
        return []
    if pixel_data.length is None:
        is_little_endian = dataset.original_encoding[1]
        held = held_frames(path, pixel_data.offset) if is_little_endian else 0
    else:
        rows, columns = integer_of(dataset, "Rows") or 0, integer_of(dataset, "Columns") or 0
        samples = max(1, integer_of(dataset, "SamplesPerPixel") or 1)
        bits = integer_of(dataset, "BitsAllocated") or 0
        frame_bits = _native_bytes(8 * rows * columns, samples, bits, dataset)
        # Rounding up to an even number of bytes leaves up to 15 bits that are no frame.
        rest = 15 if frame_bits < 16 else 0
        held = (8 * pixel_data.length - rest) // max(1, frame_bits)
    if held <= frames:
        return []
    return [f"The file states {frames} frame(s) but holds {held}: the others are not shown."]


def _native_bytes(pixels: int, samples: int, bits: int, dataset: Dataset) -> int:
    # YBR_FULL_422 stores two samples per pixel instead of three (PS3.3 C.7.6.3.1.2).
    if text_of(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    return -(-pixels * samples * bits // 8)
