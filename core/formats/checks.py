"""What has to hold before masks of a series are written in any DICOM form."""

from collections.abc import Sequence

from core.dicom.errors import DicomError
from core.dicom.series import SeriesSummary
from core.segments.segment_masks import SegmentMasks


def check_segments(summary: SeriesSummary, segments: Sequence[SegmentMasks]) -> None:
    """Refuse segments that do not fit, and series without a place for them.

    Segments that are empty are refused, too, unless they are absent.

    Raises
    ------
    DicomError
        With the first reason found.
    """
    if not segments:
        raise DicomError("There is no segment to export; draw one first.")
    if summary.slices > 1 and not (
        summary.frame_of_reference_uid is not None and summary.geometry.in_patient
    ):
        raise DicomError(
            "The series does not say where its slices lie in the patient (frame of reference, "
            "position and pixel spacing), which DICOM needs; export NIfTI or PNG instead."
        )
    for masks in segments:
        label = masks.segment.label
        if not masks.absent and not any(mask.any() for mask in masks.masks.values()):
            raise DicomError(f"Segment “{label}” is empty; draw it or leave it out.")
        for index, mask in masks.masks.items():
            if not 0 <= index < summary.slices:
                raise DicomError(
                    f"Segment “{label}” has a mask on slice {index}, but the series has only "
                    f"{summary.slices} slices."
                )
            if mask.shape != (summary.rows, summary.columns) or mask.dtype != bool:
                raise DicomError(
                    f"The mask of segment “{label}” on slice {index} is {mask.dtype} {mask.shape} "
                    f"instead of bool ({summary.rows}, {summary.columns})."
                )
