"""Which kept network is asked beside the usual one, and about which segments."""

from collections.abc import Collection, Mapping

from core.annotation.adapted_networks import KeptNetwork, kept_network
from core.annotation.store import AnnotationStore
from core.annotation.taught_masks import series_that_taught


def segments_to_ask_about(
    kept: KeptNetwork | None, taught: Mapping[int, Collection[str]]
) -> tuple[int, ...]:
    """Segments that a network learned of series that taught last, unless that was taken back.

    Parameters
    ----------
    kept : KeptNetwork or None
        The network.
    taught : mapping of int to collection of str
        Series Instance UIDs of those that taught last, by segment number.
    """
    if kept is None:
        return ()
    return tuple(
        one for one in kept.segments if one in taught and {*kept.teachers} <= {*taught[one]}
    )


def series_trained_on(
    store: AnnotationStore, annotation_key: str, weights: str | None = None
) -> tuple[str, ...]:
    """Series Instance UIDs of the series that the network learned from which may be asked.

    Parameters
    ----------
    store : AnnotationStore
        Where it is kept.
    annotation_key : str
        Key of the annotation.
    weights : str, optional
        Name of those that propose: a network that was made of others is not asked.

    Returns
    -------
    tuple of str
        None where there is no network to ask.
    """
    kept = kept_network(store, annotation_key)
    if kept is None or weights not in (None, kept.base):
        return ()
    is_asked = segments_to_ask_about(kept, series_that_taught(store, annotation_key))
    return kept.teachers if is_asked else ()
