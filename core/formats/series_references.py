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
    if lists_series(dataset, summary):
        what = f"{file_label(path)} marks other images of this series, such as another phase"
        elsewhere = "open the stack they belong to"
    else:
        what = f"{file_label(path)} belongs to another series"
        elsewhere = "open that series"
    if not shares_frame(dataset, summary):
        raise DicomError(f"{what}; {elsewhere}, or choose a file that was made on this one.")
    if not allow_same_frame:
        raise NeedsConsentError(
            f"{what} in the same frame of reference; confirm that it may be used here, or "
            f"{elsewhere}."
        )


def lists_series(dataset: Dataset, summary: SeriesSummary) -> bool:
    """Tell whether an object names the series, or an image of the stack, wherever it does."""
    series = _referenced_series(dataset)
    if any(text_of(item, "SeriesInstanceUID") == summary.series_instance_uid for item in series):
        return True
    own = {record.sop_instance_uid for record in summary.records}
    return not own.isdisjoint(referenced_instances(dataset))


def _referenced_series(dataset: Dataset) -> list[Dataset]:
    return [
        *items_of(dataset, "ReferencedSeriesSequence"),
        *(
            item
            for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence")
            for study in items_of(frame, "RTReferencedStudySequence")
            for item in items_of(study, "RTReferencedSeriesSequence")
        ),
    ]


def names_nothing(dataset: Dataset) -> bool:
    """Tell whether an object names neither a series nor an image that it was made on."""
    return not (
        any(text_of(item, "SeriesInstanceUID") for item in _referenced_series(dataset))
        or any(referenced_instances(dataset))
        or any(
            items_of(contour, "ContourImageSequence")
            for region in items_of(dataset, "ROIContourSequence")
            for contour in items_of(region, "ContourSequence")
        )
    )


def place_cautions(
    dataset: Dataset, summary: SeriesSummary, *, of_stack: bool, by_image: bool
) -> Iterator[str]:
    """Say where what an object names leaves doubt about where it belongs.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        The object.
    summary : SeriesSummary
        The series that it is used on.
    of_stack : bool
        Whether it names images of the series, or the series itself.
    by_image : bool
        Whether any of its frames or contours names the image that it belongs to.
    """
    if names_nothing(dataset):
        yield (
            "The file does not say which images it was made on; the masks are placed by their "
            "position alone: check that they belong to this series."
        )
    if not of_stack:
        return
    own = {record.sop_instance_uid for record in summary.records}
    listed = set(_listed_images(dataset))
    if not by_image and own & listed and listed - own:
        yield (
            "The masks do not name the images they belong to, and the file lists images of other "
            "stacks as well: check that they belong to these slices."
        )
    is_known = summary.frame_of_reference_uid is not None and _frames_named(dataset)
    if is_known and not shares_frame(dataset, summary):
        yield (
            "The file names another frame of reference than the series; it is used because it "
            "names images of the series: check that the masks lie where they should."
        )


def shares_frame(dataset: Dataset, summary: SeriesSummary) -> bool:
    """Tell whether an object and a series name the same frame of reference."""
    return summary.frame_of_reference_uid in _frames_named(dataset)


def _frames_named(dataset: Dataset) -> set[str]:
    named = {text_of(dataset, "FrameOfReferenceUID")}
    for keyword, inner in (
        ("ReferencedFrameOfReferenceSequence", "FrameOfReferenceUID"),
        ("StructureSetROISequence", "ReferencedFrameOfReferenceUID"),
    ):
        named.update(text_of(item, inner) for item in items_of(dataset, keyword))
    return named - {""}


def referenced_instances(dataset: Dataset) -> Iterator[str]:
    """Yield the UIDs of the images that an object refers to, wherever it does."""
    uid = text_of(dataset, "ReferencedSOPInstanceUID")
    if uid:
        yield uid
    for keyword in _REFERENCE_SEQUENCES:
        for item in items_of(dataset, keyword):
            yield from referenced_instances(item)


def _listed_images(dataset: Dataset) -> Iterator[str]:
    """Yield the UIDs of the images that an object lists as a whole."""
    yield from referenced_instances(dataset)
    for series in _referenced_series(dataset):
        for image in items_of(series, "ContourImageSequence"):
            yield from referenced_instances(image)
