"""Checking changes of masks and turning them into rows of the store."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row

from core.annotation import history
from core.annotation.end_versions import enclosing_ends
from core.annotation.messages import message_digest
from core.annotation.opened_annotations import KnownAnnotation
from core.annotation.records import (
    BeyondEnds,
    ClearRefused,
    ExampleProtected,
    MaskChange,
    MessageKey,
    SegmentGone,
    StoreError,
    VersionConflict,
)
from core.annotation.run_length import encode_runs
from core.annotation.schema import mask_version
from core.annotation.states import EXAMPLE_STATES, SliceState, state_of_mask
from core.annotation.text_checks import check_teachers, check_weights
from core.annotation.versions import SliceKey, newest_masks, newest_segments, utc_now


def plain_numbers(change: MaskChange) -> MaskChange:
    """Change whose numbers are Python's own: database drivers misread those of numpy."""
    dice = change.expected_dice
    return replace(
        change,
        segment_number=int(change.segment_number),
        slice_index=int(change.slice_index),
        based_on=int(change.based_on),
        expected_dice=float(dice) if dice is not None else None,
    )


def change_content(change: MaskChange) -> dict[str, Any]:
    """Columns of ``mask_version`` that hold the mask and state of a change.

    Raises
    ------
    StoreError
        If the mask, the expected Dice or the name of the weights or of a teacher cannot be stored.
    """
    mask = change.mask
    if mask is not None and (mask.dtype != np.bool_ or mask.ndim != 2):
        raise StoreError(f"A mask is a two-dimensional bool array; this is {mask.dtype}.")
    pixels = int(np.count_nonzero(mask)) if mask is not None else 0
    dice = change.expected_dice
    if dice is not None and not (math.isfinite(dice) and 0 <= dice <= 1):
        raise StoreError(f"An expected Dice lies between 0 and 1; this is {dice}.")
    if change.weights is not None:
        check_weights(change.weights)
    check_teachers(change.teachers)
    return {
        "state": state_of_mask(SliceState(change.state), pixels > 0).value,
        "runs": encode_runs(mask) if mask is not None and pixels else None,
        "pixels": pixels,
        "expected_dice": dice,
        "weights": change.weights,
        "teachers": " ".join(change.teachers) or None,
    }


def changes_digest(
    annotation_key: str,
    person: str,
    tool: str,
    changes: Sequence[MaskChange],
    contents: Sequence[dict[str, Any]],
    locked: Collection[int],
) -> str:
    """Digest of what a message asks to store, as `message_digest` makes it.

    State and version are left out: they depend on what was stored before the message came, such as
    a proposal that a stroke was put on top of.
    """
    sent = [
        (change.segment_number, change.slice_index, content["runs"])
        for change, content in zip(changes, contents, strict=True)
    ]
    # Left out where there are none: older versions of the program knew of none.
    further = [sorted(locked)] if locked else []
    return message_digest("put", annotation_key, person, tool, sent, *further)


def version_columns(
    annotation_key: str, key: SliceKey, current: int, step_id: int, person: str, tool: str
) -> dict[str, Any]:
    """Columns of ``mask_version`` that name the next version of a mask and who made it."""
    return {
        "annotation_key": annotation_key,
        "segment_number": key[0],
        "slice_index": key[1],
        "version": current + 1,
        "origin": current + 1,
        "step_id": step_id,
        "person": person,
        "tool": tool,
        "time": utc_now(),
    }


def check_changes(
    connection: Connection,
    known: KnownAnnotation,
    changes: Sequence[MaskChange],
    contents: Sequence[dict[str, Any]],
    message: MessageKey | None,
) -> dict[SliceKey, int]:
    """Check changes against what is stored.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    known : KnownAnnotation
        The annotation to change.
    changes : sequence of MaskChange
        At most one for each segment and slice.
    contents : sequence of dict
        What `change_content` returned for each.
    message : MessageKey, optional
        The message that asked for them.

    Returns
    -------
    dict
        Newest versions of the slices to change by segment number and slice index, in the order of
        `changes`; 0 where there is none.

    Raises
    ------
    VersionConflict
        If one of the slices was changed since the version its change was based on.
    ClearRefused, ExampleProtected, StoreError
        If the changes are not allowed.
    """
    keys = [(change.segment_number, change.slice_index) for change in changes]
    if len(set(keys)) < len(keys):
        raise StoreError("One step holds one change for each segment and slice at most.")
    segments = newest_segments(connection, known.key)
    newest = newest_masks(connection, known.key, keys)
    _check_ends(connection, known, changes, contents)
    versions = {}
    for key, change, content in zip(keys, changes, contents, strict=True):
        segment = segments.get(key[0])
        if segment is None or segment.removed:
            raise SegmentGone(f"There is no segment {key[0]} in this series; add it first.")
        _check_place(known, change)
        row = newest.get(key)
        versions[key] = row.version if row is not None else 0
        if versions[key] != change.based_on and not (
            message is not None
            and 0 <= change.based_on < versions[key]
            and history.only_earlier_messages(
                connection, mask_version, _place(known.key, key), change.based_on, message
            )
        ):
            raise VersionConflict(*key, change.based_on, versions[key])
        if row is not None:
            _check_content(row, change, content)
    return versions


def _place(annotation_key: str, key: SliceKey) -> dict[str, Any]:
    return {"annotation_key": annotation_key, "segment_number": key[0], "slice_index": key[1]}


def _check_ends(
    connection: Connection,
    known: KnownAnnotation,
    changes: Sequence[MaskChange],
    contents: Sequence[dict[str, Any]],
) -> None:
    """Refuse proposals where a person stated that the segment is not."""
    proposed = [
        change
        for change, content in zip(changes, contents, strict=True)
        if content["state"] == SliceState.PROPOSED
    ]
    if not proposed:
        return
    ends = enclosing_ends(connection, known.key)
    for change in proposed:
        stated = ends.get(change.segment_number)
        if stated is not None and not stated.encloses(change.slice_index):
            raise BeyondEnds(
                f"Slice {change.slice_index + 1} lies beyond the stated ends of the segment."
            )


def _check_place(known: KnownAnnotation, change: MaskChange) -> None:
    """Refuse a slice or a mask that the series does not have."""
    if not 0 <= change.slice_index < known.slices:
        raise StoreError(
            f"This series has slices 0 to {known.slices - 1}, not {change.slice_index}."
        )
    if change.mask is not None and change.mask.shape != known.shape:
        raise StoreError(
            f"A mask of this series has {known.rows} × {known.columns} pixels, "
            f"not {' × '.join(map(str, change.mask.shape))}."
        )


def _check_content(row: Row[Any], change: MaskChange, content: dict[str, Any]) -> None:
    """Refuse a proposal instead of an example, and an accidental clearing."""
    if change.state is SliceState.PROPOSED and row.state in EXAMPLE_STATES:
        raise ExampleProtected("A proposal cannot replace what a person drew or confirmed.")
    if row.pixels and not content["pixels"] and not change.allow_clear:
        raise ClearRefused(
            "This would erase the whole mask of the slice; clear the slice if that is meant."
        )
