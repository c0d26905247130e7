"""Decisions of a review: several proposals accepted or rejected in one step.

Segments are counted from 1, slices from 0 along the normal.
"""

from collections.abc import Mapping

from core.annotation.actions import accepted_change, rejected_change
from core.annotation.records import SliceAnnotation, StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore

LONGEST_REASON = 80
"""Characters of the reason for which a proposal is rejected."""


def accept_proposals(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    seen: Mapping[int, int],
    *,
    person: str,
    message: tuple[str, int] | None = None,
) -> list[int]:
    """Accept proposals as they are, in one step: all of them, or none.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    segment_number : int
        Segment.
    seen : mapping of int to int
        Version that the person looked at, by slice index.
    person : str
        Who accepts them.
    message : (str, int), optional
        Client and sequence number, as for `AnnotationStore.put_many`.

    Returns
    -------
    list of int
        The new version of each.

    Raises
    ------
    VersionConflict
        If one of the slices was changed since.
    StoreError
        If one of the versions is no proposal.
    """
    proposals = _proposals(store, annotation_key, segment_number, seen)
    changes = [accepted_change(one) for one in proposals]
    action = "accept" if len(changes) == 1 else "accept range"
    return store.put_many(annotation_key, changes, person, "review", action, message=message)


def reject_proposals(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    seen: Mapping[int, int],
    *,
    person: str,
    reason: str = "",
    message: tuple[str, int] | None = None,
) -> list[int]:
    """Discard proposals in one step, leaving the slices empty; otherwise as `accept_proposals`.

    Parameters
    ----------
    store, annotation_key, segment_number, seen, person, message
        As for `accept_proposals`.
    reason : str
        Why, at most `LONGEST_REASON` characters; kept in the name of the step.

    Returns
    -------
    list of int
        The new version of each.
    """
    proposals = _proposals(store, annotation_key, segment_number, seen)
    changes = [rejected_change(one) for one in proposals]
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise StoreError(f"A reason has at most {LONGEST_REASON} characters.")
    action = f"reject: {reason}" if reason else "reject"
    return store.put_many(annotation_key, changes, person, "review", action, message=message)


def _proposals(
    store: AnnotationStore, annotation_key: str, segment_number: int, seen: Mapping[int, int]
) -> list[SliceAnnotation]:
    found = [
        store.slice(annotation_key, segment_number, index, version=version)
        for index, version in seen.items()
    ]
    if any(one.state is not SliceState.PROPOSED for one in found):
        raise StoreError("There is no proposal on this slice any more.")
    return found
