"""How far two independent readings of a series agree."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from core.annotation.database import reading
from core.annotation.opened_annotations import KnownAnnotation, known_annotation
from core.annotation.store import AnnotationStore
from core.annotation.versions import slice_annotation
from core.evaluation.metrics import hausdorff_95_mm
from core.network.overlap import dice
from core.projects.item_rows import readings_in
from core.projects.reading_pairs import PairedReadings, SegmentPair, paired_readings
from core.projects.records import MoveRefused
from core.projects.visibility import visible_item
from core.segments.segment import Segment

_MM3_PER_ML = 1000.0


@dataclass(frozen=True)
class SliceAgreement:
    """Agreement on one slice.

    Attributes
    ----------
    slice_index : int
        From 0.
    dice : float
        0 to 1; 1 where both readings are empty.
    distance_95_mm : float or None
        95th percentile of the distances between the contours; None where only one has any.
    volume_difference_ml : float
        Second reading minus first.
    """

    slice_index: int
    dice: float
    distance_95_mm: float | None
    volume_difference_ml: float


@dataclass(frozen=True)
class SegmentAgreement:
    """Agreement on one segment, in all and on each slice.

    Attributes
    ----------
    segment : Segment
        With its number in the adjudicated reading.
    first_number, second_number : int or None
        Its numbers in the readings; None where one does not have it.
    dice : float
        0 to 1; 1 where both readings are empty.
    distance_95_mm : float or None
        95th percentile of the distances between the surfaces; None where only one has any.
    first_ml, second_ml : float
        Volumes.
    slices : tuple of SliceAgreement
        Those on which at least one reading shows or rules out the segment.
    """

    segment: Segment
    first_number: int | None
    second_number: int | None
    dice: float
    distance_95_mm: float | None
    first_ml: float
    second_ml: float
    slices: tuple[SliceAgreement, ...]

    @property
    def volume_difference_ml(self) -> float:
        """Volume of the second reading minus that of the first."""
        return self.second_ml - self.first_ml


def agreement_of(
    store: AnnotationStore, annotation_key: str, person: str
) -> list[SegmentAgreement]:
    """Compare both readings of a series: what people drew or confirmed in them.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of any of its readings.
    person : str
        Who may see both of them.

    Returns
    -------
    list of SegmentAgreement
        By number of the segment.

    Raises
    ------
    AccessRefused
        If the person may not see both readings, or there is no such annotation.
    MoveRefused
        If the series is read once.
    """
    with reading(store.database) as connection:
        item = visible_item(connection, annotation_key, person)
        readings = readings_in(connection, item)
        if 2 not in readings:
            raise MoveRefused("This series is read once; there is nothing to compare.")
        for number in (1, 2):
            visible_item(connection, readings[number].annotation_key, person)
        known = known_annotation(connection, readings[1].annotation_key)
        paired = paired_readings(connection, readings[1], readings[2])
    return [_agreement(paired, pair, known, item.spacing_mm) for pair in paired.pairs]


def _agreement(
    paired: PairedReadings,
    pair: SegmentPair,
    known: KnownAnnotation,
    spacing: tuple[float, float, float],
) -> SegmentAgreement:
    indices = paired.slices(pair)
    # Slices between which nothing is marked take no part, apart from their distance.
    first_slice, slices = (indices[0], indices[-1] - indices[0] + 1) if indices else (0, 1)
    masks = np.zeros((2, slices, *known.shape), dtype=np.bool_)
    for index in indices:
        for one, row in zip(masks, paired.rows(pair, index), strict=True):
            if row is not None:
                one[index - first_slice] = _mask(row, known)
    voxel_ml = math.prod(spacing) / _MM3_PER_ML
    first_ml, second_ml = (float(np.count_nonzero(one) * voxel_ml) for one in masks)
    return SegmentAgreement(
        segment=pair.segment,
        first_number=pair.first,
        second_number=pair.second,
        dice=dice(masks[0], masks[1]),
        distance_95_mm=_distance(masks[0], masks[1], spacing),
        first_ml=first_ml,
        second_ml=second_ml,
        slices=tuple(
            _slice_agreement(
                index, masks[0, index - first_slice], masks[1, index - first_slice], spacing
            )
            for index in indices
        ),
    )


def _slice_agreement(
    index: int,
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    spacing: tuple[float, float, float],
) -> SliceAgreement:
    difference = int(np.count_nonzero(second)) - int(np.count_nonzero(first))
    return SliceAgreement(
        slice_index=index,
        dice=dice(first, second),
        distance_95_mm=_distance(first, second, spacing[1:]),
        volume_difference_ml=difference * math.prod(spacing) / _MM3_PER_ML,
    )


def _distance(
    first: NDArray[np.bool_], second: NDArray[np.bool_], spacing: tuple[float, ...]
) -> float | None:
    distance = hausdorff_95_mm(first, second, spacing)
    return distance if math.isfinite(distance) else None


def _mask(row: Row[Any], known: KnownAnnotation) -> NDArray[np.bool_]:
    return slice_annotation(row, known.shape).mask
