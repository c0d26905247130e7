"""Storing what a person drew, on one slice or on several at once.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.annotation.records import MaskChange, SliceAnnotation, VersionConflict
from core.annotation.states import EXAMPLE_STATES, SliceState, state_after_drawing
from core.annotation.store import AnnotationStore


@dataclass(frozen=True, eq=False)
class SliceDrawing:
    """What a person drew on one slice.

    Attributes
    ----------
    slice_index : int
        Which one.
    mask : numpy.ndarray
        Bool [rows, columns].
    based_on : int or None
        Version that the person drew on; None for the newest.
    unsaved_proposal : SliceAnnotation or None
        Proposal that the person drew on, where it was shown before it was stored.
    """

    slice_index: int
    mask: NDArray[np.bool_]
    based_on: int | None = None
    unsaved_proposal: SliceAnnotation | None = None


def save_drawings(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    drawings: Sequence[SliceDrawing],
    *,
    person: str,
    tool: str,
    allow_clear: bool = False,
    message: tuple[str, int] | None = None,
    locked: Collection[int] = (),
) -> list[int]:
    """Store drawings on several slices as one step: all of them, or none.

    Drawings override proposals and other segments as `core.annotation.actions.save_drawing` says.

    Parameters
    ----------
    store, annotation_key, segment_number, person, tool, allow_clear, message, locked
        As for `core.annotation.actions.save_drawing`.
    drawings : sequence of SliceDrawing
        At most one for each slice.

    Returns
    -------
    list of int
        The new version of each.

    Raises
    ------
    VersionConflict, ClearRefused, StoreError
        As for `core.annotation.actions.save_drawing`.
    """
    changes = []
    for one in drawings:
        seen = store.slice(annotation_key, segment_number, one.slice_index, version=one.based_on)
        drawn_on = None
        if one.unsaved_proposal is not None and seen.state not in EXAMPLE_STATES:
            seen = replace(one.unsaved_proposal, version=seen.version)
            drawn_on = seen.mask
        change = drawn_change(seen, one.mask, allow_clear=allow_clear)
        changes.append(replace(change, drawn_on=drawn_on))
    corrects = bool(changes) and changes[0].state is SliceState.CORRECTED
    action = "correct" if corrects else "draw"

    def put() -> list[int]:
        return store.put_many(
            annotation_key, changes, person, tool, action, message=message, locked=locked
        )

    try:
        return put()
    except VersionConflict as conflict:
        changes = [_over_proposal(store, annotation_key, change) for change in changes]
        if all(change.based_on != conflict.stored for change in changes):
            raise
        return put()


def drawn_change(
    seen: SliceAnnotation, mask: NDArray[np.bool_], *, allow_clear: bool
) -> MaskChange:
    """Make the change that stores a drawing.

    Parameters
    ----------
    seen : SliceAnnotation
        What it was made on.
    mask : numpy.ndarray
        Bool [rows, columns].
    allow_clear : bool
        Whether a mask without pixels may replace one with pixels.

    Returns
    -------
    MaskChange
        A correction where a proposal lies underneath.
    """
    state = state_after_drawing(seen.state)
    corrects = state is SliceState.CORRECTED
    return MaskChange(
        seen.segment_number,
        seen.slice_index,
        mask,
        state,
        seen.version,
        # A correction keeps what is known of its proposal: it is not drawn by hand alone.
        expected_dice=seen.expected_dice if corrects else None,
        weights=seen.weights if corrects else None,
        teachers=seen.teachers if corrects else (),
        allow_clear=allow_clear,
    )


def _over_proposal(store: AnnotationStore, annotation_key: str, change: MaskChange) -> MaskChange:
    """Change put on top of a proposal that was stored after the version that was drawn on."""
    newest = store.slice(annotation_key, change.segment_number, change.slice_index)
    if newest.version == change.based_on or newest.state is not SliceState.PROPOSED:
        return change
    drawn_on = change.drawn_on
    if drawn_on is None:
        place = (change.segment_number, change.slice_index)
        drawn_on = store.slice(annotation_key, *place, version=change.based_on).mask
    return replace(change, based_on=newest.version, allow_clear=True, drawn_on=drawn_on)
