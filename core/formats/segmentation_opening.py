"""Opening a DICOM segmentation, once what it states of its frames has been found to be possible."""

from pathlib import Path

from pydicom.dataset import FileDataset

from core.dicom.budgets import MAX_FRAMES, voxel_limit
from core.dicom.errors import DicomError
from core.dicom.files import (
    NotDicomError,
    PixelDataElement,
    file_label,
    integer_of,
    items_of,
    name_of,
    open_file,
    open_header,
    text_of,
)


def open_segmentation(path: Path) -> FileDataset:
    """Read the whole file of a segmentation.

    Raises
    ------
    DicomError
        When the file is no segmentation, is cut short, or states other frames than it holds.
    """
    try:
        _, pixel_data = open_header(path, ("Modality",))
        dataset = open_file(path)
    except NotDicomError as error:
        raise DicomError(
            f"{file_label(path)} is not a DICOM file; choose a DICOM segmentation."
        ) from error
    if text_of(dataset, "Modality") != "SEG" and "SegmentSequence" not in dataset:
        kind = name_of(text_of(dataset, "SOPClassUID")) or "DICOM object of another kind"
        raise DicomError(f"{file_label(path)} is not a segmentation but: {kind}.")
    if pixel_data is None or pixel_data.is_cut or "PixelData" not in dataset:
        raise DicomError(f"{file_label(path)} is cut short; fetch it again from its source.")
    _check_frames(dataset, pixel_data, path)
    return dataset


def _check_frames(dataset: FileDataset, pixel_data: PixelDataElement, path: Path) -> None:
    """Compare the stated frames with those that the file holds and describes."""
    frames = integer_of(dataset, "NumberOfFrames") or 1
    rows, columns = integer_of(dataset, "Rows") or 0, integer_of(dataset, "Columns") or 0
    bits = (integer_of(dataset, "BitsAllocated") or 1) * rows * columns
    needed = frames * 8 if pixel_data.is_encapsulated else -(-frames * bits // 8)
    file_bytes = pixel_data.available if pixel_data.is_deflated else path.stat().st_size
    if frames > MAX_FRAMES or frames * rows * columns > voxel_limit(file_bytes):
        raise DicomError(
            f"{file_label(path)} states {frames} frames of {rows} × {columns} pixels in "
            f"{file_bytes} bytes, which is not credible; fetch it again from its source."
        )
    if not bits > 0 or needed > pixel_data.available:
        raise DicomError(
            f"{file_label(path)} states {frames} frames of {rows} × {columns} pixels but holds "
            "fewer; fetch it again from its source."
        )
    if pixel_data.length is not None and pixel_data.length * 8 >= (frames + 1) * bits + 16:
        raise DicomError(
            f"{file_label(path)} states {frames} frames of {rows} × {columns} pixels but holds "
            "more; export it again from the program that made it."
        )
    described = len(items_of(dataset, "PerFrameFunctionalGroupsSequence"))
    if described not in (0, frames):
        raise DicomError(
            f"{file_label(path)} states {frames} frames, but describes {described}; export it "
            "again from the program that made it."
        )
