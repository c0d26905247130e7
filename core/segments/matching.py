"""The same structure in several series: segments of the same name and codes."""

from collections.abc import Sequence

from core.segments.segment import Segment


def matched_numbers(known: Sequence[Segment], taught: Sequence[Segment]) -> dict[int, int]:
    """Find the number among known segments for every taught one.

    Parameters
    ----------
    known : sequence of Segment
        Whose numbers are kept.
    taught : sequence of Segment
        Others, each of which is the same structure as one of `known`, or a new one.

    Returns
    -------
    dict of int to int
        By the number of the taught segment: that of the known one of the same name and codes, or
        a number that is free.
    """
    numbers = {_meaning(one): one.number for one in known}
    following = max(numbers.values(), default=0) + 1
    found = {}
    for segment in taught:
        found[segment.number] = numbers.get(_meaning(segment), following)
        following += _meaning(segment) not in numbers
    return found


def _meaning(segment: Segment) -> tuple[str, ...]:
    side = segment.type_modifier
    codes = (segment.type, side) if side is not None else (segment.type,)
    return (
        segment.label.casefold(),
        *(part for code in codes for part in (code.value, code.scheme)),
    )
