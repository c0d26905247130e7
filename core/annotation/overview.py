"""What is known of an annotation without reading its masks, for lists of series."""

from dataclasses import dataclass

from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import newest_segments, newest_states


@dataclass(frozen=True)
class AnnotationOverview:
    """What an annotation holds.

    Attributes
    ----------
    labels : tuple of str
        Of its segments, by number.
    drawn_slices : int
        Slices on which a person drew or confirmed something, or that nothing is there.
    proposals : int
        Masks that wait for review.
    teaches : bool
        Whether a person drew or confirmed a structure anywhere.
    """

    labels: tuple[str, ...]
    drawn_slices: int
    proposals: int
    teaches: bool


def annotation_overview(store: AnnotationStore, annotation_key: str) -> AnnotationOverview:
    """Look through an annotation; the time grows with its slices, not with what is drawn.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.

    Raises
    ------
    StoreError
        If there is no such annotation, or the person may not read it.
    """
    with store.reading(annotation_key) as (connection, _):
        segments = newest_segments(connection, annotation_key)
        masks = newest_states(connection, annotation_key)
    present = {number: row.label for number, row in segments.items() if not row.removed}
    masks = [row for row in masks if row.segment_number in present]
    drawn = [row for row in masks if row.state in EXAMPLE_STATES]
    return AnnotationOverview(
        labels=tuple(present.values()),
        drawn_slices=len({row.slice_index for row in drawn}),
        proposals=sum(row.state == SliceState.PROPOSED for row in masks),
        teaches=any(row.pixels for row in drawn),
    )
