"""Reading masks of a series from a file of any format that can be read."""

from collections.abc import Callable
from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.files import NotDicomError, file_label, open_header, text_of
from core.dicom.series import Series, SeriesSummary
from core.formats.masks_read import MasksRead
from core.formats.nifti_reading import read_nifti
from core.formats.segmentation_reading import read_segmentation_with_cautions
from core.formats.structure_set_reading import read_structure_set_with_cautions
from core.segments.segment_masks import SegmentMasks

Reader = Callable[[Path, Series | SeriesSummary, bool], MasksRead]
"""Called with the file, its series, and whether another series in the same frame of reference will
do."""

_BY_ENDING: dict[str, Reader] = {
    ".nii": lambda path, series, _: MasksRead(read_nifti(path, series)),
    ".nii.gz": lambda path, series, _: MasksRead(read_nifti(path, series)),
}

_BY_MODALITY: dict[str, Reader] = {
    "RTSTRUCT": lambda path, series, allow: read_structure_set_with_cautions(
        path, series, allow_same_frame=allow
    ),
}


def read_masks(
    path: Path, series: Series | SeriesSummary, *, allow_same_frame: bool = False
) -> list[SegmentMasks]:
    """Read masks onto a series, as `read_masks_with_cautions` does, masks only."""
    return read_masks_with_cautions(path, series, allow_same_frame=allow_same_frame).segments


def read_masks_with_cautions(
    path: Path, series: Series | SeriesSummary, *, allow_same_frame: bool = False
) -> MasksRead:
    """Read masks onto a series, from a DICOM segmentation, an RT structure set or a label map.

    Parameters
    ----------
    path : pathlib.Path
        The file. NIfTI is known by its ending, DICOM objects by their modality.
    series : Series or SeriesSummary
        What the masks were drawn on.
    allow_same_frame : bool
        Accept a DICOM object of another series in the same frame of reference.

    Returns
    -------
    MasksRead
        Only segments with a pixel on the series.

    Raises
    ------
    NeedsConsentError
        When it would fit with `allow_same_frame` only.
    DicomError
        When the file is none of these, does not fit the series, or marks nothing on it.
    """
    read = _reader_of(path)(path, series, allow_same_frame)
    marked = [masks for masks in read.segments if masks.masks]
    if not marked:
        why = f" {' '.join(read.cautions)}" if read.cautions else ""
        raise DicomError(f"{file_label(path)} marks no pixel of this series.{why}")
    return MasksRead(marked, read.cautions)


def _reader_of(path: Path) -> Reader:
    for ending, reader in _BY_ENDING.items():
        if path.name.lower().endswith(ending):
            return reader
    try:
        header, _ = open_header(path, ("Modality",))
    except NotDicomError as error:
        raise DicomError(
            f"{file_label(path)} is not a DICOM file; choose a DICOM segmentation or an RT "
            "structure set."
        ) from error
    return _BY_MODALITY.get(text_of(header, "Modality"), _read_segmentation)


def _read_segmentation(
    path: Path, series: Series | SeriesSummary, allow_same_frame: bool
) -> MasksRead:
    return read_segmentation_with_cautions(path, series, allow_same_frame=allow_same_frame)
