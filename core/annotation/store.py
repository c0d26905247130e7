"""The store: every version of every mask and segment, on disk before the call returns.

Nothing is ever overwritten. A change of a mask is a new version based on the newest one; a change
based on an older version is a conflict. Slices are counted from 0 along the normal, segments
from 1; masks are bool [rows, columns].
"""

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection, Row

from core.annotation import history
from core.annotation.database import Database, open_database, reading, writing
from core.annotation.mask_changes import change_content, plain_numbers
from core.annotation.mask_storing import store_masks
from core.annotation.messages import earlier_step, message_digest, message_key
from core.annotation.opened_annotations import KnownAnnotation, known_annotation, record_annotation
from core.annotation.records import (
    ClearRefused,
    ExampleProtected,
    Guard,
    MaskChange,
    MessageKey,
    MessageReused,
    NextSteps,
    SliceAnnotation,
    StepTaken,
    StoreBusy,
    StoreError,
    VersionConflict,
)
from core.annotation.segment_changes import remove_segment, save_segment
from core.annotation.text_checks import check_action, check_person, check_tool
from core.annotation.versions import (
    SliceKey,
    mask_at,
    newest_masks,
    newest_segments,
    segment_of,
    slice_annotation,
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
    "StoreBusy",
    "StoreError",
    "VersionConflict",
]


class AnnotationStore:
    """All annotations in one database.

    One store serves any number of threads; any number of processes may open the same database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; see `core.home.settings.default_url`.
    client : callable, optional
        Tells from where whoever asks within a thread does, for the audit log.

    Raises
    ------
    StoreError
        If the database cannot be opened.
    """

    def __init__(self, url: str, client: Callable[[], str] | None = None) -> None:
        self._database = open_database(url, client)
        self._guard: Guard | None = None

    def guarded(self, guard: Guard) -> Self:
        """Return this store with a guard, which is asked within every transaction."""
        guarded = copy.copy(self)
        guarded._guard = guard
        return guarded

    def close(self) -> None:
        """Close all connections to the database."""
        self._database.dispose()

    @property
    def database(self) -> Database:
        """The database, for tables that belong to no single annotation."""
        return self._database

    def open_annotation(
        self, annotation_key: str, sop_instance_uids: Sequence[str], rows: int, columns: int
    ) -> None:
        """Record an annotation, or check that its series has the slices that are recorded.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.
        sop_instance_uids : sequence of str
            SOP Instance UID of each slice, in slice order.
        rows, columns : int
            Size of every slice.

        Raises
        ------
        StoreError
            If the series has no pixels, or was annotated before with other slices.
        """
        if self._guard is not None:
            with reading(self._database) as connection:
                self._guard.before_reading(connection, annotation_key)
        record_annotation(self._database, annotation_key, sop_instance_uids, rows, columns)

    def segments(self, annotation_key: str) -> list[Segment]:
        """Return the segments of an annotation by number, without the removed ones.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.

        Returns
        -------
        list of Segment
            In the order of their numbers.
        """
        with self.reading(annotation_key) as (connection, _):
            newest = newest_segments(connection, annotation_key)
            return [segment_of(row) for row in newest.values() if not row.removed]

    def next_segment_number(self, annotation_key: str) -> int:
        """Return the number for a new segment: one more than any that was ever in use."""
        with self.reading(annotation_key) as (connection, _):
            return max(newest_segments(connection, annotation_key), default=0) + 1

    def save_segment(self, annotation_key: str, segment: Segment, person: str) -> None:
        """Add a segment, or change one that has the same number, as a step that can be undone.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.
        segment : Segment
            The segment as it is from now on.
        person : str
            Who did it.
        """
        check_person(person)
        with self.changing(annotation_key) as (connection, _):
            save_segment(connection, annotation_key, segment, person)

    def remove_segment(self, annotation_key: str, number: int, person: str) -> None:
        """Remove a segment and empty its slices, as one step that can be undone.

        Parameters
        ----------
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
        check_person(person)
        with self.changing(annotation_key) as (connection, _):
            remove_segment(connection, annotation_key, number, person)

    def put_many(
        self,
        annotation_key: str,
        changes: Sequence[MaskChange],
        person: str,
        tool: str,
        action: str,
        *,
        message: tuple[str, int] | None = None,
        locked: Collection[int] | None = None,
    ) -> list[int]:
        """Store new masks in one transaction: all or none of them, one step to undo.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.
        changes : sequence of MaskChange
            At most one for each segment and slice.
        person, tool : str
            Who changed them and with what.
        action : str
            Shown beside "undo", such as "accept all".
        message : (str, int), optional
            Client and sequence number: the same message is carried out once.
        locked : collection of int, optional
            Drawings with one segment apply its rule for overlaps, and these segments keep their
            pixels. By default no other segment changes, whatever the rule says.

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
        check_person(person)
        check_tool(tool)
        check_action(action)
        changes = [plain_numbers(change) for change in changes]
        contents = [change_content(change) for change in changes]
        key, who = message_key(message), (person, tool, action)
        with self.changing(annotation_key) as (connection, known):
            return store_masks(
                connection, known, changes, contents, *who, message=key, locked=locked
            )

    def versions_stored(self, annotation_key: str, message: tuple[str, int]) -> list[int] | None:
        """Return the versions that a message made; None where it was never stored.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.
        message : (str, int)
            As in `put_many`.
        """
        key = message_key(message)
        with self.reading(annotation_key) as (connection, _):
            step = history.step_of_message(connection, key) if key is not None else None
            if step is None:
                return None
            return [version for _, version in history.slices_of_step(connection, step.id)]

    def slice(
        self,
        annotation_key: str,
        segment_number: int,
        slice_index: int,
        *,
        version: int | None = None,
    ) -> SliceAnnotation:
        """Return one segment on one slice.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.
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
        with self.reading(annotation_key) as (connection, known):
            if version is None:
                row = newest_masks(connection, annotation_key, [key]).get(key)
            else:
                row = mask_at(connection, annotation_key, key, version)
            if row is not None:
                return slice_annotation(row, known.shape)
        if version:
            raise StoreError(f"This slice has no version {version}; load it again.")
        return SliceAnnotation(*key, known.shape)

    def annotation(self, annotation_key: str) -> dict[SliceKey, SliceAnnotation]:
        """Return the newest version of every segment on every slice that has one.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.

        Returns
        -------
        dict
            By segment number and slice index; without removed segments.
        """
        with self.reading(annotation_key) as (connection, known):
            segments = newest_segments(connection, annotation_key)
            rows = newest_masks(connection, annotation_key)
            return {
                key: slice_annotation(row, known.shape)
                for key, row in rows.items()
                if not segments[key[0]].removed
            }

    def undo(
        self, annotation_key: str, person: str, *, message: tuple[str, int] | None = None
    ) -> list[SliceKey]:
        """Take back the person's last step in this annotation, as new versions.

        What somebody else changed since then stays: those slices are left out, and the step counts
        as taken back all the same.

        Parameters
        ----------
        annotation_key : str
            Key of the annotation.
        person : str
            Whose step.
        message : (str, int), optional
            As in `put_many`.

        Returns
        -------
        list of (int, int)
            Segments and slices that changed; none where there is nothing to undo.
        """
        return self._undo_or_redo("undo", annotation_key, person, message)

    def redo(
        self, annotation_key: str, person: str, *, message: tuple[str, int] | None = None
    ) -> list[SliceKey]:
        """Bring back the step that the person's last undo took back; otherwise as `undo`."""
        return self._undo_or_redo("redo", annotation_key, person, message)

    def next_steps(self, annotation_key: str, person: str) -> NextSteps:
        """Return the steps that the person's next undo and redo are about."""
        with self.reading(annotation_key) as (connection, _):
            return NextSteps(
                _step_taken(history.next_undo(connection, annotation_key, person)),
                _step_taken(history.next_redo(connection, annotation_key, person)),
            )

    def undo_action(self, annotation_key: str, person: str) -> str | None:
        """Return the action that the person's next undo takes back, or None."""
        step = self.next_steps(annotation_key, person).undo
        return step.action if step is not None else None

    def redo_action(self, annotation_key: str, person: str) -> str | None:
        """Return the action that the person's next redo brings back, or None."""
        step = self.next_steps(annotation_key, person).redo
        return step.action if step is not None else None

    def _undo_or_redo(
        self, kind: str, annotation_key: str, person: str, message: tuple[str, int] | None
    ) -> list[SliceKey]:
        check_person(person)
        key = message_key(message)
        digest = message_digest(kind, annotation_key, person)
        move = history.undo_step if kind == "undo" else history.redo_step
        with self.changing(annotation_key) as (connection, _):
            if earlier := earlier_step(connection, key, digest):
                return [at for at, _ in history.slices_of_step(connection, earlier)]
            return move(connection, annotation_key, person, message=key, digest=digest)

    @contextmanager
    def changing(self, annotation_key: str) -> Iterator[tuple[Connection, KnownAnnotation]]:
        """Run a transaction that is the only one to change an annotation while it runs."""
        with writing(self._database) as connection:
            if self._guard is not None:
                self._guard.before_changing(connection, annotation_key)
            yield connection, known_annotation(connection, annotation_key, lock=True)

    @contextmanager
    def reading(self, annotation_key: str) -> Iterator[tuple[Connection, KnownAnnotation]]:
        """Run a transaction that only reads an annotation, from one consistent state."""
        with reading(self._database) as connection:
            if self._guard is not None:
                self._guard.before_reading(connection, annotation_key)
            yield connection, known_annotation(connection, annotation_key)


def _step_taken(row: Row[Any] | None) -> StepTaken | None:
    if row is None:
        return None
    named = row.client is not None
    return StepTaken(row.action, MessageKey(row.client, row.sequence) if named else None)
