"""Bringing masks of a file into an annotation: what would change, and storing it as one step.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.annotation.records import MaskChange, SliceAnnotation
from core.annotation.run_length import decode_runs
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.versions import SliceKey
from core.segments.ends import UNSTATED, Ends
from core.segments.segment import Segment


class ImportWay(StrEnum):
    """What to do with a segment of a file."""

    REPLACE = "replace"
    MERGE = "merge"
    ADD = "add"
    SKIP = "skip"


@dataclass(frozen=True)
class ImportedMask:
    """A mask of a file, in few bytes: whole files are kept while a person decides.

    Attributes
    ----------
    runs : bytes
        Run-length code of a mask with at least one pixel.
    shape : tuple of int
        Rows and columns.
    state : SliceState
        How it came about.
    """

    runs: bytes
    shape: tuple[int, int]
    state: SliceState

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Bool [rows, columns]."""
        return decode_runs(self.runs, self.shape)

    @property
    def is_reviewed(self) -> bool:
        """Whether a person drew or confirmed it."""
        return self.state in EXAMPLE_STATES


@dataclass(frozen=True, eq=False)
class ImportedSegment:
    """A segment of a file.

    Attributes
    ----------
    segment : Segment
        As the file describes it; its number means nothing here.
    masks : mapping of int to ImportedMask
        By slice index.
    weights : str or None
        Name of the weights that took part, where the file tells.
    teachers : tuple of str
        Series Instance UIDs of the other series that it was proposed from, where the file tells.
    """

    segment: Segment
    masks: Mapping[int, ImportedMask]
    weights: str | None = None
    teachers: tuple[str, ...] = ()

    def teachers_of(self, state: SliceState) -> tuple[str, ...]:
        """Return the series behind a mask of a state: none where it was drawn from the start."""
        return () if state is SliceState.DRAWN else self.teachers


@dataclass(frozen=True, eq=False)
class ImportPlan:
    """What importing a segment would do.

    Attributes
    ----------
    item : ImportedSegment
        The segment of the file.
    target : Segment or None
        The segment that it goes into; None where it becomes one of its own.
    way : ImportWay
        What is done with it.
    changes : tuple of MaskChange
        One for every slice that would change.
    new, changed, cleared : int
        Slices that get a mask, another mask or another state, and none any more.
    reviewed_lost : int
        Of these, slices that lose pixels which a person drew or accepted, or the statement that
        the structure is not there.
    kept : int
        Slices on which what is here stays instead of what the file holds: unreviewed masks replace
        nothing that is reviewed, and lie within the stated ends of the segment.
    """

    item: ImportedSegment
    target: Segment | None
    way: ImportWay
    changes: tuple[MaskChange, ...] = ()
    new: int = 0
    changed: int = 0
    cleared: int = 0
    reviewed_lost: int = 0
    kept: int = 0


def matching_segments(
    existing: Sequence[Segment],
    annotation: Mapping[SliceKey, SliceAnnotation],
    items: Sequence[ImportedSegment],
) -> list[Segment | None]:
    """Find the segment that is the same structure as each segment of a file.

    The tracking identifier decides, else the code together with the name. Of several that have
    them in common, the one with the same masks is taken, else the first; each is taken once.

    Parameters
    ----------
    existing : sequence of Segment
        Segments of the series.
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    items : sequence of ImportedSegment
        Segments of the file.

    Returns
    -------
    list of Segment or None
        For each of `items`.
    """
    free = list(existing)
    found: list[Segment | None] = [None] * len(items)
    for is_same in (_is_tracked_alike, _is_named_alike):
        for place, item in enumerate(items):
            if found[place] is not None:
                continue
            alike = [one for one in free if is_same(one, item.segment)]
            alike.sort(key=lambda one: not _has_same_masks(one, annotation, item))
            if alike:
                found[place] = alike[0]
                free.remove(alike[0])
    return found


def plan_import(
    item: ImportedSegment,
    target: Segment | None,
    way: ImportWay,
    annotation: Mapping[SliceKey, SliceAnnotation],
    ends: Ends = UNSTATED,
) -> ImportPlan:
    """Tell what importing a segment would do.

    Parameters
    ----------
    item : ImportedSegment
        The segment of the file.
    target : Segment or None
        Its match; taken for REPLACE and MERGE only.
    way : ImportWay
        REPLACE clears slices that the file leaves empty; those that are reviewed here only where
        the file is reviewed as well. MERGE unites two masks of a slice where both are reviewed or
        neither is; else the reviewed one is taken. ADD makes a further segment.
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    ends : Ends
        Stated ends of the target, widened by what is drawn.

    Returns
    -------
    ImportPlan
        Without changes where everything is here already.
    """
    if way is ImportWay.SKIP or (target is None and way is not ImportWay.ADD):
        return ImportPlan(item, None, ImportWay.SKIP)
    if way is ImportWay.ADD or target is None:
        changes = tuple(
            MaskChange(
                item.segment.number,
                index,
                one.mask,
                one.state,
                0,
                weights=item.weights,
                teachers=item.teachers_of(one.state),
            )
            for index, one in sorted(item.masks.items())
        )
        return ImportPlan(item, None, ImportWay.ADD, changes, new=len(changes))
    here = {index: one for (number, index), one in annotation.items() if number == target.number}
    return _counted(item, target, way, here, ends)


def usual_way(
    item: ImportedSegment,
    target: Segment | None,
    annotation: Mapping[SliceKey, SliceAnnotation],
    ends: Ends = UNSTATED,
) -> ImportWay:
    """Return a way that loses nothing: ADD without a match, REPLACE where that is safe, else MERGE.

    Parameters as for `plan_import`.
    """
    if target is None:
        return ImportWay.ADD
    replacing = plan_import(item, target, ImportWay.REPLACE, annotation, ends)
    return ImportWay.MERGE if replacing.reviewed_lost else ImportWay.REPLACE


def _is_tracked_alike(one: Segment, other: Segment) -> bool:
    uid = one.details.tracking_uid
    return bool(uid) and uid == other.details.tracking_uid


def _is_named_alike(one: Segment, other: Segment) -> bool:
    return _identity(one) == _identity(other)


def _identity(segment: Segment) -> tuple[str | None, ...]:
    modifier = segment.type_modifier
    return (
        segment.label.casefold(),
        segment.type.scheme,
        segment.type.value,
        modifier.value if modifier is not None else None,
    )


def _has_same_masks(
    segment: Segment, annotation: Mapping[SliceKey, SliceAnnotation], item: ImportedSegment
) -> bool:
    return not plan_import(item, segment, ImportWay.REPLACE, annotation).changes


def _counted(
    item: ImportedSegment,
    target: Segment,
    way: ImportWay,
    here: Mapping[int, SliceAnnotation],
    ends: Ends,
) -> ImportPlan:
    changes: list[MaskChange] = []
    counts = dict.fromkeys(("new", "changed", "cleared", "reviewed_lost", "kept"), 0)
    is_reviewed = any(one.is_reviewed for one in item.masks.values())
    for index in sorted({*item.masks, *here}):
        one = item.masks.get(index)
        current = here.get(index)
        if one is not None and _stays(current, one, index, way, ends):
            counts["kept"] += current is None or current.runs != one.runs
            continue
        current = current or SliceAnnotation(target.number, index, (0, 0))
        if one is not None:
            change = _changed(current, one, way, item)
        else:
            change = _cleared(current, is_reviewed) if way is ImportWay.REPLACE else None
        if change is None:
            continue
        changes.append(change)
        kind = "new" if not current.pixels else "cleared" if change.mask is None else "changed"
        counts[kind] += 1
        counts["reviewed_lost"] += _loses_reviewed(current, change)
    return ImportPlan(item, target, way, tuple(changes), **counts)


def _stays(
    current: SliceAnnotation | None, one: ImportedMask, index: int, way: ImportWay, ends: Ends
) -> bool:
    """Whether a slice keeps what it has in spite of a mask in the file."""
    if not one.is_reviewed:
        return not ends.encloses(index) or (current is not None and current.state in EXAMPLE_STATES)
    is_absent = current is not None and current.state is SliceState.CONFIRMED_EMPTY
    return is_absent and way is ImportWay.MERGE


def _changed(
    current: SliceAnnotation, one: ImportedMask, way: ImportWay, item: ImportedSegment
) -> MaskChange | None:
    """Change of a slice that the file marks, if any."""
    was_reviewed = current.state in EXAMPLE_STATES
    if current.runs == one.runs and was_reviewed >= one.is_reviewed:
        return None
    mask, state = one.mask, one.state
    if current.pixels:
        if way is ImportWay.MERGE and was_reviewed == one.is_reviewed:
            mask = mask | current.mask
            state = state if state is current.state else SliceState.CORRECTED
        if was_reviewed >= one.is_reviewed and np.array_equal(mask, current.mask):
            return None
    return MaskChange(
        current.segment_number,
        current.slice_index,
        mask,
        state,
        current.version,
        weights=item.weights,
        teachers=item.teachers_of(state),
        allow_clear=True,
    )


def _cleared(current: SliceAnnotation, may_be_reviewed: bool) -> MaskChange | None:
    """Change of a slice that the file leaves empty, if any."""
    if not current.pixels or (current.state in EXAMPLE_STATES and not may_be_reviewed):
        return None
    return MaskChange(
        current.segment_number,
        current.slice_index,
        None,
        SliceState.EMPTY,
        current.version,
        allow_clear=True,
    )


def _loses_reviewed(current: SliceAnnotation, change: MaskChange) -> bool:
    if current.state not in EXAMPLE_STATES:
        return False
    if not current.pixels:
        return current.state is SliceState.CONFIRMED_EMPTY
    return change.mask is None or bool((current.mask & ~change.mask).any())


def renumbered(plan: ImportPlan, number: int) -> ImportPlan:
    """Return the plan of a segment of its own with another number."""
    return replace(
        plan,
        item=replace(plan.item, segment=replace(plan.item.segment, number=number)),
        changes=tuple(replace(change, segment_number=number) for change in plan.changes),
    )


def segments_added(plans: Collection[ImportPlan]) -> list[Segment]:
    """Segments that plans make."""
    return [plan.item.segment for plan in plans if plan.way is ImportWay.ADD]
