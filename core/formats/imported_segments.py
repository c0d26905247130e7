"""From a file to the annotation: how each mask that was read came about."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from core.annotation.importing import ImportedMask, ImportedSegment
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.formats.product import PRODUCT
from core.formats.selection import UNREVIEWED
from core.segments.segment import Segment
from core.segments.segment_masks import Algorithm, SegmentMasks

_STATE_OF: dict[Algorithm, SliceState] = {
    "MANUAL": SliceState.DRAWN,
    "SEMIAUTOMATIC": SliceState.ACCEPTED,
    "AUTOMATIC": SliceState.PROPOSED,
}
_MARKED_STATES = frozenset(
    {SliceState.DRAWN, SliceState.PROPOSED, SliceState.ACCEPTED, SliceState.CORRECTED}
)


class Meaning(StrEnum):
    """What imported masks count as."""

    AS_STATED = "as stated"
    REVIEWED = "reviewed"
    PROPOSED = "proposed"


def imported_segments(
    found: Sequence[SegmentMasks], meaning: Meaning = Meaning.AS_STATED
) -> list[ImportedSegment]:
    """Tell of each mask how it came about, and join what was exported as reviewed and unreviewed.

    Parameters
    ----------
    found : sequence of SegmentMasks
        As they were read.
    meaning : Meaning
        AS_STATED takes the state of the slice where the file tells it, else what the type of the
        algorithm stands for: MANUAL is drawn, SEMIAUTOMATIC accepted, and AUTOMATIC a proposal.
        With REVIEWED, what would be a proposal is accepted; with PROPOSED, all are proposals.

    Returns
    -------
    list of ImportedSegment
        In the same order; a segment "… (unreviewed)" is part of the one that it was exported with.
    """
    joined: dict[tuple[str, str, str], ImportedSegment] = {}
    for place, one in enumerate(found):
        segment = _without_mark(one)
        masks = {
            index: ImportedMask(encode_runs(mask), mask.shape, _state(one, index, meaning))
            for index, mask in one.masks.items()
        }
        weights, teachers = _weights(one), _teachers(one)
        key = (segment.label, segment.type.scheme, segment.type.value)
        present = joined.get(key)
        is_part = present is not None and segment is not one.segment
        if present is not None and is_part and not masks.keys() & present.masks.keys():
            joined[key] = replace(
                present,
                masks={**present.masks, **masks},
                weights=present.weights or weights,
                teachers=tuple(dict.fromkeys((*present.teachers, *teachers))),
            )
        else:
            item = ImportedSegment(_with_program(segment, one), masks, weights, teachers)
            joined[key if present is None else (*key[:2], f"{key[2]} {place}")] = item
    return list(joined.values())


def _without_mark(one: SegmentMasks) -> Segment:
    label = one.segment.label
    if one.algorithm != "AUTOMATIC" or not label.endswith(UNREVIEWED) or label == UNREVIEWED:
        return one.segment
    return replace(one.segment, label=label.removesuffix(UNREVIEWED))


def _state(one: SegmentMasks, index: int, meaning: Meaning) -> SliceState:
    if meaning is Meaning.PROPOSED:
        return SliceState.PROPOSED
    stated = one.states.get(index, "")
    state = SliceState(stated) if stated in _MARKED_STATES else _STATE_OF[one.algorithm]
    if meaning is Meaning.REVIEWED and state is SliceState.PROPOSED:
        return SliceState.ACCEPTED
    return state


def _with_program(segment: Segment, one: SegmentMasks) -> Segment:
    """Keep the name and version of another program with the segment."""
    if one.algorithm == "MANUAL" or one.algorithm_name in ("", PRODUCT):
        return segment
    details = replace(
        segment.details,
        algorithm_name=one.algorithm_name[:64],
        algorithm_version=one.algorithm_version[:64],
    )
    return replace(segment, details=details)


def _weights(one: SegmentMasks) -> str | None:
    """Weights that took part, which stand behind the version in Slicewise's own files."""
    if one.algorithm_name != PRODUCT:
        return None
    return one.algorithm_version.partition(" ")[2] or None


def _teachers(one: SegmentMasks) -> tuple[str, ...]:
    """Series that taught it, which Slicewise's own files name where proposals took part."""
    is_own = one.algorithm_name == PRODUCT and one.algorithm != "MANUAL"
    return one.teachers if is_own else ()
