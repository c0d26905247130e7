"""Changing one segment on many slices at once, without touching what a person confirmed.

A slice that a person drew, accepted or corrected is changed only where that is asked for, and one
that was confirmed to be without the structure never is; all of them take part in the computation.
What comes out on other slices is a proposal: nobody has looked at it yet, and nobody has estimated
its quality.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.annotation.drawings import drawn_change
from core.annotation.ends import stated_ends, widened_ends
from core.annotation.records import MaskChange, SliceAnnotation
from core.annotation.retries import save_changes
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey
from core.segments.ends import UNSTATED, Ends
from core.segments.overlap_rules import OverlapRule, takes_from
from core.segments.volume_operations import Volume


@dataclass(frozen=True)
class VolumeTask:
    """What to do with a segment.

    Attributes
    ----------
    name : str
        Shown beside "undo", such as "keep largest part".
    operation : callable
        Gets the masks of the segment on all slices, bool [slices, rows, columns], and those of
        `other` where one is named; returns them as they should be.
    segment : int
        Number of the segment to change.
    first, last : int
        Slices that may change, both included, counted from 0.
    own_slices : bool
        Whether slices that a person drew, accepted or corrected may change as well.
    other : int or None
        Number of a second segment, which stays as it is.
    """

    name: str
    operation: Callable[..., Volume]
    segment: int
    first: int
    last: int
    own_slices: bool = False
    other: int | None = None


def preview_volume(
    store: AnnotationStore, annotation_key: str, task: VolumeTask, shape: tuple[int, int, int]
) -> list[MaskChange]:
    """Compute what `change_volume` would store now.

    Parameters
    ----------
    store : AnnotationStore
        Where the masks are.
    annotation_key : str
        Key of the annotation.
    task : VolumeTask
        What to do.
    shape : tuple of int
        Slices, rows and columns of the series.

    Returns
    -------
    list of MaskChange
        One for every slice that would change, in order.
    """
    return _changes(store, annotation_key, task, shape, store.annotation(annotation_key))


def change_volume(
    store: AnnotationStore,
    annotation_key: str,
    task: VolumeTask,
    shape: tuple[int, int, int],
    *,
    person: str,
) -> list[SliceKey]:
    """Change a segment on many slices as one step that undo takes back.

    Parameters
    ----------
    store, annotation_key, task, shape
        As for `preview_volume`.
    person : str
        Who does it.

    Returns
    -------
    list of (int, int)
        Segments and slices that changed.

    Raises
    ------
    VersionConflict
        If the slices keep changing while this is being stored.
    StoreError
        If the store refuses.
    """
    return save_changes(
        store,
        annotation_key,
        lambda annotation: _changes(store, annotation_key, task, shape, annotation),
        person,
        "volume",
        task.name,
    )


def segment_volume(
    annotation: Mapping[SliceKey, SliceAnnotation], number: int, shape: tuple[int, int, int]
) -> Volume:
    """Masks of a segment on all slices, whatever their states, bool [slices, rows, columns]."""
    volume = np.zeros(shape, dtype=np.bool_)
    for (segment, index), one in annotation.items():
        if segment == number and one.pixels:
            volume[index] = one.mask
    return volume


def _changes(
    store: AnnotationStore,
    annotation_key: str,
    task: VolumeTask,
    shape: tuple[int, int, int],
    annotation: Mapping[SliceKey, SliceAnnotation],
) -> list[MaskChange]:
    before = segment_volume(annotation, task.segment, shape)
    others = [] if task.other is None else [segment_volume(annotation, task.other, shape)]
    after = task.operation(before, *others)
    rules = {one.number: one.overlap for one in store.segments(annotation_key)}
    rule = rules.get(task.segment, OverlapRule.ALLOW)
    neighbours = {number for number, other in rules.items() if takes_from(rule, other)}
    neighbours -= {task.segment, task.other}
    ends = widened_ends(stated_ends(store, annotation_key), annotation).get(task.segment, UNSTATED)
    return list(_changed_slices(task, annotation, before, after, neighbours, ends))


def _changed_slices(
    task: VolumeTask,
    annotation: Mapping[SliceKey, SliceAnnotation],
    before: Volume,
    after: Volume,
    neighbours: Collection[int],
    ends: Ends,
) -> Iterator[MaskChange]:
    for index in range(max(0, task.first), min(task.last, len(before) - 1) + 1):
        current = annotation.get(
            (task.segment, index), SliceAnnotation(task.segment, index, before.shape[1:])
        )
        if not _may_change(current, task.own_slices):
            continue
        mask = after[index]
        added = mask & ~before[index]
        if added.any():
            # What is added gives way to other segments, as proposals do.
            taken = _marked(annotation, neighbours, index, mask)
            mask = mask & ~(added & taken)
        if np.array_equal(mask, before[index]):
            continue
        change = _change(current, mask)
        if change.state is not SliceState.PROPOSED or ends.encloses(index):
            yield change


def _may_change(current: SliceAnnotation, own_slices: bool) -> bool:
    if current.state is SliceState.CONFIRMED_EMPTY:
        return False
    return own_slices or current.state not in EXAMPLE_STATES


def _marked(
    annotation: Mapping[SliceKey, SliceAnnotation],
    segments: Collection[int],
    index: int,
    like: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Pixels of a slice that belong to any of some segments."""
    marked = np.zeros_like(like)
    for number in segments:
        one = annotation.get((number, index))
        if one is not None and one.pixels:
            marked |= one.mask
    return marked


def _change(current: SliceAnnotation, mask: NDArray[np.bool_]) -> MaskChange:
    if current.state in EXAMPLE_STATES:
        return drawn_change(current, mask, allow_clear=True)
    return MaskChange(
        current.segment_number,
        current.slice_index,
        mask,
        SliceState.PROPOSED,
        current.version,
        # A proposal that was changed has no quality that anybody estimated.
        weights=current.weights,
        teachers=current.teachers,
        allow_clear=True,
    )
