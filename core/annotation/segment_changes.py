"""Saving and removing segments within a transaction."""

from typing import Any

from sqlalchemy import Connection

from core.annotation import history
from core.annotation.end_versions import append_ends, newest_ends
from core.annotation.mask_changes import version_columns
from core.annotation.records import StoreError
from core.annotation.states import SliceState
from core.annotation.versions import (
    append_masks,
    append_segment,
    mask_content,
    newest_masks,
    newest_segments,
    segment_columns,
    segment_of,
    utc_now,
)
from core.segments.segment import Segment


def save_segment(
    connection: Connection, annotation_key: str, segment: Segment, person: str
) -> None:
    """Add a segment, or change the one that has the same number.

    A change is a step that can be undone. Adding is none: an empty segment is in nobody's way.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    segment : Segment
        The segment as it is from now on.
    person : str
        Who did it.
    """
    current = newest_segments(connection, annotation_key).get(segment.number)
    if current is None or current.removed:
        version = current.version + 1 if current is not None else 1
        append_new_segment(
            connection,
            annotation_key,
            segment,
            person,
            version=version,
            removed=False,
            step_id=None,
        )
        return
    before = segment_of(current)
    if before == segment:
        return
    step_id = history.append_step(connection, annotation_key, person, _action(before, segment))
    append_new_segment(
        connection,
        annotation_key,
        segment,
        person,
        version=current.version + 1,
        removed=False,
        step_id=step_id,
    )


def remove_segment(connection: Connection, annotation_key: str, number: int, person: str) -> None:
    """Remove a segment with its ends and empty its slices, as one step that can be undone.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    number : int
        The segment.
    person : str
        Who did it.

    Raises
    ------
    StoreError
        If there is no such segment.
    """
    current = newest_segments(connection, annotation_key).get(number)
    if current is None or current.removed:
        raise StoreError(f"There is no segment {number} in this series.")
    step_id = history.append_step(connection, annotation_key, person, "remove segment")
    append_ends(
        connection,
        annotation_key,
        [
            (key, None, row.version + 1, None)
            for key, row in newest_ends(connection, annotation_key).items()
            if key[0] == number and row.slice_index is not None
        ],
        step_id,
        person,
    )
    append_new_segment(
        connection,
        annotation_key,
        segment_of(current),
        person,
        version=current.version + 1,
        removed=True,
        step_id=step_id,
    )
    append_masks(
        connection,
        [
            mask_content(None)
            | version_columns(annotation_key, key, row.version, step_id, person, "remove")
            for key, row in newest_masks(connection, annotation_key).items()
            if key[0] == number and row.state != SliceState.EMPTY
        ],
    )


def _action(before: Segment, after: Segment) -> str:
    """Name of the step that makes one of the other."""
    changed = {
        "rename segment": before.label != after.label,
        "recolour segment": before.color != after.color,
        "change code of segment": (before.category, before.type, before.type_modifier)
        != (after.category, after.type, after.type_modifier),
    }
    names = [name for name, is_changed in changed.items() if is_changed]
    return names[0] if len(names) == 1 else "change segment"


def append_new_segment(
    connection: Connection, annotation_key: str, segment: Segment, person: str, **version: Any
) -> None:
    """Write a version of a segment that is new content, not one that undo brought back.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    segment : Segment
        The segment as it is from this version on.
    person : str
        Who did it.
    **version
        The columns `version`, `removed` and `step_id`.
    """
    append_segment(
        connection,
        segment_columns(segment)
        | {
            "annotation_key": annotation_key,
            "origin": version["version"],
            "person": person,
            "time": utc_now(),
        }
        | version,
    )
