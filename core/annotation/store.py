"""The store: every version of every mask and segment, on disk before the call returns.

Nothing is ever overwritten. A change of a mask is a new version based on the newest one; a change
based on an older version is a conflict. Slices are counted from 0 along the normal, segments
from 1; masks are bool [rows, columns].
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from core.annotation import history
from core.annotation.database import open_database, reading, writing
from core.annotation.records import (
    ClearRefused,
    ExampleProtected,
    MaskChange,
    MessageKey,
    MessageReused,
    NextSteps,
    SliceAnnotation,
    StepTaken,
    StoreError,
    VersionConflict,
)
from core.annotation.run_length import encode_runs
from core.annotation.schema import series
from core.annotation.states import EXAMPLE_STATES, SliceState, state_of_mask
from core.annotation.versions import (
    SliceKey,
    append_masks,
    append_segment,
    mask_at,
    mask_content,
    newest_masks,
    newest_segments,
    segment_columns,
    segment_of,
    slice_annotation,
    utc_now,
)
from core.segments.segment import Segment

__all__ = [
    "AnnotationStore",
    "ClearRefused",
    "ExampleProtected",
    "MaskChange",
    "MessageKey",
    "MessageReused",
    "NextSteps",
    "SliceAnnotation",
    "StepTaken",
    "StoreError",
    "VersionConflict",
]

_MAX_NAME = 200  # characters of a person or of a name of weights
_MAX_ACTION = 100  # characters of an action or tool


class _Series(NamedTuple):
    uid: str
    rows: int
    columns: int
    slices: int


class AnnotationStore:
    """All annotations of all series in one database.

    One store serves any number of threads; any number of processes may open the same database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; see `core.annotation.database.default_url`.

    Raises
    ------
    StoreError
        If the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)

    def close(self) -> None:
        """Close all connections to the database."""
        self._engine.dispose()

    def open_series(
        self, series_uid: str, sop_instance_uids: Sequence[str], rows: int, columns: int
    ) -> None:
        """Make a series known, or check that it is still the one that is known.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.
        sop_instance_uids : sequence of str
            SOP Instance UID of each slice, in slice order.
        rows, columns : int
            Size of every slice.

        Raises
        ------
        StoreError
            If the series has no pixels, or was annotated before with other slices.
        """
        if not sop_instance_uids or rows < 1 or columns < 1:
            raise StoreError("A series without slices or pixels cannot be annotated.")
        digest = hashlib.sha256("\n".join(sop_instance_uids).encode()).hexdigest()
        new = {
            "uid": series_uid,
            "rows": rows,
            "columns": columns,
            "slices": len(sop_instance_uids),
            "slices_digest": digest,
        }
        query = select(series).where(series.c.uid == series_uid)
        with reading(self._engine) as connection:
            known = connection.execute(query).first()
        if known is None:
            with writing(self._engine) as connection:
                # Somebody else may have made it known in between.
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(insert(series).values(new))
                known = connection.execute(query).one()
        if dict(known._mapping) != new:
            raise StoreError(
                f"This series was annotated before with {known.slices} slices of {known.rows} × "
                f"{known.columns} pixels and now has other or differently ordered ones "
                f"({len(sop_instance_uids)} of {rows} × {columns}); open the files of that time."
            )

    def segments(self, series_uid: str) -> list[Segment]:
        """Return the segments of a series by number, without the removed ones.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.

        Returns
        -------
        list of Segment
            In the order of their numbers.
        """
        with reading(self._engine) as connection:
            _series(connection, series_uid)
            newest = newest_segments(connection, series_uid)
        return [segment_of(row) for row in newest.values() if not row.removed]

    def next_segment_number(self, series_uid: str) -> int:
        """Return the number for a new segment: one more than any that was ever in use."""
        with reading(self._engine) as connection:
            _series(connection, series_uid)
            return max(newest_segments(connection, series_uid), default=0) + 1

    def save_segment(self, series_uid: str, segment: Segment, person: str) -> None:
        """Add a segment, or change one that has the same number.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.
        segment : Segment
            The segment as it is from now on.
        person : str
            Who did it.
        """
        _check_name(person, "The name of a person", _MAX_NAME)
        with self._changing(series_uid) as (connection, _):
            current = newest_segments(connection, series_uid).get(segment.number)
            version = current.version + 1 if current is not None else 1
            append_segment(
                connection,
                segment_columns(segment)
                | {
                    "series_uid": series_uid,
                    "version": version,
                    "origin": version,
                    "step_id": None,
                    "removed": False,
                    "person": person,
                    "time": utc_now(),
                },
            )

    def remove_segment(self, series_uid: str, number: int, person: str) -> None:
        """Remove a segment and empty its slices, as one step that can be undone.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.
        number : int
            The segment.
        person : str
            Who did it.

        Raises
        ------
        StoreError
            If there is no such segment.
        """
        _check_name(person, "The name of a person", _MAX_NAME)
        with self._changing(series_uid) as (connection, _):
            current = newest_segments(connection, series_uid).get(number)
            if current is None or current.removed:
                raise StoreError(f"There is no segment {number} in this series.")
            step_id = history.append_step(connection, series_uid, person, "remove segment")
            append_segment(
                connection,
                segment_columns(segment_of(current))
                | {
                    "series_uid": series_uid,
                    "version": current.version + 1,
                    "origin": current.version + 1,
                    "step_id": step_id,
                    "removed": True,
                    "person": person,
                    "time": utc_now(),
                },
            )
            append_masks(
                connection,
                [
                    mask_content(None)
                    | _version_columns(series_uid, key, row.version, step_id, person, "remove")
                    for key, row in newest_masks(connection, series_uid).items()
                    if key[0] == number and row.state != SliceState.EMPTY
                ],
            )

    def put_many(
        self,
        series_uid: str,
        changes: Sequence[MaskChange],
        person: str,
        tool: str,
        action: str,
        *,
        message: tuple[str, int] | None = None,
    ) -> list[int]:
        """Store new masks in one transaction: all or none of them, one step to undo.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.
        changes : sequence of MaskChange
            At most one for each segment and slice.
        person, tool : str
            Who changed them and with what.
        action : str
            What people read beside "undo", such as "accept all".
        message : (str, int), optional
            As in `put_many`.

        Returns
        -------
        list of int
            The new version of each, on disk when this returns.

        Raises
        ------
        VersionConflict
            If one of the slices was changed since the version its change was based on.
        ClearRefused, ExampleProtected, MessageReused, StoreError
            If the store refuses; nothing has changed then.
        """
        _check_name(person, "The name of a person", _MAX_NAME)
        _check_name(tool, "The name of a tool", _MAX_ACTION)
        _check_name(action, "The name of an action", _MAX_ACTION)
        changes = [_plain_numbers(change) for change in changes]
        contents = [_content(change) for change in changes]
        key = _message_key(message)
        # What the sender said, without what is made of it depending on what was stored before.
        said = [
            (change.segment_number, change.slice_index, change.based_on, content["runs"])
            for change, content in zip(changes, contents, strict=True)
        ]
        digest = _digest("put", series_uid, person, tool, said)
        with self._changing(series_uid) as (connection, known):
            if key is not None and (earlier := _earlier_step(connection, key, digest)):
                return [version for _, version in history.slices_of_step(connection, earlier)]
            if not changes:
                return []
            current = _check_changes(connection, known, changes, contents, key)
            step_id = history.append_step(
                connection, series_uid, person, action, message=key, digest=digest
            )
            rows = [
                content | _version_columns(series_uid, at, current[at], step_id, person, tool)
                for at, content in zip(current, contents, strict=True)
            ]
            append_masks(connection, rows)
        return [row["version"] for row in rows]

    def slice(
        self,
        series_uid: str,
        segment_number: int,
        slice_index: int,
        *,
        version: int | None = None,
    ) -> SliceAnnotation:
        """Return one segment on one slice.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.
        segment_number, slice_index : int
            Which one.
        version : int, optional
            The newest by default.

        Returns
        -------
        SliceAnnotation
            Version 0, empty, where nothing was ever stored.

        Raises
        ------
        StoreError
            If there is no such version.
        """
        key = (int(segment_number), int(slice_index))
        with reading(self._engine) as connection:
            known = _series(connection, series_uid)
            if version is None:
                row = newest_masks(connection, series_uid, [key]).get(key)
            else:
                row = mask_at(connection, series_uid, key, version)
        shape = (known.rows, known.columns)
        if row is not None:
            return slice_annotation(row, shape)
        if version:
            raise StoreError(f"This slice has no version {version}; load it again.")
        return SliceAnnotation(*key, shape)

    def annotation(self, series_uid: str) -> dict[SliceKey, SliceAnnotation]:
        """Return the newest version of every segment on every slice that has one.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.

        Returns
        -------
        dict
            By segment number and slice index; without removed segments.
        """
        with reading(self._engine) as connection:
            known = _series(connection, series_uid)
            segments = newest_segments(connection, series_uid)
            rows = newest_masks(connection, series_uid)
        shape = (known.rows, known.columns)
        return {
            key: slice_annotation(row, shape)
            for key, row in rows.items()
            if not segments[key[0]].removed
        }

    def undo(
        self, series_uid: str, person: str, *, message: tuple[str, int] | None = None
    ) -> list[SliceKey]:
        """Take back the person's last step in this series, as new versions.

        What somebody else changed since then stays: those slices are left out, and the step counts
        as taken back all the same.

        Parameters
        ----------
        series_uid : str
            Series Instance UID.
        person : str
            Whose step.
        message : (str, int), optional
            As in `put_many`.

        Returns
        -------
        list of (int, int)
            Segments and slices that changed; none where there is nothing to undo.
        """
        return self._travel("undo", series_uid, person, message)

    def redo(
        self, series_uid: str, person: str, *, message: tuple[str, int] | None = None
    ) -> list[SliceKey]:
        """Bring back the step that the person's last undo took back; otherwise as `undo`."""
        return self._travel("redo", series_uid, person, message)

    def next_steps(self, series_uid: str, person: str) -> NextSteps:
        """Return the steps that the person's next undo and redo are about."""
        with reading(self._engine) as connection:
            return NextSteps(
                _step_taken(history.next_undo(connection, series_uid, person)),
                _step_taken(history.next_redo(connection, series_uid, person)),
            )

    def undo_action(self, series_uid: str, person: str) -> str | None:
        """Return the action that the person's next undo takes back, or None."""
        with reading(self._engine) as connection:
            step = history.next_undo(connection, series_uid, person)
        return step.action if step is not None else None

    def redo_action(self, series_uid: str, person: str) -> str | None:
        """Return the action that the person's next redo brings back, or None."""
        with reading(self._engine) as connection:
            step = history.next_redo(connection, series_uid, person)
        return step.action if step is not None else None

    def _travel(
        self, kind: str, series_uid: str, person: str, message: tuple[str, int] | None
    ) -> list[SliceKey]:
        _check_name(person, "The name of a person", _MAX_NAME)
        key = _message_key(message)
        digest = _digest(kind, series_uid, person)
        move = history.undo_step if kind == "undo" else history.redo_step
        with self._changing(series_uid) as (connection, _):
            if key is not None and (earlier := _earlier_step(connection, key, digest)):
                return [at for at, _ in history.slices_of_step(connection, earlier)]
            return move(connection, series_uid, person, message=key, digest=digest)

    @contextmanager
    def _changing(self, series_uid: str) -> Iterator[tuple[Connection, _Series]]:
        """Run a transaction that is the only one to change this series while it runs."""
        with writing(self._engine) as connection:
            yield connection, _series(connection, series_uid, lock=True)


def _series(connection: Connection, series_uid: str, *, lock: bool = False) -> _Series:
    query = select(series).where(series.c.uid == series_uid)
    # SQLite ignores the lock on the row; there the whole transaction has the database to itself.
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise StoreError("This series is not known to the store; open it first.")
    return _Series(row.uid, row.rows, row.columns, row.slices)


def _check_changes(
    connection: Connection,
    known: _Series,
    changes: Sequence[MaskChange],
    contents: Sequence[dict[str, Any]],
    message: MessageKey | None,
) -> dict[SliceKey, int]:
    """Newest versions of the slices to change, in their order; raises what `put_many` raises."""
    keys = [(change.segment_number, change.slice_index) for change in changes]
    if len(set(keys)) < len(keys):
        raise StoreError("One step holds one change for each segment and slice at most.")
    segments = newest_segments(connection, known.uid)
    newest = newest_masks(connection, known.uid, keys)
    versions = {}
    for key, change, content in zip(keys, changes, contents, strict=True):
        segment = segments.get(key[0])
        if segment is None or segment.removed:
            raise StoreError(f"There is no segment {key[0]} in this series; add it first.")
        if not 0 <= key[1] < known.slices:
            raise StoreError(f"This series has slices 0 to {known.slices - 1}, not {key[1]}.")
        if change.mask is not None and change.mask.shape != (known.rows, known.columns):
            raise StoreError(
                f"A mask of this series has {known.rows} × {known.columns} pixels, "
                f"not {' × '.join(map(str, change.mask.shape))}."
            )
        row = newest.get(key)
        versions[key] = row.version if row is not None else 0
        if versions[key] != change.based_on and not (
            message is not None
            and 0 <= change.based_on < versions[key]
            and history.only_earlier_messages(connection, known.uid, key, change.based_on, message)
        ):
            raise VersionConflict(*key, change.based_on, versions[key])
        if row is None:
            continue
        if change.state is SliceState.PROPOSED and row.state in EXAMPLE_STATES:
            raise ExampleProtected("A proposal cannot replace what a person drew or confirmed.")
        if row.pixels and not content["pixels"] and not change.allow_clear:
            raise ClearRefused(
                "This would erase the whole mask of the slice; clear the slice if that is meant."
            )
    return versions


def _plain_numbers(change: MaskChange) -> MaskChange:
    """Change whose numbers are Python's own: database drivers misread those of numpy."""
    dice = change.expected_dice
    return replace(
        change,
        segment_number=int(change.segment_number),
        slice_index=int(change.slice_index),
        based_on=int(change.based_on),
        expected_dice=float(dice) if dice is not None else None,
    )


def _content(change: MaskChange) -> dict[str, Any]:
    """Columns that hold the mask and state of a change."""
    mask = change.mask
    if mask is not None and (mask.dtype != np.bool_ or mask.ndim != 2):
        raise StoreError(f"A mask is a two-dimensional bool array; this is {mask.dtype}.")
    pixels = int(np.count_nonzero(mask)) if mask is not None else 0
    dice = change.expected_dice
    if dice is not None and not (math.isfinite(dice) and 0 <= dice <= 1):
        raise StoreError(f"An expected Dice lies between 0 and 1; this is {dice}.")
    if change.weights is not None:
        _check_name(change.weights, "The name of the weights", _MAX_NAME)
    return {
        "state": state_of_mask(SliceState(change.state), pixels > 0).value,
        "runs": encode_runs(mask) if mask is not None and pixels else None,
        "pixels": pixels,
        "expected_dice": dice,
        "weights": change.weights,
    }


def _version_columns(
    series_uid: str, key: SliceKey, current: int, step_id: int, person: str, tool: str
) -> dict[str, Any]:
    return {
        "series_uid": series_uid,
        "segment_number": key[0],
        "slice_index": key[1],
        "version": current + 1,
        "origin": current + 1,
        "step_id": step_id,
        "person": person,
        "tool": tool,
        "time": utc_now(),
    }


def _step_taken(row: Row[Any] | None) -> StepTaken | None:
    if row is None:
        return None
    named = row.client is not None
    return StepTaken(row.action, MessageKey(row.client, row.sequence) if named else None)


def _message_key(message: tuple[str, int] | None) -> MessageKey | None:
    if message is None:
        return None
    client, sequence = message
    _check_name(client, "The name of a client", 64)
    if not 0 <= sequence < 2**63:
        raise StoreError("A sequence number is a whole number from 0.")
    return MessageKey(client, sequence)


def _earlier_step(connection: Connection, message: MessageKey, digest: str) -> int | None:
    """Step that an earlier copy of this message made, if there was one."""
    step = history.step_of_message(connection, message)
    if step is None:
        return None
    if step.message_digest != digest:
        raise MessageReused(
            "A message came with the number of an earlier, different one; reload the page."
        )
    return step.id


def _digest(kind: str, *parts: Any) -> str:
    return hashlib.sha256(repr((kind, *parts)).encode()).hexdigest()


def _check_name(text: str, what: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        raise StoreError(f"{what} has between 1 and {longest} characters.")
