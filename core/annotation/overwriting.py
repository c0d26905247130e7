"""Pixels that a drawing takes from other segments, and those that it leaves to locked ones.

Only pixels that a drawing adds count: where two segments shared pixels before, they go on doing so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from core.annotation.opened_annotations import KnownAnnotation
from core.annotation.records import MaskChange, SliceAnnotation
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.versions import SliceKey, newest_masks, newest_segments, slice_annotation
from core.segments.overlap_rules import OverlapRule, takes_from
from core.segments.segment import Segment


def overwrite_others(
    connection: Connection,
    known: KnownAnnotation,
    changes: Sequence[MaskChange],
    locked: Collection[int],
) -> tuple[list[MaskChange], list[MaskChange]]:
    """Apply the rule for overlaps of the segment that was drawn.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    known : KnownAnnotation
        The annotation to change.
    changes : sequence of MaskChange
        Drawings with one segment, checked already, at most one for each slice.
    locked : collection of int
        Numbers of the segments that keep their pixels.

    Returns
    -------
    changes : list of MaskChange
        The same, without added pixels that belong to locked segments.
    taken : list of MaskChange
        What the other segments lose. Their states stay, except that a mask without pixels is empty.
    """
    others = _concerned(newest_segments(connection, known.key), changes)
    if not others:
        return list(changes), []
    own = {(change.segment_number, change.slice_index) for change in changes}
    places = own | {(number, change.slice_index) for number in others for change in changes}
    stored = {
        key: slice_annotation(row, known.shape)
        for key, row in newest_masks(connection, known.key, places).items()
        if row.pixels
    }
    kept, taken = [], []
    for change in changes:
        if change.mask is None:
            kept.append(change)
            continue
        here = [one for key, one in stored.items() if _is_beside(key, change, others)]
        added = _added(change, stored)
        for one in here:
            if one.segment_number in locked:
                added &= ~one.mask
        mask = change.mask & (_before(change, stored) | added)
        kept.append(replace(change, mask=mask))
        taken += [
            _without(one, added)
            for one in here
            if one.segment_number not in locked and (one.mask & added).any()
        ]
    return kept, taken


def pixels_to_leave(
    annotation: Mapping[SliceKey, SliceAnnotation], segments: Sequence[Segment], place: SliceKey
) -> NDArray[np.bool_] | None:
    """Pixels that a proposal leaves to other segments, whose examples hold them.

    Parameters
    ----------
    annotation : mapping
        What is stored.
    segments : sequence of Segment
        All of the annotation.
    place : (int, int)
        Segment and slice of the proposal.

    Returns
    -------
    numpy.ndarray or None
        Bool [rows, columns]; None where there are none.
    """
    rules = {segment.number: segment.overlap for segment in segments}
    held: NDArray[np.bool_] | None = None
    for number, rule in rules.items():
        one = annotation.get((number, place[1]))
        if one is None or not one.pixels or one.state not in EXAMPLE_STATES:
            continue
        if number != place[0] and takes_from(rules.get(place[0], OverlapRule.ALLOW), rule):
            held = one.mask if held is None else held | one.mask
    return held


def _concerned(segments: Mapping[int, Row[Any]], changes: Sequence[MaskChange]) -> set[int]:
    """Segments that share no pixel with the one that was drawn."""
    drawn = {change.segment_number for change in changes}
    if not drawn:
        return set()
    (number,) = drawn
    rule = OverlapRule(segments[number].overlap_rule)
    return {
        other
        for other, row in segments.items()
        if other != number and not row.removed and takes_from(rule, OverlapRule(row.overlap_rule))
    }


def _is_beside(key: SliceKey, change: MaskChange, others: Collection[int]) -> bool:
    return key[1] == change.slice_index and key[0] in others


def _before(
    change: MaskChange, stored: Mapping[SliceKey, SliceAnnotation]
) -> NDArray[np.bool_] | np.bool_:
    """What the drawing was made on."""
    if change.drawn_on is not None:
        return change.drawn_on
    newest = stored.get((change.segment_number, change.slice_index))
    return newest.mask if newest is not None else np.False_


def _added(change: MaskChange, stored: Mapping[SliceKey, SliceAnnotation]) -> NDArray[np.bool_]:
    assert change.mask is not None
    added: NDArray[np.bool_] = change.mask & ~_before(change, stored)
    return added


def _without(current: SliceAnnotation, pixels: NDArray[np.bool_]) -> MaskChange:
    mask = current.mask & ~pixels
    rest = bool(mask.any())
    return MaskChange(
        current.segment_number,
        current.slice_index,
        mask,
        current.state if rest else SliceState.EMPTY,
        current.version,
        expected_dice=current.expected_dice if rest else None,
        weights=current.weights if rest else None,
        teachers=current.teachers if rest else (),
        allow_clear=True,
    )
