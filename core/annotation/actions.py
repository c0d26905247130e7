"""What a person does with a slice: draw, accept, reject, confirm empty. Each call is one undo step.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from core.annotation.drawings import SliceDrawing, save_drawings
from core.annotation.records import MaskChange, SliceAnnotation, StoreError
from core.annotation.retries import save_changes
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey


def accept(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    slice_index: int,
    *,
    person: str,
    based_on: int | None = None,
) -> int:
    """Accept one proposal as it is.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    segment_number, slice_index : int
        Which one.
    person : str
        Who accepts it.
    based_on : int, optional
        Version that the person looked at; the newest by default.

    Returns
    -------
    int
        The new version.

    Raises
    ------
    VersionConflict
        If the slice was changed since `based_on`.
    StoreError
        If there is no proposal.
    """
    current = _proposal(store, annotation_key, segment_number, slice_index)
    change = accepted_change(current, based_on)
    return store.put_many(annotation_key, [change], person, "review", "accept")[0]


def accept_range(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    first: int,
    last: int,
    *,
    person: str,
) -> list[SliceKey]:
    """Accept all proposals of a segment from one slice to another, as one step.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    segment_number : int
        Segment.
    first, last : int
        Slices, both included, in either order.
    person : str
        Who accepts them.

    Returns
    -------
    list of (int, int)
        Segments and slices that changed.
    """
    slices = range(min(first, last), max(first, last) + 1)

    def changes(annotation: Mapping[SliceKey, SliceAnnotation]) -> list[MaskChange]:
        return [
            accepted_change(current)
            for (number, index), current in annotation.items()
            if number == segment_number and index in slices and current.state is SliceState.PROPOSED
        ]

    return save_changes(store, annotation_key, changes, person, "review", "accept range")


def accept_all(
    store: AnnotationStore,
    annotation_key: str,
    *,
    person: str,
    segment_number: int | None = None,
) -> list[SliceKey]:
    """Accept all proposals of a segment, or of all segments, as one step.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    person : str
        Who accepts them.
    segment_number : int, optional
        Segment; all of them by default.

    Returns
    -------
    list of (int, int)
        Segments and slices that changed.
    """

    def changes(annotation: Mapping[SliceKey, SliceAnnotation]) -> list[MaskChange]:
        return [
            accepted_change(current)
            for (number, _), current in annotation.items()
            if segment_number in (None, number) and current.state is SliceState.PROPOSED
        ]

    return save_changes(store, annotation_key, changes, person, "review", "accept all")


def reject(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    slice_index: int,
    *,
    person: str,
    based_on: int | None = None,
) -> int:
    """Discard one proposal, leaving the slice empty; parameters as for `accept`.

    Returns
    -------
    int
        The new version.

    Raises
    ------
    VersionConflict
        If the slice was changed since `based_on`.
    StoreError
        If there is no proposal.
    """
    current = _proposal(store, annotation_key, segment_number, slice_index)
    change = rejected_change(current, based_on)
    return store.put_many(annotation_key, [change], person, "review", "reject")[0]


def confirm_empty(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    slice_index: int,
    *,
    person: str,
    based_on: int | None = None,
    allow_clear: bool = False,
    message: tuple[str, int] | None = None,
) -> int:
    """Record that the structure is not on this slice; a proposal for it is discarded.

    Parameters
    ----------
    store, annotation_key, segment_number, slice_index, person, based_on
        As for `accept`.
    allow_clear : bool
        Whether a mask that a person drew, accepted or corrected may be discarded as well.
    message : (str, int), optional
        Client and sequence number, as for `AnnotationStore.put_many`; needs `based_on`.

    Returns
    -------
    int
        The new version.

    Raises
    ------
    VersionConflict
        If the slice was changed since `based_on`.
    ClearRefused
        If a person drew or accepted a mask here.
    """
    current = store.slice(annotation_key, segment_number, slice_index)
    change = MaskChange(
        segment_number,
        slice_index,
        None,
        SliceState.CONFIRMED_EMPTY,
        current.version if based_on is None else based_on,
        allow_clear=allow_clear or current.state is SliceState.PROPOSED,
    )
    return store.put_many(
        annotation_key, [change], person, "review", "it is not here", message=message
    )[0]


def save_drawing(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    slice_index: int,
    mask: NDArray[np.bool_],
    *,
    person: str,
    tool: str,
    based_on: int | None = None,
    allow_clear: bool = False,
    message: tuple[str, int] | None = None,
    unsaved_proposal: SliceAnnotation | None = None,
    locked: Collection[int] = (),
) -> int:
    """Store a drawing, as a correction where it was drawn on a proposal.

    A drawing overrides a proposal that was stored after `based_on`; it then counts as drawn, not as
    a correction, because the person never saw that proposal. Where the segment's rule says so, the
    pixels that it adds are taken from other segments on the slice, by the same step.

    Parameters
    ----------
    store, annotation_key, segment_number, slice_index, person
        As for `accept`.
    mask : numpy.ndarray
        Bool [rows, columns].
    tool : str
        What it was drawn with.
    based_on : int, optional
        Version that the person drew on; the newest by default.
    allow_clear : bool
        Whether a mask without pixels may replace one with pixels.
    message : (str, int), optional
        Client and sequence number, as for `AnnotationStore.put_many`; needs `based_on`.
    unsaved_proposal : SliceAnnotation, optional
        Proposal that the person drew on, where it was shown before it was stored.
    locked : collection of int
        Numbers of segments that keep their pixels: the drawing leaves them out.

    Returns
    -------
    int
        The new version.

    Raises
    ------
    VersionConflict
        If a person changed the slice since `based_on`.
    ClearRefused
        If the mask is without pixels and the stored one is not.
    StoreError
        If there is no version `based_on`.
    """
    drawing = SliceDrawing(slice_index, mask, based_on, unsaved_proposal)
    return save_drawings(
        store,
        annotation_key,
        segment_number,
        [drawing],
        person=person,
        tool=tool,
        allow_clear=allow_clear,
        message=message,
        locked=locked,
    )[0]


def worst_first(annotation: Mapping[SliceKey, SliceAnnotation]) -> list[SliceAnnotation]:
    """Proposals in the order in which to look at them.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.

    Returns
    -------
    list of SliceAnnotation
        Proposals without an expected Dice, then the others by expected Dice, the lowest first.
    """
    proposals = (item for item in annotation.values() if item.state is SliceState.PROPOSED)
    return sorted(
        proposals,
        key=lambda item: (
            item.expected_dice if item.expected_dice is not None else -1.0,
            item.segment_number,
            item.slice_index,
        ),
    )


def _proposal(
    store: AnnotationStore, annotation_key: str, segment_number: int, slice_index: int
) -> SliceAnnotation:
    current = store.slice(annotation_key, segment_number, slice_index)
    if current.state is not SliceState.PROPOSED:
        raise StoreError("There is no proposal on this slice any more.")
    return current


def accepted_change(current: SliceAnnotation, based_on: int | None = None) -> MaskChange:
    """Make the change that accepts a proposal.

    Parameters
    ----------
    current : SliceAnnotation
        The proposal.
    based_on : int, optional
        Version that the person looked at; that of the proposal by default.
    """
    return MaskChange(
        current.segment_number,
        current.slice_index,
        current.mask,
        SliceState.ACCEPTED,
        current.version if based_on is None else based_on,
        expected_dice=current.expected_dice,
        weights=current.weights,
        teachers=current.teachers,
    )


def rejected_change(current: SliceAnnotation, based_on: int | None = None) -> MaskChange:
    """Make the change that discards a proposal; parameters as for `accepted_change`."""
    return MaskChange(
        current.segment_number,
        current.slice_index,
        None,
        SliceState.EMPTY,
        current.version if based_on is None else based_on,
        allow_clear=True,
    )
