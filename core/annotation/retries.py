"""Saving changes that are made from the newest annotation while others change it as well."""

from collections.abc import Callable, Mapping

from core.annotation.records import MaskChange, SliceAnnotation, VersionConflict
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey

_ATTEMPTS = 5  # to store proposals while people draw


def save_changes(
    store: AnnotationStore,
    series_uid: str,
    changes: Callable[[Mapping[SliceKey, SliceAnnotation]], list[MaskChange]],
    person: str,
    tool: str,
    action: str,
) -> list[SliceKey]:
    """Store changes made from the newest annotation; make them again after a version conflict.

    Parameters
    ----------
    store : AnnotationStore
        Where to.
    series_uid : str
        Series Instance UID.
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
    StoreError
        If the store refuses.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        wanted = changes(store.annotation(series_uid))
        try:
            store.put_many(series_uid, wanted, person, tool, action)
        except VersionConflict:
            if attempt == _ATTEMPTS:
                raise
            continue
        break
    return [(change.segment_number, change.slice_index) for change in wanted]
