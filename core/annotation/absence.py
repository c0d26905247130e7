"""A structure that is nowhere in a series: stated for all slices at once."""

from collections.abc import Mapping

from core.annotation.ends import stated_ends
from core.annotation.records import MaskChange, SliceAnnotation, StatedEnds, StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey
from core.segments.ends import UNSTATED


def mark_absent(
    store: AnnotationStore, annotation_key: str, segment_number: int, slices: int, *, person: str
) -> list[int]:
    """State that a segment is on no slice, as one step; masks that are there go with it.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    segment_number : int
        Segment.
    slices : int
        Number of slices of the series.
    person : str
        Who states it.

    Returns
    -------
    list of int
        Slices that changed.

    Raises
    ------
    VersionConflict
        If somebody changes one of the slices at the same time; nothing has changed then.
    StoreError
        If it is stated where the segment begins or ends.
    """
    if stated_ends(store, annotation_key).get(segment_number, StatedEnds()).ends != UNSTATED:
        raise StoreError(
            "It is stated where this segment begins or ends; take that back first (Begins here, "
            "Ends here)."
        )
    stored = store.annotation(annotation_key)
    here = [
        stored.get((segment_number, index), SliceAnnotation(segment_number, index, (0, 0)))
        for index in range(slices)
    ]
    changes = [
        MaskChange(
            segment_number,
            one.slice_index,
            None,
            SliceState.CONFIRMED_EMPTY,
            one.version,
            allow_clear=True,
        )
        for one in here
        if one.state is not SliceState.CONFIRMED_EMPTY
    ]
    store.put_many(annotation_key, changes, person, "review", "not in this series")
    return [change.slice_index for change in changes]


def is_absent(
    annotation: Mapping[SliceKey, SliceAnnotation], segment_number: int, slices: int
) -> bool:
    """Whether a person confirmed for every slice that a segment is not on it.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    segment_number : int
        Segment.
    slices : int
        Number of slices of the series.
    """
    places = ((segment_number, index) for index in range(slices))
    return all(
        place in annotation and annotation[place].state is SliceState.CONFIRMED_EMPTY
        for place in places
    )
