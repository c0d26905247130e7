"""Reading the contours of an RT structure set (RTSTRUCT) as masks on the slices of a series.

rt-utils, the library that does this, rounds contours to whole pixels with OpenCV and needs the
original images beside it; pydicom reads the attributes (PS3.3 A.19, C.8.8.5, C.8.8.6) just as well.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from core.dicom.errors import DicomError
from core.dicom.files import (
    NotDicomError,
    file_label,
    items_of,
    name_of,
    numbers_of,
    open_file,
    text_of,
)
from core.dicom.geometry import Geometry
from core.dicom.series import Series, SeriesSummary
from core.formats.character_sets import states_characters, understood_text
from core.formats.codes import UNKNOWN_CATEGORY, UNKNOWN_TYPE, code_of, modifiers_of
from core.formats.contour_placement import PlanarContour, place_contours
from core.formats.contours import filled_contour
from core.formats.image_references import slices_by_image
from core.formats.masks_read import MasksRead
from core.formats.segment_descriptions import (
    algorithm_type,
    name_cautions,
    overlapping_segments,
    segment_label,
)
from core.formats.series_references import check_frame, lists_series, names_nothing, place_cautions
from core.formats.structure_set_losses import ContourLosses
from core.formats.structure_set_regions import Region, planar_contours, regions_of
from core.segments.overlap_rules import rule_where
from core.segments.segment import Segment, SegmentDetails, default_color
from core.segments.segment_masks import SegmentMasks


def read_structure_set(
    path: Path, series: Series | SeriesSummary, *, allow_same_frame: bool = False
) -> list[SegmentMasks]:
    """Read an RT structure set, as `read_structure_set_with_cautions` does, masks only."""
    return read_structure_set_with_cautions(
        path, series, allow_same_frame=allow_same_frame
    ).segments


def read_structure_set_with_cautions(
    path: Path, series: Series | SeriesSummary, *, allow_same_frame: bool = False
) -> MasksRead:
    """Read the regions of an RT structure set as masks.

    A contour lies on the image that it names; one that names none goes to the nearest slice, within
    half the distance to the next.
    A pixel belongs to a region when its centre lies inside its contours by the even-odd rule, which
    keeps holes whether they are joined by a channel or are contours of their own. Contours that
    leave no pixel, such as points, and those that belong to other images are told.

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
    MasksRead
        One segment per region, numbered from 1 in the order of the file; `masks` holds the slices
        that are not empty. A segment is `exclusive` where it overlaps no other.

    Raises
    ------
    NeedsConsentError
        When it would fit with `allow_same_frame` only.
    DicomError
        When the file is no structure set, belongs to another series, or has no contour that marks
        a pixel of this one.
    """
    summary = series.summary if isinstance(series, Series) else series
    dataset = _open(path)
    if not summary.geometry.in_patient:
        raise DicomError(
            "The series does not say where its slices lie in the patient, so contours cannot be "
            "placed on it."
        )
    places = slices_by_image(summary)
    regions, cautions = regions_of(dataset)
    images = _images_of(regions)
    of_stack = not images.isdisjoint(places) if images else lists_series(dataset, summary)
    if not of_stack:
        check_frame(dataset, summary, path, allow_same_frame or names_nothing(dataset))
    cautions = [
        *place_cautions(dataset, summary, of_stack=of_stack, by_image=bool(images)),
        *cautions,
    ]
    is_stated = states_characters(dataset)
    losses = ContourLosses()
    masks, labels = {}, {}
    for number, region in enumerate(regions, start=1):
        name = understood_text(region.name, is_stated=is_stated)
        labels[number] = segment_label(name, number)
        contours = planar_contours(region, summary.geometry, places, path, labels[number], losses)
        if region.is_foreign_to(summary):
            known = [one for one in contours if one.named.slices]
            losses.add("foreign", labels[number], len(contours) - len(known))
            contours = known
        placed = place_contours(contours, summary.geometry, of_other_series=not of_stack)
        losses.add_placed(labels[number], placed)
        masks[number] = _filled(placed.by_slice, summary.geometry, labels[number], losses)
    names = [region.name for region in regions]
    if not any(masks.values()):
        why = " ".join([*cautions, *losses.sentences()])
        raise DicomError(
            f"{file_label(path)} has no closed contour on the slices of this series. {why}".strip()
        )
    for number, label in labels.items():
        if not masks[number]:
            losses.add("empty", label)
    cautions += [*losses.sentences(), *name_cautions(names, is_stated=is_stated)]
    overlapping = overlapping_segments(masks)
    segments = [
        SegmentMasks(
            segment=_segment(region, number, labels[number], number not in overlapping),
            masks=masks[number],
            algorithm=algorithm_type(text_of(region.item, "ROIGenerationAlgorithm")),
        )
        for number, region in enumerate(regions, start=1)
    ]
    return MasksRead(segments, tuple(cautions))


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


def _images_of(regions: Sequence[Region]) -> set[str]:
    """Return the UIDs of the images that contours name."""
    return {
        text_of(image, "ReferencedSOPInstanceUID")
        for region in regions
        for contour in region.contours
        for image in items_of(contour, "ContourImageSequence")
    } - {""}


def _filled(
    placed: Mapping[int, Sequence[PlanarContour]],
    geometry: Geometry,
    label: str,
    losses: ContourLosses,
) -> dict[int, np.ndarray]:
    """Fill the contours of a region on the slices that they lie on."""
    found = {}
    for index, plane in placed.items():
        position = geometry.positions[index]
        parts = []
        for contour in plane:
            outline = _in_pixels(contour.points, position, geometry)
            parts.append(filled_contour(outline, geometry.rows, geometry.columns))
        mask = np.zeros((geometry.rows, geometry.columns), bool)
        for part in parts:
            # The even-odd rule: what lies within two contours is a hole.
            mask[part.place] ^= part.mask
        losses.add("tiny", label, sum(not part.mask.any() for part in parts))
        crossing = sum(one.crosses(other) for one, other in combinations(parts, 2))
        losses.add("crossing", label, crossing)
        if mask.any():
            found[index] = mask
    return dict(sorted(found.items()))


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


def _segment(region: Region, number: int, label: str, exclusive: bool) -> Segment:
    color = [int(part) for part in numbers_of(region.contour_item, "ROIDisplayColor")]
    is_color = len(color) == 3 and all(0 <= part <= 255 for part in color)
    keyword = "RTROIIdentificationCodeSequence"
    category = "SegmentedPropertyCategoryCodeSequence"
    modifiers = modifiers_of(region.observation, keyword)
    return Segment(
        number=number,
        label=label,
        color=(color[0], color[1], color[2]) if is_color else default_color(number),
        category=code_of(region.observation, category, UNKNOWN_CATEGORY),
        type=code_of(region.observation, keyword, UNKNOWN_TYPE),
        overlap=rule_where(exclusive),
        type_modifier=modifiers[0] if modifiers else None,
        details=SegmentDetails(
            description=text_of(region.item, "ROIDescription"), further_modifiers=modifiers[1:]
        ),
    )
