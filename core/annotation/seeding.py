"""Adding masks read from a file to an annotation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.segments.segment import Segment


def seed_annotation(
    store: AnnotationStore,
    series_uid: str,
    segments: Sequence[tuple[Segment, Mapping[int, NDArray[np.bool_]]]],
    *,
    state: SliceState,
    person: str,
) -> list[Segment]:
    """Add segments with their masks to an annotation; the masks are one step to undo.

    Parameters
    ----------
    store : AnnotationStore
        Where to; the series is open in it.
    series_uid : str
        Series Instance UID.
    segments : sequence of (Segment, mapping of int to numpy.ndarray)
        Masks are bool [rows, columns] by slice index. The segments get new numbers, so that
        nothing drawn before is changed.
    state : SliceState
        ``DRAWN`` for masks confirmed by a person, ``PROPOSED`` for masks to be checked.
    person : str
        Who added them.

    Returns
    -------
    list of Segment
        As they are stored.

    Raises
    ------
    StoreError
        If the store refuses.
    """
    first = store.next_segment_number(series_uid)
    added = [
        replace(segment, number=number) for number, (segment, _) in enumerate(segments, start=first)
    ]
    for segment in added:
        store.save_segment(series_uid, segment, person)
    changes = [
        MaskChange(segment.number, index, mask, state, based_on=0)
        for segment, (_, masks) in zip(added, segments, strict=True)
        for index, mask in sorted(masks.items())
    ]
    store.put_many(series_uid, changes, person, "open", "open masks")
    return added
