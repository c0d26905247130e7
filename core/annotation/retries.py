"""Saving changes that are made from the newest annotation while others change it as well."""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from core.annotation.records import (
    BeyondEnds,
    MaskChange,
    SegmentGone,
    SliceAnnotation,
    StoreBusy,
    VersionConflict,
)
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey

_ATTEMPTS = 5  # to store proposals while people draw
_PATIENCE_S = 600.0
_PAUSE_S = 0.5

Result = TypeVar("Result")


def save_changes(
    store: AnnotationStore,
    annotation_key: str,
    changes: Callable[[Mapping[SliceKey, SliceAnnotation]], list[MaskChange]],
    person: str,
    tool: str,
    action: str,
) -> list[SliceKey]:
    """Store changes made from the newest annotation; make them again where it has changed.

    Parameters
    ----------
    store : AnnotationStore
        Where to.
    annotation_key : str
        Key of the annotation.
    changes : callable
        Gets what `AnnotationStore.annotation` returned and returns the changes, at most one for
        each segment and slice.
    person, tool, action : str
        As for `AnnotationStore.put_many`.

    Returns
    -------
    list of (int, int)
        Segments and slices that changed.

    Raises
    ------
    VersionConflict
        If the slices changed during every attempt.
    SegmentGone
        If segments were removed during every attempt.
    BeyondEnds, StoreError
        If the store refuses.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        wanted = changes(store.annotation(annotation_key))
        try:
            store.put_many(annotation_key, wanted, person, tool, action)
        except (VersionConflict, SegmentGone, BeyondEnds):
            if attempt == _ATTEMPTS:
                raise
            continue
        break
    return [(change.segment_number, change.slice_index) for change in wanted]


def patiently(action: Callable[[], Result], patience_s: float = _PATIENCE_S) -> Result:
    """Do something in the background, again and again while the store is busy.

    Parameters
    ----------
    action : callable
        Changes the store, or leaves it as it is.
    patience_s : float
        For how long, in seconds.

    Returns
    -------
    object
        What it returned.

    Raises
    ------
    StoreBusy
        If the store was busy all the time.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return action()
        except StoreBusy:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)
