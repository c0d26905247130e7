"""Annotations in the store as teachers of other series."""

from core.annotation.ends import stated_ends
from core.annotation.open_segments import needs_nothing
from core.annotation.states import EXAMPLE_STATES
from core.annotation.store import AnnotationStore
from core.dicom.series import Series
from core.proposals.teachers import Teachers
from core.stored_proposals.proposing import confirmed_masks
from core.stored_proposals.teaching import reference_series


def is_finished(store: AnnotationStore, annotation_key: str, slices: int) -> bool:
    """Whether every segment that is drawn on is reviewed or drawn completely, and there is one.

    Parameters
    ----------
    store : AnnotationStore
        Where the annotation is.
    annotation_key : str
        Key of an annotation that the store knows.
    slices : int
        Of its series.
    """
    annotation, stated = store.annotation(annotation_key), stated_ends(store, annotation_key)
    drawn = {
        number
        for (number, _), one in annotation.items()
        if one.pixels and one.state in EXAMPLE_STATES
    }
    return bool(drawn) and all(
        needs_nothing(annotation, number, slices, stated) for number in drawn
    )


def stored_teachers(store: AnnotationStore, annotation_key: str, series: Series) -> Teachers | None:
    """Make a teacher of what people drew or confirmed on a series.

    Parameters
    ----------
    store : AnnotationStore
        Where the annotation is.
    annotation_key : str
        Its key.
    series : Series
        With its pixels.

    Returns
    -------
    Teachers or None
        None where nothing is drawn.
    """
    masks = confirmed_masks(store.annotation(annotation_key))
    shown = [
        (segment, masks[segment.number])
        for segment in store.segments(annotation_key)
        if any(mask.any() for mask in masks.get(segment.number, {}).values())
    ]
    if not shown:
        return None
    segments = tuple(segment for segment, _ in shown)
    return Teachers((reference_series(series, shown),), segments, (series.summary.uid,))
