"""Which segments proposals are made for, when nobody names one."""

from collections.abc import Mapping

from core.annotation.records import SliceAnnotation
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.versions import SliceKey


def segments_to_propose(annotation: Mapping[SliceKey, SliceAnnotation]) -> list[int]:
    """List the segments that can be proposed, without those whose review is done.

    A review is done once proposals were accepted or corrected, none is left, and nothing was drawn
    since. Where that holds for all segments, all are listed: whoever asks then means them.

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
    return [number for number in possible if not _is_reviewed(versions[number])] or possible


def _is_reviewed(versions: list[SliceAnnotation]) -> bool:
    states = {one.state for one in versions}
    if SliceState.PROPOSED in states or not states & {SliceState.ACCEPTED, SliceState.CORRECTED}:
        return False
    dated = [(one.time, one) for one in versions if one.time is not None]
    newest = max(dated, key=lambda pair: pair[0])[1] if dated else None
    return newest is None or newest.state is not SliceState.DRAWN
