"""What the editor is told while it reviews, and what becomes of the decisions it sends."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from core.annotation.actions import worst_first
from core.annotation.decisions import accept_proposals, reject_proposals
from core.annotation.records import SliceAnnotation
from core.annotation.states import SliceState
from core.annotation.versions import SliceKey
from core.proposals.expected_dice import grade
from core.proposals.jumps import Signs, find_jumps, signs_of
from pages.session.work import Work
from pages.slice_editor.message_kinds import DecisionMessage

PREVIOUS_SEGMENT: Final = -1
"""Stands for the version before the one shown where masks are sent to the editor."""

REASONS: Final = ("wrong place", "too large", "too small", "wrong shape", "another structure")
"""Offered when a proposal is rejected with a reason."""

_MOST_BACK = 20  # versions that are looked at
_NEAR = 4  # slices on either side whose previous versions are sent


@dataclass
class ReviewMemory:
    """What a tab remembers of the review, to be kept in its `PageMemory`.

    Attributes
    ----------
    signs : dict
        Version, and signs of its mask, by place; computed once.
    previous : dict
        Version, and the one before, by place; read once.
    compared : set of int
        Slices whose previous version was sent.
    """

    signs: dict[SliceKey, tuple[int, Signs | None]] = field(default_factory=dict)
    previous: dict[SliceKey, tuple[int, SliceAnnotation]] = field(default_factory=dict)
    compared: set[int] = field(default_factory=set)


def decide(work: Work, message: DecisionMessage) -> None:
    """Accept or reject proposals.

    Parameters
    ----------
    work : Work
        Series being worked on.
    message : DecisionMessage
        What a person decided.

    Raises
    ------
    VersionConflict, StoreError
        If the store refuses.
    """
    seen = {one.slice: one.based_on for one in message.proposals}
    if message.decision == "accept":
        accept_proposals(
            work.store,
            work.annotation_key,
            message.segment,
            seen,
            person=work.person,
            message=message.key,
        )
    else:
        reject_proposals(
            work.store,
            work.annotation_key,
            message.segment,
            seen,
            person=work.person,
            reason=message.reason,
            message=message.key,
        )


def review_header(
    work: Work, stored: Mapping[SliceKey, SliceAnnotation], live: Collection[SliceKey]
) -> dict[str, Any]:
    """Say what waits for review.

    Parameters
    ----------
    work : Work
        Series being worked on.
    stored : mapping
        What is stored, by place.
    live : collection of (int, int)
        Places where a running job shows something else than what is stored: nobody can decide
        about that yet.

    Returns
    -------
    dict
        `queue`: segment, slice and grade of every proposal, the least certain first; `jumps`:
        segment, slice and a sentence; `reasons` for rejecting.
    """
    waiting = [
        one for one in worst_first(stored) if (one.segment_number, one.slice_index) not in live
    ]
    return {
        "queue": [
            [one.segment_number, one.slice_index, grade(one.expected_dice)] for one in waiting
        ],
        "jumps": [[*place, text] for place, text in _jumps(work, stored)],
        "reasons": list(REASONS),
    }


def _jumps(
    work: Work, stored: Mapping[SliceKey, SliceAnnotation]
) -> Iterator[tuple[SliceKey, str]]:
    memory = work.memory.part(ReviewMemory)
    proposed: dict[int, list[int]] = {}
    for (number, index), one in stored.items():
        if one.state is SliceState.PROPOSED:
            proposed.setdefault(number, []).append(index)
    for number, indices in proposed.items():
        near = {at for index in indices for at in range(index - 2, index + 3)}
        signs = {
            at: found
            for at in near
            if (number, at) in stored
            and (found := _signs(work, memory, stored[number, at])) is not None
        }
        for index, jumps in find_jumps(signs, indices).items():
            yield (number, index), " and ".join(jump.text for jump in jumps)


def _signs(work: Work, memory: ReviewMemory, one: SliceAnnotation) -> Signs | None:
    place = (one.segment_number, one.slice_index)
    known = memory.signs.get(place)
    if known is None or known[0] != one.version:
        signs = signs_of(one.mask, work.series.volume[one.slice_index]) if one.pixels else None
        known = memory.signs[place] = (one.version, signs)
    return known[1]


def previous_masks(
    work: Work, stored: Mapping[SliceKey, SliceAnnotation], segment: int, index: int
) -> dict[SliceKey, SliceAnnotation]:
    """Return the versions before those of a slice and of those around it, as the editor shows them.

    Parameters
    ----------
    work : Work
        Series being worked on.
    stored : mapping
        What is stored, by place.
    segment, index : int
        The segment, and the slice in the middle.

    Returns
    -------
    dict
        By place, as if they were masks of `PREVIOUS_SEGMENT`; empty where there is no version
        before, and on slices that were sent before.
    """
    memory = work.memory.part(ReviewMemory)
    shape = (work.series.summary.rows, work.series.summary.columns)
    near = {
        at for at in range(index - _NEAR, index + _NEAR + 1) if 0 <= at < work.series.summary.slices
    }
    memory.compared |= near
    shown = {}
    for at in memory.compared:
        current = stored.get((segment, at))
        place = (PREVIOUS_SEGMENT, at)
        if at not in near or current is None or current.version < 2:
            shown[place] = SliceAnnotation(*place, shape)
        else:
            shown[place] = replace(_previous(work, memory, current), segment_number=place[0])
    return shown


def _other_before(work: Work, current: SliceAnnotation) -> SliceAnnotation:
    """Newest earlier version with another mask: accepting makes a version with the same one."""
    place = (current.segment_number, current.slice_index)
    for version in range(current.version - 1, max(0, current.version - 1 - _MOST_BACK), -1):
        before = work.store.slice(work.annotation_key, *place, version=version)
        if before.runs != current.runs:
            return before
    return SliceAnnotation(*place, current.shape)


def _previous(work: Work, memory: ReviewMemory, current: SliceAnnotation) -> SliceAnnotation:
    place = (current.segment_number, current.slice_index)
    known = memory.previous.get(place)
    if known is None or known[0] != current.version:
        known = memory.previous[place] = (current.version, _other_before(work, current))
    return known[1]
