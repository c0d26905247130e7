"""What was proposed from other series alone, although newer masks may have taken its place.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, select

from core.annotation.schema import mask_version, step
from core.annotation.store import AnnotationStore
from core.annotation.versions import newest_segments, slice_annotation

PROPOSING_TOOL: Final = "propose"
"""Tool of versions that name teachers and were proposed from them alone."""

JOINED_TOOL: Final = "propose with teachers"
"""Tool of versions that were proposed from the series itself, with what teachers had said."""


@dataclass(frozen=True, eq=False)
class TaughtMasks:
    """What other series said of a segment when they were asked last.

    Attributes
    ----------
    masks : dict of int to numpy.ndarray
        bool [rows, columns] by slice index, none empty: where there is none, nothing was found.
    expected : dict of int to float
        Dice to expect by slice index, as far as it is known.
    teachers : tuple of str
        Series Instance UIDs of these series.
    """

    masks: dict[int, NDArray[np.bool_]]
    expected: dict[int, float]
    teachers: tuple[str, ...]


def taught_masks(store: AnnotationStore, annotation_key: str) -> dict[int, TaughtMasks]:
    """Read what other series said of every segment, unless somebody took that back.

    Parameters
    ----------
    store : AnnotationStore
        Where it is.
    annotation_key : str
        Key of the annotation.

    Returns
    -------
    dict of int to TaughtMasks
        By segment number; without removed segments.
    """
    with store.reading(annotation_key) as (connection, known):
        found: dict[int, TaughtMasks] = {}
        for row in _rows_with_pixels(connection, annotation_key):
            one = slice_annotation(row, known.shape)
            of_segment = found.setdefault(one.segment_number, TaughtMasks({}, {}, one.teachers))
            of_segment.masks[one.slice_index] = one.mask
            if one.expected_dice is not None:
                of_segment.expected[one.slice_index] = one.expected_dice
        return found


def series_that_taught(store: AnnotationStore, annotation_key: str) -> dict[int, tuple[str, ...]]:
    """Name the series of `taught_masks` by segment number, without decoding masks."""
    with store.reading(annotation_key) as (connection, _):
        rows = _rows_with_pixels(connection, annotation_key)
        return {row.segment_number: tuple(row.teachers.split()) for row in rows}


def _rows_with_pixels(connection: Connection, annotation_key: str) -> list[Row[Any]]:
    """Versions of segments that were not removed in which other series found something."""
    segments = newest_segments(connection, annotation_key)
    removed = {number for number, row in segments.items() if row.removed}
    return [
        row
        for row in _rows_of_last_lessons(connection, annotation_key)
        if row.pixels and row.segment_number not in removed
    ]


def _rows_of_last_lessons(connection: Connection, annotation_key: str) -> list[Row[Any]]:
    """Versions that the newest lesson of each segment wrote, where it was not taken back."""
    lessons = list(
        connection.execute(
            select(mask_version.c.segment_number, mask_version.c.step_id)
            .where(
                mask_version.c.annotation_key == annotation_key,
                mask_version.c.teachers.is_not(None),
                mask_version.c.tool == PROPOSING_TOOL,
            )
            .distinct()
        )
    )
    taken_back = _taken_back(connection, annotation_key)
    newest: dict[int, int] = {}
    for segment, step_id in lessons:
        if step_id not in taken_back:
            newest[segment] = max(step_id, newest.get(segment, 0))
    return [
        row
        for segment, step_id in newest.items()
        for row in connection.execute(
            select(mask_version).where(
                mask_version.c.step_id == step_id,
                mask_version.c.segment_number == segment,
            )
        )
    ]


def _taken_back(connection: Connection, annotation_key: str) -> set[int]:
    """Steps that were undone and not redone since."""
    moves = connection.execute(
        select(step.c.target, step.c.kind)
        .where(step.c.annotation_key == annotation_key, step.c.target.is_not(None))
        .order_by(step.c.id)
    )
    last = {row.target: row.kind for row in moves}
    return {target for target, kind in last.items() if kind == "undo"}
