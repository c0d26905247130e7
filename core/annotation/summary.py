"""Counts and volumes of what is annotated."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.annotation.records import SliceAnnotation
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.versions import SliceKey


@dataclass(frozen=True)
class SegmentSummary:
    """Slices by state and volumes of one segment.

    Attributes
    ----------
    counts : mapping of SliceState to int
        Slices in each state; together all slices of the series.
    volume_ml : float
        Volume of the masks confirmed by a person, in millilitres.
    proposed_ml : float
        Volume of proposals not yet reviewed, in millilitres.
    """

    counts: Mapping[SliceState, int]
    volume_ml: float
    proposed_ml: float


def summarise(
    annotation: Mapping[SliceKey, SliceAnnotation],
    segment_numbers: Iterable[int],
    slices: int,
    pixel_ml: Sequence[float],
) -> dict[int, SegmentSummary]:
    """Count slices in each state and add up volumes, per segment.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    segment_numbers : iterable of int
        Segments to report.
    slices : int
        Slices of the series.
    pixel_ml : sequence of float
        Volume that one pixel of each slice stands for, in millilitres.

    Returns
    -------
    dict of int to SegmentSummary
        By segment number.
    """

    def volume(items: Iterable[SliceAnnotation]) -> float:
        return sum(item.pixels * pixel_ml[item.slice_index] for item in items)

    summaries = {}
    for number in segment_numbers:
        items = [item for (segment, _), item in annotation.items() if segment == number]
        counts = Counter(item.state for item in items)
        counts[SliceState.EMPTY] += slices - len(items)
        summaries[number] = SegmentSummary(
            counts={state: counts[state] for state in SliceState},
            volume_ml=volume(item for item in items if item.state in EXAMPLE_STATES),
            proposed_ml=volume(item for item in items if item.state is SliceState.PROPOSED),
        )
    return summaries
