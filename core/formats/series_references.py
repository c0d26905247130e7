"""Whether an object was made on a series: the images and frames of reference that it names."""

from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.files import file_label, items_of, text_of
from core.dicom.series import SeriesSummary

_REFERENCE_SEQUENCES = (
    "ReferencedSeriesSequence",
    "ReferencedInstanceSequence",
    "SourceImageSequence",
    "DerivationImageSequence",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
    "StudiesContainingOtherReferencedInstancesSequence",
)


def check_frame(
    dataset: Dataset, summary: SeriesSummary, path: Path, allow_same_frame: bool
) -> None:
    """Refuse an object of another series, unless it shares the frame of reference and may be used.

    Raises
    ------
    NeedsConsentError
        When it shares the frame of reference, which is not allowed.
    DicomError
        When it has nothing to do with the series.
    """
    if not shares_frame(dataset, summary):
        raise DicomError(
            f"{file_label(path)} belongs to another series; open that series, or choose a file "
            "that was made on this one."
        )
    if not allow_same_frame:
        raise NeedsConsentError(
            f"{file_label(path)} belongs to another series in the same frame of reference; "
            "confirm that it may be used here, or open that series."
        )


def shares_frame(dataset: Dataset, summary: SeriesSummary) -> bool:
    """Tell whether an object and a series name the same frame of reference."""
    named = {text_of(dataset, "FrameOfReferenceUID")}
    for keyword, inner in (
        ("ReferencedFrameOfReferenceSequence", "FrameOfReferenceUID"),
        ("StructureSetROISequence", "ReferencedFrameOfReferenceUID"),
    ):
        named.update(text_of(item, inner) for item in items_of(dataset, keyword))
    return summary.frame_of_reference_uid in named - {""}


def referenced_instances(dataset: Dataset) -> Iterator[str]:
    """Yield the UIDs of the images that an object refers to, wherever it does."""
    uid = text_of(dataset, "ReferencedSOPInstanceUID")
    if uid:
        yield uid
    for keyword in _REFERENCE_SEQUENCES:
        for item in items_of(dataset, keyword):
            yield from referenced_instances(item)
