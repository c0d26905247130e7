"""The regions of an RT structure set and their contours as the file states them (PS3.3 C.8.8.6)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.errors import DicomError
from core.dicom.files import file_label, integer_of, items_of, numbers_of, text_of, value_of
from core.dicom.geometry import Geometry
from core.dicom.series import SeriesSummary
from core.formats.contour_placement import PlanarContour
from core.formats.image_references import SlicesByImage, named_images
from core.formats.structure_set_losses import ContourLosses

_FILLED_KINDS = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")

# Fewer corners enclose nothing.
_FEWEST_CORNERS = 3

# A contour is drawn on a plane; coordinates are rounded to a tenth or a hundredth of a millimetre.
_PLANAR_MM = 0.5


@dataclass(frozen=True, eq=False)
class Region:
    """A region of interest, with what other sequences say of it.

    Parameters
    ----------
    item : pydicom.dataset.Dataset
        Of the Structure Set ROI Sequence.
    contour_item : pydicom.dataset.Dataset
        Its first item of the ROI Contour Sequence; empty without one.
    contours : tuple of pydicom.dataset.Dataset
        Its contours, of all items of that sequence.
    observation : pydicom.dataset.Dataset
        Its first item of the RT ROI Observations Sequence; empty without one.
    """

    item: Dataset
    contour_item: Dataset
    contours: tuple[Dataset, ...]
    observation: Dataset

    @property
    def name(self) -> str:
        """ROI Name as the file gives it."""
        return text_of(self.item, "ROIName")

    def is_foreign_to(self, summary: SeriesSummary) -> bool:
        """Tell whether it names another frame of reference than a series that names one."""
        named = text_of(self.item, "ReferencedFrameOfReferenceUID")
        own = summary.frame_of_reference_uid
        return bool(named) and own is not None and named != own


def regions_of(dataset: Dataset) -> tuple[list[Region], list[str]]:
    """Read the regions in the order of the file, and what to know of them, one sentence each.

    Where a number is used twice, the first region has the contours.
    """
    contours = _by_number(dataset, "ROIContourSequence")
    observations = _by_number(dataset, "RTROIObservationsSequence")
    regions, cautions = [], []
    seen: set[int | None] = set()
    for item in items_of(dataset, "StructureSetROISequence"):
        number = integer_of(item, "ROINumber")
        holders = [] if number in seen else contours.get(number, [])
        if number in seen:
            cautions.append(
                f"Two regions have the number {number}; the contours cannot be told apart and are "
                "those of the first."
            )
        seen.add(number)
        found = [contour for one in holders for contour in items_of(one, "ContourSequence")]
        first = holders[0] if holders else Dataset()
        observation = observations.get(number, [Dataset()])[0]
        regions.append(Region(item, first, tuple(found), observation))
    lost = sum(
        len(items_of(one, "ContourSequence"))
        for number, holders in contours.items()
        if number not in seen
        for one in holders
    )
    if lost:
        cautions.append(f"{lost} contour(s) belong to no region of the file and were left out.")
    return regions, cautions


def planar_contours(
    region: Region,
    geometry: Geometry,
    places: SlicesByImage,
    path: Path,
    label: str,
    losses: ContourLosses,
) -> list[PlanarContour]:
    """Read the closed contours of a region, each once however often it is stored.

    Parameters
    ----------
    region : Region
        From `regions_of`.
    geometry : core.dicom.geometry.Geometry
        Of the series.
    places : mapping
        From `slices_by_image`.
    path : pathlib.Path
        For messages.
    label : str
        Name of the region, for `losses`.
    losses : ContourLosses
        Takes those that are open or not parallel to the slices.

    Raises
    ------
    DicomError
        When the coordinates of a closed contour are damaged.
    """
    found: list[PlanarContour] = []
    for contour in region.contours:
        if text_of(contour, "ContourGeometricType") not in _FILLED_KINDS:
            losses.add("open", label)
            continue
        points = _points(contour, path)
        if len(points) < _FEWEST_CORNERS:
            losses.add("open", label)
            continue
        if np.ptp(points @ geometry.normal) > _PLANAR_MM:
            losses.add("tilted", label)
            continue
        named = named_images(items_of(contour, "ContourImageSequence"), places)
        # By the even-odd rule, a contour that is stored twice would cancel itself.
        if not any(one.named == named and np.array_equal(one.points, points) for one in found):
            found.append(PlanarContour(points, named))
    return found


def _by_number(dataset: Dataset, sequence: str) -> dict[int | None, list[Dataset]]:
    found: dict[int | None, list[Dataset]] = {}
    for item in items_of(dataset, sequence):
        found.setdefault(integer_of(item, "ReferencedROINumber"), []).append(item)
    return found


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
