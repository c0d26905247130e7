"""What a series' shortcomings mean for a file that is written of it, as sentences for people."""

from collections.abc import Iterator, Sequence

from core.dicom.series import SeriesSummary
from core.formats.deidentified_writing import burned_in_warning
from core.formats.nifti_writing import nifti_grid, uneven_steps
from core.formats.writing import FORMATS, WritingOptions
from core.segments.segment_masks import SegmentMasks

# Formats whose files state how thick a single slice is.
_NEED_A_THICKNESS = ("seg", "labelmap", "deidentified", "nifti")


def export_cautions(
    form: str,
    summary: SeriesSummary,
    options: WritingOptions,
    segments: Sequence[SegmentMasks] = (),
) -> Iterator[str]:
    """Yield what a person should know of a file before passing it on.

    Parameters
    ----------
    form : str
        Name of one of `core.formats.writing.FORMATS`.
    summary : SeriesSummary
        What was annotated.
    options : WritingOptions
        How the file is written.
    segments : sequence of SegmentMasks
        What is written.

    Raises
    ------
    DicomError
        As `nifti_grid` does, where slices are to be resampled.
    """
    geometry = summary.geometry
    if FORMATS[form].shows_pixels and (warning := burned_in_warning(summary)):
        yield warning
    if form == "nifti" and not geometry.in_patient:
        meaningless = "the distance between its slices means nothing"
        if not geometry.has_pixel_size:
            meaningless = "the distance between its slices and the size of its pixels mean nothing"
        yield (
            "The images do not say where their slices lie in the patient, so the NIfTI file does "
            f"not say it either; {meaningless}."
        )
    if form == "nifti" and options.resample and uneven_steps(geometry):
        grid = nifti_grid(geometry, resample=True)
        yield (
            f"The NIfTI file has {len(grid.positions)} planes, {grid.slice_spacing:.2f} mm apart, "
            f"for {summary.slices} slices in uneven steps: each plane takes the nearest slice, and "
            "planes where slices are missing are empty."
        )
    if form == "csv" and not geometry.in_patient:
        yield (
            "The images do not say where their slices lie in the patient, so the table has neither "
            "areas nor volumes."
        )
    if geometry.in_patient and geometry.is_of_unknown_thickness:
        unknown = "The only slice does not say how thick it is"
        if form == "csv":
            yield f"{unknown}, so the table has no volumes."
        if form in _NEED_A_THICKNESS:
            yield f"{unknown}, which DICOM-SEG and NIfTI files must say: their 1 mm is made up."
    if form == "csv" and geometry.in_patient and geometry.missing_slices:
        yield "Slices seem to be missing: what lies between is not in the volumes of the table."
    if form == "rtstruct":
        details = ((one.segment.label, one.segment.details) for one in segments)
        lost = [
            label for label, one in details if one.tracking_uid or one.regions or one.structures
        ]
        if lost:
            listed = ", ".join(f"“{label}”" for label in lost)
            yield (
                "A structure set has no place for tracking identifiers and anatomic regions, which "
                f"are left out: {listed}."
            )
