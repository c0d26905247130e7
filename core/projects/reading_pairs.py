"""Two readings of one series beside each other: the same segments, and what both say of a slice."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from core.annotation.states import EXAMPLE_STATES
from core.annotation.versions import SliceKey, newest_masks, newest_segments, segment_of
from core.projects.records import WorkItem
from core.segments.segment import Segment

_CONFIRMED = {str(state) for state in EXAMPLE_STATES}


class SegmentPair(NamedTuple):
    """The same segment in two readings.

    Attributes
    ----------
    number : int
        In the adjudicated reading, from 1.
    segment : Segment
        As the first reading describes it, or the second where the first has none; with `number`.
    first, second : int or None
        Its number in each reading; None where that has no such segment.
    """

    number: int
    segment: Segment
    first: int | None
    second: int | None


class PairedReadings(NamedTuple):
    """Two readings with what people drew or confirmed in them.

    Attributes
    ----------
    pairs : list of SegmentPair
        By number.
    first, second : dict
        Rows of ``mask_version`` by segment number and slice index, without proposals that nobody
        confirmed.
    """

    pairs: list[SegmentPair]
    first: dict[SliceKey, Row[Any]]
    second: dict[SliceKey, Row[Any]]

    def rows(self, pair: SegmentPair, slice_index: int) -> tuple[Row[Any] | None, Row[Any] | None]:
        """What both readings say of a segment on a slice; None where one says nothing."""
        first = self.first.get((pair.first, slice_index)) if pair.first is not None else None
        second = self.second.get((pair.second, slice_index)) if pair.second is not None else None
        return first, second

    def slices(self, pair: SegmentPair) -> list[int]:
        """Slices of which at least one reading says something about a segment."""
        first = {index for number, index in self.first if number == pair.first}
        return sorted(first | {index for number, index in self.second if number == pair.second})


def paired_readings(connection: Connection, first: WorkItem, second: WorkItem) -> PairedReadings:
    """Read two readings within a transaction.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    first, second : WorkItem
        Readings 1 and 2 of a series.
    """
    keys = (first.annotation_key, second.annotation_key)
    segments = [
        {
            number: segment_of(row)
            for number, row in newest_segments(connection, key).items()
            if not row.removed
        }
        for key in keys
    ]
    rows = [
        {
            at: row
            for at, row in newest_masks(connection, key).items()
            if row.state in _CONFIRMED and at[0] in present
        }
        for key, present in zip(keys, segments, strict=True)
    ]
    return PairedReadings(pair_segments(*segments), *rows)


def pair_segments(first: Mapping[int, Segment], second: Mapping[int, Segment]) -> list[SegmentPair]:
    """Find the segments that two readings have in common: those of the same name and codes.

    Parameters
    ----------
    first, second : mapping of int to Segment
        Of each reading by number.

    Returns
    -------
    list of SegmentPair
        All segments of both, by number: that of the first reading, and further ones for those that
        only the second has.
    """
    left = dict(second)
    pairs = []
    for number, segment in sorted(first.items()):
        content = _content(segment)
        same = next((n for n, one in sorted(left.items()) if _content(one) == content), None)
        if same is not None:
            del left[same]
        pairs.append(SegmentPair(number, segment, number, same))
    free = max((*first, 0))
    for step, (number, segment) in enumerate(sorted(left.items()), start=1):
        numbered = replace(segment, number=free + step)
        pairs.append(SegmentPair(free + step, numbered, None, number))
    return pairs


def _content(segment: Segment) -> tuple[object, ...]:
    kind = segment.type
    return segment.label.casefold(), kind.value, kind.scheme, segment.type_modifier
