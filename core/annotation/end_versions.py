"""Reading and appending versions of the ends of segments within a transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row

from core.annotation.records import StatedEnds
from core.annotation.schema import end_version
from core.annotation.states import EXAMPLE_STATES
from core.annotation.version_tables import append_rows, newest_rows, version_at
from core.annotation.versions import newest_masks, utc_now
from core.segments.ends import End, Ends

EndKey = tuple[int, End]
"""Segment number, and which of its ends."""

_PLACE = ("segment_number", "which_end")


def newest_ends(connection: Connection, annotation_key: str) -> dict[EndKey, Row[Any]]:
    """Newest version of each end of the segments of an annotation.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    annotation_key : str
        Key of the annotation.

    Returns
    -------
    dict
        Rows of ``end_version`` by segment number and end; nothing for what was never stated.
    """
    rows = newest_rows(connection, end_version, annotation_key, _PLACE)
    return {(row.segment_number, End(row.which_end)): row for row in rows}


def ends_by_segment(newest: Mapping[EndKey, Row[Any]]) -> dict[int, StatedEnds]:
    """Ends by segment number, from what `newest_ends` returned."""
    found = {}
    for number in {number for number, _ in newest}:
        first, last = (newest.get((number, end)) for end in End)
        found[number] = StatedEnds(
            Ends(
                first.slice_index if first is not None else None,
                last.slice_index if last is not None else None,
            ),
            first.version if first is not None else 0,
            last.version if last is not None else 0,
        )
    return found


def enclosing_ends(connection: Connection, annotation_key: str) -> dict[int, Ends]:
    """Ends by segment number, widened to enclose every slice that a person drew or accepted."""
    stated = ends_by_segment(newest_ends(connection, annotation_key))
    if not stated:
        return {}
    shown: dict[int, list[int]] = {number: [] for number in stated}
    for (number, index), row in newest_masks(connection, annotation_key).items():
        if number in stated and row.pixels and row.state in EXAMPLE_STATES:
            shown[number].append(index)
    return {number: one.ends.widened(shown[number]) for number, one in stated.items()}


def end_at(
    connection: Connection, annotation_key: str, key: EndKey, version: int
) -> Row[Any] | None:
    """One version of an end, as a row of ``end_version``; None where there is none."""
    place = dict(zip(_PLACE, (key[0], key[1].value), strict=True))
    return version_at(connection, end_version, annotation_key, place, version).one_or_none()


def append_ends(
    connection: Connection,
    annotation_key: str,
    rows: Iterable[tuple[EndKey, int | None, int, int | None]],
    step_id: int,
    person: str,
) -> None:
    """Write new versions of ends.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    rows : iterable of (EndKey, int or None, int, int or None)
        Which end, the slice, the version, and the version whose content it brings back, if any.
    step_id : int
        The step that writes them.
    person : str
        Who did it.
    """
    values = (
        {
            "annotation_key": annotation_key,
            "segment_number": key[0],
            "which_end": key[1].value,
            "version": version,
            "origin": version if origin is None else origin,
            "step_id": step_id,
            "slice_index": index,
            "person": person,
            "time": utc_now(),
        }
        for key, index, version, origin in rows
    )
    append_rows(connection, end_version, values)
