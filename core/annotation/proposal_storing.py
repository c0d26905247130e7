"""Storing what a model proposes, without replacing what a person confirmed.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.annotation.ends import stated_ends, widened_ends
from core.annotation.overwriting import pixels_to_leave
from core.annotation.records import MaskChange, SliceAnnotation
from core.annotation.retries import save_changes
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey
from core.segments.ends import UNSTATED
from core.segments.segment import Segment


class ProposedMask(Protocol):
    """A mask that a model suggests."""

    @property
    def segment(self) -> int:
        """Segment number."""

    @property
    def slice(self) -> int:
        """Slice index."""

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Bool [rows, columns]."""

    @property
    def expected_dice(self) -> float | None:
        """Expected quality, 0 to 1."""


def store_proposals(
    store: AnnotationStore,
    annotation_key: str,
    proposals: Iterable[ProposedMask],
    *,
    person: str,
    tool: str = "propose",
    weights: str | Mapping[int, str | None] | None = None,
    teachers: Collection[str] | Mapping[int, Collection[str]] = (),
    searched: Mapping[int, Collection[int]] = MappingProxyType({}),
) -> list[SliceKey]:
    """Store proposals as one step, leaving slices alone that a person drew or confirmed.

    Segments that were removed meanwhile are left out, and so are proposals beyond the stated ends
    of their segment, and pixels that other segments' examples hold, where the rules for overlaps
    say so. A proposal without pixels removes an earlier proposal of its slice.

    Parameters
    ----------
    store : AnnotationStore
        Where to.
    annotation_key : str
        Key of the annotation.
    proposals : iterable of ProposedMask
        At most one for each segment and slice.
    person : str
        Who asked for them; their undo takes them back.
    tool : str
        What made them.
    weights : str or mapping of int to str, optional
        Name of the weights that made them; by segment number where these differ.
    teachers : collection of str, or mapping of int to collection of str
        Series Instance UIDs of the other series that they were made from; by segment number where
        these differ.
    searched : mapping of int to collection of int, optional
        Slices by segment number that were searched to the end: earlier proposals there that are
        not among `proposals` are out of date, and are removed by the same step.

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
    wanted = list(proposals)

    def origin(segment: int) -> dict[str, Any]:
        uids = teachers.get(segment, ()) if isinstance(teachers, Mapping) else teachers
        name = weights.get(segment) if isinstance(weights, Mapping) else weights
        return {"weights": name, "teachers": tuple(uids)}

    def changes(annotation: Mapping[SliceKey, SliceAnnotation]) -> list[MaskChange]:
        ends = widened_ends(stated_ends(store, annotation_key), annotation)
        segments = store.segments(annotation_key)
        present = {segment.number for segment in segments}
        pairs = [
            (item, annotation.get((item.segment, item.slice)))
            for item in wanted
            if item.segment in present
        ]
        stored = [
            _change(
                proposal,
                _left_over(proposal, annotation, segments),
                current,
                origin(proposal.segment),
            )
            for proposal, current in pairs
            if _is_stored(proposal, current)
            and ends.get(proposal.segment, UNSTATED).encloses(proposal.slice)
        ]
        return stored + _removals(annotation, searched, wanted)

    return save_changes(store, annotation_key, changes, person, tool, "propose")


def _removals(
    annotation: Mapping[SliceKey, SliceAnnotation],
    searched: Mapping[int, Collection[int]],
    proposals: Iterable[ProposedMask],
) -> list[MaskChange]:
    """Remove proposals of earlier runs on slices for which there is no newer one."""
    renewed = {(proposal.segment, proposal.slice) for proposal in proposals}
    return [
        MaskChange(*place, None, SliceState.EMPTY, current.version, allow_clear=True)
        for place, current in annotation.items()
        if current.state is SliceState.PROPOSED
        and place[1] in searched.get(place[0], ())
        and place not in renewed
    ]


def _is_stored(proposal: ProposedMask, current: SliceAnnotation | None) -> bool:
    """Whether a proposal is stored, given what its slice holds."""
    if current is not None and current.state in EXAMPLE_STATES:
        return False
    return bool(proposal.mask.any()) or (current is not None and current.pixels > 0)


def _left_over(
    proposal: ProposedMask,
    annotation: Mapping[SliceKey, SliceAnnotation],
    segments: Sequence[Segment],
) -> NDArray[np.bool_]:
    """Pixels of a proposal that no example of another segment holds."""
    held = pixels_to_leave(annotation, segments, (proposal.segment, proposal.slice))
    return proposal.mask if held is None else proposal.mask & ~held


def _change(
    proposal: ProposedMask,
    mask: NDArray[np.bool_],
    current: SliceAnnotation | None,
    origin: Mapping[str, Any],
) -> MaskChange:
    return MaskChange(
        proposal.segment,
        proposal.slice,
        mask,
        SliceState.PROPOSED,
        current.version if current is not None else 0,
        expected_dice=proposal.expected_dice,
        **origin,
        allow_clear=True,
    )
