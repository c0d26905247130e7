"""Reading masks of a series from whatever holds them: a segmentation or an RT structure set."""

from pathlib import Path

from core.dicom.errors import DicomError
from core.dicom.files import NotDicomError, file_label, open_header, text_of
from core.dicom.series import Series, SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.formats.structure_set_reading import read_structure_set
from core.segments.segment_masks import SegmentMasks


def read_masks(
    path: Path,
    series: Series | SeriesSummary,
    *,
    threshold: float = 0.5,
    allow_same_frame: bool = False,
) -> list[SegmentMasks]:
    """Read a DICOM segmentation or an RT structure set onto a series.

    Parameters and errors are those of `read_segmentation` and `read_structure_set`.

    Returns
    -------
    list of SegmentMasks
        Only segments with a pixel on the series.

    Raises
    ------
    NeedsConsentError
        When it would fit with `allow_same_frame` only.
    DicomError
        When the file is neither, does not fit the series, or marks nothing on it.
    """
    try:
        header, _ = open_header(path, ("Modality",))
    except NotDicomError as error:
        raise DicomError(
            f"{file_label(path)} is not a DICOM file; choose a DICOM segmentation or an RT "
            "structure set."
        ) from error
    if text_of(header, "Modality") == "RTSTRUCT":
        read = read_structure_set(path, series, allow_same_frame=allow_same_frame)
    else:
        read = read_segmentation(
            path, series, threshold=threshold, allow_same_frame=allow_same_frame
        )
    marked = [one for one in read if one.masks]
    if not marked:
        raise DicomError(f"{file_label(path)} marks no pixel of this series.")
    return marked
