"""From the store to files: which masks are exported, how they are marked, and under which names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.annotation.absence import is_absent
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import SliceAnnotation
from core.segments.segment import MAX_LABEL_LENGTH, Segment
from core.segments.segment_masks import Algorithm, SegmentMasks

UNREVIEWED = " (unreviewed)"


def reviewed_segments(
    segments: Sequence[Segment], annotation: Mapping[tuple[int, int], SliceAnnotation]
) -> list[SegmentMasks]:
    """Segments with the masks that a person drew or confirmed.

    Parameters
    ----------
    segments : sequence of Segment
        All segments of the series.
    annotation : mapping of (int, int) to SliceAnnotation
        By segment number and slice index.

    Returns
    -------
    list of SegmentMasks
        Those with at least one pixel; MANUAL where everything was drawn, SEMIAUTOMATIC where a
        proposal was accepted or corrected (PS3.3 section C.8.20.4).
    """
    chosen = []
    for segment in segments:
        kept = _with_pixels(annotation, segment.number, EXAMPLE_STATES)
        drawn = all(slice_.state is SliceState.DRAWN for slice_ in kept.values())
        if kept:
            chosen.append(_masks(segment, kept, "MANUAL" if drawn else "SEMIAUTOMATIC"))
    return chosen


def absent_segments(
    segments: Sequence[Segment],
    annotation: Mapping[tuple[int, int], SliceAnnotation],
    slices: int,
) -> list[SegmentMasks]:
    """Segments that a person confirmed to be on no slice.

    Parameters
    ----------
    segments, annotation
        As for `reviewed_segments`.
    slices : int
        Number of slices of the series.

    Returns
    -------
    list of SegmentMasks
        Without masks, marked absent and MANUAL.
    """
    return [
        SegmentMasks(segment, {}, absent=True)
        for segment in segments
        if is_absent(annotation, segment.number, slices)
    ]


def unreviewed_segments(
    segments: Sequence[Segment], annotation: Mapping[tuple[int, int], SliceAnnotation]
) -> list[SegmentMasks]:
    """Segments of their own with the proposals nobody reviewed; parameters as above.

    Returns
    -------
    list of SegmentMasks
        Marked AUTOMATIC and named "… (unreviewed)", numbered after all others.
    """
    chosen = []
    last = max((segment.number for segment in segments), default=0)
    for place, segment in enumerate(segments, start=1):
        kept = _with_pixels(annotation, segment.number, frozenset({SliceState.PROPOSED}))
        if kept:
            label = segment.label[: MAX_LABEL_LENGTH - len(UNREVIEWED)] + UNREVIEWED
            renamed = replace(segment, number=last + place, label=label)
            chosen.append(_masks(renamed, kept, "AUTOMATIC"))
    return chosen


def weights_of(
    annotation: Mapping[tuple[int, int], SliceAnnotation], *, unreviewed: bool
) -> str | None:
    """Names of the weights behind what is exported, or None where everything was drawn.

    Parameters
    ----------
    annotation : mapping of (int, int) to SliceAnnotation
        By segment number and slice index.
    unreviewed : bool
        Whether proposals nobody reviewed are exported, too.

    Returns
    -------
    str or None
        Separated by commas.
    """
    names = {
        slice_.weights
        for slice_ in annotation.values()
        if slice_.weights and slice_.pixels and (unreviewed or slice_.state in EXAMPLE_STATES)
    }
    return ", ".join(sorted(names)) or None


def _masks(
    segment: Segment, kept: Mapping[int, SliceAnnotation], algorithm: Algorithm
) -> SegmentMasks:
    """Masks of a segment; made by another program where no weights of ours took part."""
    details = segment.details
    is_foreign = not any(slice_.weights for slice_ in kept.values())
    return SegmentMasks(
        segment,
        {index: slice_.mask for index, slice_ in kept.items()},
        algorithm,
        details.algorithm_name if is_foreign else "",
        details.algorithm_version if is_foreign else "",
        {index: str(slice_.state) for index, slice_ in kept.items()},
        tuple(sorted({uid for slice_ in kept.values() for uid in slice_.teachers})),
    )


def _with_pixels(
    annotation: Mapping[tuple[int, int], SliceAnnotation],
    number: int,
    states: frozenset[SliceState],
) -> dict[int, SliceAnnotation]:
    return {
        index: slice_
        for (segment, index), slice_ in annotation.items()
        if segment == number and slice_.pixels and slice_.state in states
    }
