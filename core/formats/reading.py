"""Reading masks of a series from a file of any format that can be read."""

from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.files import NotDicomError, file_label, open_header, text_of
from core.dicom.series import Series, SeriesSummary
from core.formats.masks_read import MasksRead
from core.formats.nifti_reading import read_nifti_with_cautions
from core.formats.segmentation_reading import read_segmentation_with_cautions
from core.formats.structure_set_reading import read_structure_set_with_cautions
from core.segments.segment_masks import SegmentMasks

NIFTI_ENDINGS = (".nii", ".nii.gz")
"""Of names of files that hold a label map, in lower case."""


def read_masks(
    path: Path,
    series: Series | SeriesSummary,
    *,
    allow_same_frame: bool = False,
    resample: bool = False,
) -> list[SegmentMasks]:
    """Read masks onto a series, as `read_masks_with_cautions` does, masks only."""
    return read_masks_with_cautions(
        path, series, allow_same_frame=allow_same_frame, resample=resample
    ).segments


def read_masks_with_cautions(
    path: Path,
    series: Series | SeriesSummary,
    *,
    allow_same_frame: bool = False,
    resample: bool = False,
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
    resample : bool
        Accept a label map on another grid; each pixel takes the nearest voxel.

    Returns
    -------
    MasksRead
        Only segments with a pixel on the series.

    Raises
    ------
    NeedsConsentError
        When it would fit with `allow_same_frame` only.
    NeedsResamplingError
        When it would fit with `resample` only.
    DicomError
        When the file is none of these, does not fit the series, or marks nothing on it.
    """
    if path.name.lower().endswith(NIFTI_ENDINGS):
        read = read_nifti_with_cautions(path, series, resample=resample)
    elif _is_structure_set(path):
        read = read_structure_set_with_cautions(path, series, allow_same_frame=allow_same_frame)
    else:
        read = read_segmentation_with_cautions(path, series, allow_same_frame=allow_same_frame)
    marked = [masks for masks in read.segments if masks.masks]
    if not marked:
        why = f" {' '.join(read.cautions)}" if read.cautions else ""
        raise DicomError(f"{file_label(path)} marks no pixel of this series.{why}")
    return MasksRead(marked, read.cautions)


def _is_structure_set(path: Path) -> bool:
    try:
        header, _ = open_header(path, ("Modality",))
    except NotDicomError as error:
        raise DicomError(
            f"{file_label(path)} is not a DICOM file; choose a DICOM segmentation, an RT "
            "structure set, or a NIfTI label map whose name ends in .nii or .nii.gz."
        ) from error
    return text_of(header, "Modality") == "RTSTRUCT"
