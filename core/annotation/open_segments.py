"""Which segments proposals are made for, when nobody names one."""

from collections.abc import Collection, Mapping

from core.annotation.records import SliceAnnotation, StatedEnds
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.versions import SliceKey


def segments_to_propose(annotation: Mapping[SliceKey, SliceAnnotation]) -> list[int]:
    """List the segments that can be proposed, without those whose review is done.

    Where the review of all segments is done, all are listed: whoever asks then means them.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.

    Returns
    -------
    list of int
        Segments with an example that shows them, in the order of their numbers; none where there
        is no example.
    """
    versions: dict[int, list[SliceAnnotation]] = {}
    for (number, _), version in sorted(annotation.items()):
        versions.setdefault(number, []).append(version)
    possible = [
        number
        for number, own in versions.items()
        if any(one.pixels and one.state in EXAMPLE_STATES for one in own)
    ]
    return [number for number in possible if not is_reviewed(versions[number])] or possible


def is_reviewed(versions: Collection[SliceAnnotation]) -> bool:
    """Whether proposals were accepted or corrected, none is left, and nothing was drawn since.

    Parameters
    ----------
    versions : collection of SliceAnnotation
        The newest of every slice of a segment.
    """
    states = {one.state for one in versions}
    if SliceState.PROPOSED in states or not states & {SliceState.ACCEPTED, SliceState.CORRECTED}:
        return False
    dated = [(one.time, one) for one in versions if one.time is not None]
    newest = max(dated, key=lambda pair: pair[0])[1] if dated else None
    return newest is None or newest.state is not SliceState.DRAWN


def needs_nothing(
    annotation: Mapping[SliceKey, SliceAnnotation],
    number: int,
    slices: int,
    stated: Mapping[int, StatedEnds],
) -> bool:
    """Whether a segment is reviewed, or a person saw to every slice within its ends.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    number : int
        Of the segment.
    slices : int
        Of the series.
    stated : mapping of int to StatedEnds
        By segment number, as far as any are stated.
    """
    versions = [one for (segment, _), one in annotation.items() if segment == number]
    ends = stated.get(number, StatedEnds()).ends
    known = {one.slice_index for one in versions if one.state in EXAMPLE_STATES}
    is_complete = all(index in known for index in range(slices) if ends.encloses(index))
    return is_complete or is_reviewed(versions)
