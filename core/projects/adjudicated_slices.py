"""Slices on which two readings differ, and which of them the adjudicated reading has settled."""

from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from core.annotation.states import EXAMPLE_STATES
from core.annotation.versions import SliceKey, newest_masks
from core.projects.reading_pairs import PairedReadings, paired_readings
from core.projects.records import WorkItem


class Decision(StrEnum):
    """What the adjudicated reading shows on a slice; also the tool with which it was taken."""

    BOTH = "both readings"
    FIRST = "reading 1"
    SECOND = "reading 2"
    DRAWN = "drawn"


class ReadingsCompared(NamedTuple):
    """Two readings compared slice by slice.

    Attributes
    ----------
    paired : PairedReadings
        What they are.
    agreed, disputed : list of (int, int)
        Segment numbers of the adjudicated reading and slice indices.
    """

    paired: PairedReadings
    agreed: list[SliceKey]
    disputed: list[SliceKey]


def compared_readings(
    connection: Connection, first: WorkItem, second: WorkItem
) -> ReadingsCompared:
    """Compare all slices of which at least one reading says something.

    They agree where their masks are the same bit for bit.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    first, second : WorkItem
        Readings 1 and 2 of a series.
    """
    paired = paired_readings(connection, first, second)
    agreed: list[SliceKey] = []
    disputed: list[SliceKey] = []
    for pair in paired.pairs:
        for index in paired.slices(pair):
            # The code of a mask is one and the same for the same pixels.
            codes = {row.runs if row is not None else None for row in paired.rows(pair, index)}
            (agreed if len(codes) == 1 else disputed).append((pair.number, index))
    return ReadingsCompared(paired, agreed, disputed)


def decisions(
    connection: Connection, compared: ReadingsCompared, final: WorkItem
) -> dict[SliceKey, Decision]:
    """Slices of which the adjudicated reading says something, and what it shows.

    What was cleared, and proposals that nobody confirmed, say nothing. However a mask came about,
    it is that of a reading where it is the same.
    """
    agreed = set(compared.agreed)
    pairs = {pair.number: pair for pair in compared.paired.pairs}
    found = {}
    for at, row in newest_masks(connection, final.annotation_key).items():
        if row.state not in EXAMPLE_STATES:
            continue
        pair = pairs.get(at[0])
        rows = compared.paired.rows(pair, at[1]) if pair is not None else (None, None)
        first, second = (one.runs if one is not None else None for one in rows)
        if pair is not None and row.runs == first:
            found[at] = Decision.BOTH if at in agreed else Decision.FIRST
        elif pair is not None and row.runs == second:
            found[at] = Decision.SECOND
        else:
            found[at] = Decision.DRAWN
    return found


def unsettled_slices(connection: Connection, readings: dict[int, WorkItem]) -> list[SliceKey]:
    """Slices of which the readings say something and the adjudicated reading nothing.

    Those on which both agree are among them only where the reviewer has taken them back.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    readings : dict
        All three readings by number.

    Returns
    -------
    list of (int, int)
        Segment numbers of the adjudicated reading and slice indices.
    """
    compared = compared_readings(connection, readings[1], readings[2])
    decided = decisions(connection, compared, readings[3])
    return [at for at in sorted([*compared.agreed, *compared.disputed]) if at not in decided]
