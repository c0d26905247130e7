"""Reading what is drawn in a segmentation that the command line names."""

from pathlib import Path

from core.commands.cautions import print_cautions
from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.series import Series
from core.formats.segmentation_reading import read_segmentation_with_cautions
from core.segments.segment_masks import SegmentMasks


def read_drawn_segments(
    path: Path, series: Series, *, allow_same_frame: bool, otherwise: str
) -> list[SegmentMasks]:
    """Read the segments that have a pixel, and print what the reader was cautious about.

    Parameters
    ----------
    path : Path
        The segmentation.
    series : Series
        What it was drawn on.
    allow_same_frame : bool
        Whether it may be of another series in the same frame of reference.
    otherwise : str
        What to do where there is none: the end of a sentence, without its full stop.

    Returns
    -------
    list of SegmentMasks
        At least one.

    Raises
    ------
    DicomError
        If it cannot be read, is of another series, or marks no pixel.
    """
    try:
        whole = read_segmentation_with_cautions(path, series, allow_same_frame=allow_same_frame)
    except NeedsConsentError as error:
        raise DicomError(f"{str(error)[:-1]}; --allow-same-frame uses it anyway.") from error
    print_cautions(whole.cautions)
    drawn = [one for one in whole.segments if one.masks]
    if not drawn:
        raise DicomError(f"{path} marks no pixel; {otherwise}.")
    return drawn
