"""Slices on which two readings differ, and which of them the adjudicated reading has settled."""

from typing import NamedTuple

from sqlalchemy import Connection

from core.annotation.versions import SliceKey, newest_masks
from core.projects.reading_pairs import PairedReadings, paired_readings
from core.projects.records import WorkItem

TAKEN_FROM_BOTH = "both readings"
TAKEN_FROM = {1: "reading 1", 2: "reading 2"}
TAKING_TOOLS = (TAKEN_FROM_BOTH, *TAKEN_FROM.values())
"""Tools by which masks of the readings came into the adjudicated one, as the store names them."""


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


def unsettled_slices(connection: Connection, readings: dict[int, WorkItem]) -> list[SliceKey]:
    """Slices on which the readings differ and that the adjudicated reading says nothing of.

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
    settled = newest_masks(connection, readings[3].annotation_key)
    return [at for at in compared.disputed if at not in settled]
