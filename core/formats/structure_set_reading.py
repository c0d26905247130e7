"""Reading the contours of an RT structure set (RTSTRUCT) as masks on the slices of a series.

rt-utils, the library that does this, rounds contours to whole pixels with OpenCV and needs the
original images beside it; pydicom reads the attributes (PS3.3 A.19, C.8.8.5, C.8.8.6) just as well.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.errors import DicomError
from core.dicom.files import (
    NotDicomError,
    file_label,
    integer_of,
    items_of,
    name_of,
    numbers_of,
    open_file,
    text_of,
    value_of,
)
from core.dicom.geometry import Geometry
from core.dicom.series import Series, SeriesSummary
from core.formats.codes import UNKNOWN_CATEGORY, UNKNOWN_TYPE, code_of, modifier_of
from core.formats.contour_placement import PlanarContour, contours_by_slice
from core.formats.contours import fill_contours
from core.formats.segment_descriptions import algorithm_type, overlapping_segments, segment_label
from core.formats.series_references import check_frame, referenced_instances
from core.segments.segment import Segment, default_color
from core.segments.segment_masks import SegmentMasks

_FILLED_KINDS = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")

# A contour is drawn on a plane; coordinates are rounded to a tenth or a hundredth of a millimetre.
_PLANAR_MM = 0.5


def read_structure_set(
    path: Path, series: Series | SeriesSummary, *, allow_same_frame: bool = False
) -> list[SegmentMasks]:
    """Read the regions of an RT structure set as masks.

    A contour lies on the image that it names; one that names none goes to the nearest slice, within
    half the distance to the next.
    A pixel belongs to a region when its centre lies inside its contours by the even-odd rule, which
    keeps holes whether they are joined by a channel or are contours of their own. Points and open
    contours enclose nothing and are passed over.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    series : Series or SeriesSummary
        What it was drawn on.
    allow_same_frame : bool
        Accept a structure set of another series in the same frame of reference.

    Returns
    -------
    list of SegmentMasks
        One per region, numbered from 1 in the order of the file; `masks` holds the slices that are
        not empty. A segment is `exclusive` where it overlaps no other.

    Raises
    ------
    NeedsConsentError
        When it would fit with `allow_same_frame` only.
    DicomError
        When the file is no structure set, belongs to another series, or its contours do not lie in
        planes parallel to the slices or near any of them.
    """
    summary = series.summary if isinstance(series, Series) else series
    dataset = _open(path)
    if not summary.geometry.in_patient:
        raise DicomError(
            "The series does not say where its slices lie in the patient, so contours cannot be "
            "placed on it."
        )
    of_other_series = not _refers_to(dataset, summary)
    if of_other_series:
        check_frame(dataset, summary, path, allow_same_frame or _names_nothing(dataset))
    regions = list(_regions(dataset))
    masks = {
        number: _masks(contours, summary, path, of_other_series)
        for number, (_, contours, _) in enumerate(regions, start=1)
    }
    if not any(masks.values()):
        raise DicomError(f"{file_label(path)} has no closed contour on the slices of this series.")
    overlapping = overlapping_segments(masks)
    return [
        SegmentMasks(
            segment=_segment(region, contours, observation, number, number not in overlapping),
            masks=masks[number],
            algorithm=algorithm_type(text_of(region, "ROIGenerationAlgorithm")),
        )
        for number, (region, contours, observation) in enumerate(regions, start=1)
    ]


def _open(path: Path) -> Dataset:
    try:
        dataset = open_file(path)
    except NotDicomError as error:
        raise DicomError(
            f"{file_label(path)} is not a DICOM file; choose an RT structure set."
        ) from error
    if "StructureSetROISequence" not in dataset:
        kind = name_of(text_of(dataset, "SOPClassUID")) or "DICOM object of another kind"
        raise DicomError(f"{file_label(path)} is not an RT structure set but: {kind}.")
    return dataset


def _refers_to(dataset: Dataset, summary: SeriesSummary) -> bool:
    """Tell whether a structure set names the series or one of its images."""
    for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence"):
        for study in items_of(frame, "RTReferencedStudySequence"):
            for referenced in items_of(study, "RTReferencedSeriesSequence"):
                if text_of(referenced, "SeriesInstanceUID") == summary.series_instance_uid:
                    return True
    images = {record.sop_instance_uid for record in summary.records}
    return any(
        not images.isdisjoint(referenced_instances(contour))
        for region in items_of(dataset, "ROIContourSequence")
        for contour in items_of(region, "ContourSequence")
    )


def _names_nothing(dataset: Dataset) -> bool:
    """Tell whether a structure set names neither a series nor an image."""
    named_series = any(
        items_of(study, "RTReferencedSeriesSequence")
        for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence")
        for study in items_of(frame, "RTReferencedStudySequence")
    )
    return not named_series and not any(
        items_of(contour, "ContourImageSequence")
        for region in items_of(dataset, "ROIContourSequence")
        for contour in items_of(region, "ContourSequence")
    )


def _regions(dataset: Dataset) -> Iterator[tuple[Dataset, Dataset, Dataset]]:
    """Yield each region with its contours and its first observation, empty where there is none."""
    by_number = [
        {integer_of(item, "ReferencedROINumber"): item for item in items_of(dataset, keyword)}
        for keyword in ("ROIContourSequence", "RTROIObservationsSequence")
    ]
    for region in items_of(dataset, "StructureSetROISequence"):
        number = integer_of(region, "ROINumber")
        contours, observation = (items.get(number, Dataset()) for items in by_number)
        yield region, contours, observation


def _masks(
    contours: Dataset, summary: SeriesSummary, path: Path, of_other_series: bool
) -> dict[int, np.ndarray]:
    """Fill the contours of a region on the slices that they lie on."""
    geometry = summary.geometry
    planar = _planar_contours(contours, summary, path)
    placed = contours_by_slice(planar, geometry, of_other_series=of_other_series)
    found = {}
    for index, plane in placed.items():
        position = geometry.positions[index]
        outlines = [_in_pixels(contour.points, position, geometry) for contour in plane]
        mask = fill_contours(outlines, geometry.rows, geometry.columns)
        if mask.any():
            found[index] = mask
    return dict(sorted(found.items()))


def _planar_contours(contours: Dataset, summary: SeriesSummary, path: Path) -> list[PlanarContour]:
    """Read the closed contours of a region, each once however often it is stored."""
    found: list[PlanarContour] = []
    for contour in items_of(contours, "ContourSequence"):
        if text_of(contour, "ContourGeometricType") not in _FILLED_KINDS:
            continue
        points = _points(contour, path)
        if np.ptp(points @ summary.geometry.normal) > _PLANAR_MM:
            raise DicomError(
                f"{file_label(path)} has contours in planes that are not parallel to the slices."
            )
        slices, names_image = _named_slices(contour, summary)
        # By the even-odd rule, a contour that is stored twice would cancel itself.
        if not any(one.slices == slices and np.array_equal(one.points, points) for one in found):
            found.append(PlanarContour(points, slices, names_image))
    return found


def _named_slices(contour: Dataset, summary: SeriesSummary) -> tuple[tuple[int, ...], bool]:
    """Return the slices whose images a contour names, and whether it names any image at all."""
    named = {
        (text_of(image, "ReferencedSOPInstanceUID"), integer_of(image, "ReferencedFrameNumber"))
        for image in items_of(contour, "ContourImageSequence")
    }
    slices = tuple(
        index
        for index, record in enumerate(summary.records)
        if (record.sop_instance_uid, record.frame) in named
        or (record.sop_instance_uid, None) in named
    )
    return slices, any(uid for uid, _ in named)


def _points(contour: Dataset, path: Path) -> np.ndarray:
    """Return the corners of a contour, shape (points, 3), LPS in mm."""
    numbers = _coordinates(contour)
    if not numbers or len(numbers) % 3:
        raise DicomError(
            f"{file_label(path)} has a contour whose coordinates are damaged; fetch it again from "
            "where it came."
        )
    return np.array(numbers).reshape(-1, 3)


def _coordinates(contour: Dataset) -> tuple[float, ...]:
    """Return the numbers of a contour; explicit VR holds more than 64 KiB of them as UN only."""
    content = value_of(contour, "ContourData")
    if not isinstance(content, bytes):
        return numbers_of(contour, "ContourData")
    spelled = Dataset()
    try:
        spelled.ContourData = content.decode("ascii").strip(" \0").split("\\")
    except ValueError:
        return ()
    return numbers_of(spelled, "ContourData")


def _in_pixels(points: np.ndarray, position: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Turn patient coordinates into row and column of a slice, shape (points, 2)."""
    offsets = points - position
    return np.stack(
        [
            offsets @ geometry.column_direction / geometry.pixel_spacing[0],
            offsets @ geometry.row_direction / geometry.pixel_spacing[1],
        ],
        axis=1,
    )


def _segment(
    region: Dataset, contours: Dataset, observation: Dataset, number: int, exclusive: bool
) -> Segment:
    color = [int(part) for part in numbers_of(contours, "ROIDisplayColor")]
    is_color = len(color) == 3 and all(0 <= part <= 255 for part in color)
    keyword = "RTROIIdentificationCodeSequence"
    return Segment(
        number=number,
        label=segment_label(text_of(region, "ROIName"), number),
        color=(color[0], color[1], color[2]) if is_color else default_color(number),
        category=code_of(observation, "SegmentedPropertyCategoryCodeSequence", UNKNOWN_CATEGORY),
        type=code_of(observation, keyword, UNKNOWN_TYPE),
        exclusive=exclusive,
        type_modifier=modifier_of(observation, keyword),
    )
