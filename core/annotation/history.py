"""Steps of work per person: appending them, taking them back, bringing them back.

A step is everything one action wrote. The steps that a person may undo, and those that may be
redone, form two linked lists kept in the steps themselves, so that neither the length of the
history nor a restart of the program matters.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select

from core.annotation.end_versions import (
    EndKey,
    append_ends,
    enclosing_ends,
    end_at,
    newest_ends,
)
from core.annotation.records import MessageKey
from core.annotation.schema import end_version, mask_version, segment_version, step
from core.annotation.states import SliceState
from core.annotation.version_tables import rows_of_step
from core.annotation.versions import (
    SliceKey,
    append_masks,
    append_segment,
    mask_content,
    newest_masks,
    newest_segments,
    segment_at,
    segment_columns,
    segment_of,
    utc_now,
)
from core.segments.ends import End, Ends


def next_undo(connection: Connection, annotation_key: str, person: str) -> Row[Any] | None:
    """Step that the person's next undo takes back."""
    return _step(connection, _undo_top(_latest(connection, annotation_key, person)))


def next_redo(connection: Connection, annotation_key: str, person: str) -> Row[Any] | None:
    """Step that the person's next redo brings back."""
    undone = _step(connection, _redo_top(_latest(connection, annotation_key, person)))
    return _step(connection, undone.target) if undone is not None else None


def append_step(
    connection: Connection,
    annotation_key: str,
    person: str,
    action: str,
    *,
    message: MessageKey | None = None,
    digest: str | None = None,
) -> int:
    """Begin a new step of work, which ends what could be redone.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    person : str
        Whose history it is.
    action : str
        Name of the step, shown beside "undo".
    message : MessageKey, optional
        The message that asked for it.
    digest : str, optional
        Digest of the message.

    Returns
    -------
    int
        Id of the step.
    """
    below = _undo_top(_latest(connection, annotation_key, person))
    return _insert(
        connection, annotation_key, person, action, "do", message, digest, {"below": below}
    )


def undo_step(
    connection: Connection,
    annotation_key: str,
    person: str,
    *,
    message: MessageKey | None = None,
    digest: str | None = None,
) -> list[SliceKey]:
    """Take back the person's newest step that is not taken back yet.

    What others have changed since then stays as it is.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    annotation_key : str
        Key of the annotation.
    person : str
        Whose history it is.
    message : MessageKey, optional
        The message that asked for it.
    digest : str, optional
        Digest of the message.

    Returns
    -------
    list of (int, int)
        Segments and slices that changed.
    """
    latest = _latest(connection, annotation_key, person)
    target = _step(connection, _undo_top(latest))
    if target is None:
        return []
    links = {
        "target": target.id,
        "undo_next": target.below,
        "below": _redo_top(latest),
    }
    step_id = _insert(
        connection, annotation_key, person, target.action, "undo", message, digest, links
    )
    return _switch(connection, target, step_id, person, forward=False)


def redo_step(
    connection: Connection,
    annotation_key: str,
    person: str,
    *,
    message: MessageKey | None = None,
    digest: str | None = None,
) -> list[SliceKey]:
    """Bring back the step that the person took back last; parameters as for `undo_step`.

    Returns
    -------
    list of (int, int)
        Segments and slices that changed.
    """
    undone = _step(connection, _redo_top(_latest(connection, annotation_key, person)))
    if undone is None:
        return []
    target = _step(connection, undone.target)
    assert target is not None  # the foreign key says so
    links = {"target": target.id, "undo_next": target.id, "redo_next": undone.below}
    step_id = _insert(
        connection, annotation_key, person, target.action, "redo", message, digest, links
    )
    return _switch(connection, target, step_id, person, forward=True)


def slices_of_step(connection: Connection, step_id: int) -> list[tuple[SliceKey, int]]:
    """Segment, slice and version of every mask that a step wrote, in the order of writing."""
    rows = rows_of_step(connection, mask_version, step_id)
    return [((row.segment_number, row.slice_index), row.version) for row in rows]


def step_of_message(connection: Connection, message: MessageKey) -> Row[Any] | None:
    """Step that an earlier copy of the message made."""
    return connection.execute(
        select(step).where(step.c.client == message.client, step.c.sequence == message.sequence)
    ).one_or_none()


def only_earlier_messages(
    connection: Connection, table: Table, place: Mapping[str, Any], after: int, message: MessageKey
) -> bool:
    """Whether all versions after one come from earlier messages of the same client.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    table : sqlalchemy.Table
        With the columns ``version`` and ``step_id``.
    place : mapping of str to object
        Columns that say of what the versions are.
    after : int
        The version.
    message : MessageKey
        The message.

    Returns
    -------
    bool
        True as well where there is no later version.
    """
    others = connection.execute(
        select(func.count())
        .select_from(table.join(step, table.c.step_id == step.c.id))
        .where(
            *(table.c[name] == value for name, value in place.items()),
            table.c.version > after,
            (step.c.client.is_(None))
            | (step.c.client != message.client)
            | (step.c.sequence >= message.sequence),
        )
    ).scalar_one()
    return others == 0


def _switch(
    connection: Connection, target: Row[Any], step_id: int, person: str, *, forward: bool
) -> list[SliceKey]:
    """Restore what `target` wrote to how it was after it (`forward`) or before it."""
    touched, switched = _switch_segments(connection, target, step_id, person, forward=forward)
    newest = newest_segments(connection, target.annotation_key)
    removed = {number for number, row in newest.items() if row.removed}
    # A segment that somebody else removed, or created again under the same number, keeps its masks.
    blocked = (touched - switched) | (removed - touched)
    # Proposals that another end took away come back only with that end.
    blocked |= _switch_ends(connection, target, step_id, person, blocked, forward=forward)
    return _switch_masks(connection, target, step_id, person, blocked, forward=forward)


def _switch_segments(
    connection: Connection, target: Row[Any], step_id: int, person: str, *, forward: bool
) -> tuple[set[int], set[int]]:
    """Restore segments; returns the numbers that `target` wrote and those restored."""
    rows = rows_of_step(connection, segment_version, target.id)
    newest = newest_segments(connection, target.annotation_key)
    switched = set()
    for row in rows:
        before = segment_at(connection, target.annotation_key, row.number, row.version - 1)
        old, new = (before, row) if forward else (row, before)
        current = newest[row.number]
        if current.origin != old.origin:
            continue
        append_segment(
            connection,
            segment_columns(segment_of(new))
            | {
                "annotation_key": target.annotation_key,
                "version": current.version + 1,
                "origin": new.origin,
                "step_id": step_id,
                "removed": new.removed,
                "person": person,
                "time": utc_now(),
            },
        )
        switched.add(row.number)
    return {row.number for row in rows}, switched


def _switch_ends(
    connection: Connection,
    target: Row[Any],
    step_id: int,
    person: str,
    blocked: set[int],
    *,
    forward: bool,
) -> set[int]:
    """Restore ends that nobody has changed since; returns the segments of those that stay."""
    newest = newest_ends(connection, target.annotation_key)
    restored: list[tuple[EndKey, int | None, int, int | None]] = []
    kept = set()
    for row in rows_of_step(connection, end_version, target.id):
        key = (row.segment_number, End(row.which_end))
        before = end_at(connection, target.annotation_key, key, row.version - 1)
        old, new = (before, row) if forward else (row, before)
        if key[0] in blocked or newest[key].origin != _origin(old):
            kept.add(key[0])
            continue
        index = new.slice_index if new is not None else None
        restored.append((key, index, newest[key].version + 1, _origin(new)))
    append_ends(connection, target.annotation_key, restored, step_id, person)
    return kept


def _switch_masks(
    connection: Connection,
    target: Row[Any],
    step_id: int,
    person: str,
    blocked: set[int],
    *,
    forward: bool,
) -> list[SliceKey]:
    """Restore the masks that `target` wrote and nobody has changed since."""
    written = rows_of_step(connection, mask_version, target.id)
    keys = [(row.segment_number, row.slice_index) for row in written]
    newest = newest_masks(connection, target.annotation_key, keys)
    before = _masks_before(connection, target.id)
    ends = enclosing_ends(connection, target.annotation_key)
    changes = []
    for key, row in zip(keys, written, strict=True):
        old, new = (before.get(key), row) if forward else (row, before.get(key))
        current = newest[key]
        if key[0] in blocked or current.origin != _origin(old):
            continue
        if _is_beyond(new, ends.get(key[0])):
            continue
        changes.append(
            mask_content(new)
            | {
                "annotation_key": target.annotation_key,
                "segment_number": key[0],
                "slice_index": key[1],
                "version": current.version + 1,
                "origin": _origin(new),
                "step_id": step_id,
                "person": person,
                "tool": "redo" if forward else "undo",
                "time": utc_now(),
            }
        )
    append_masks(connection, changes)
    return [(change["segment_number"], change["slice_index"]) for change in changes]


def _masks_before(connection: Connection, step_id: int) -> dict[SliceKey, Row[Any]]:
    """Versions right before those that a step wrote."""
    before = mask_version.alias()
    rows = connection.execute(
        select(before)
        .join(
            mask_version,
            (before.c.annotation_key == mask_version.c.annotation_key)
            & (before.c.segment_number == mask_version.c.segment_number)
            & (before.c.slice_index == mask_version.c.slice_index)
            & (before.c.version == mask_version.c.version - 1),
        )
        .where(mask_version.c.step_id == step_id)
    )
    return {(row.segment_number, row.slice_index): row for row in rows}


def _is_beyond(row: Row[Any] | None, ends: Ends | None) -> bool:
    """Whether a version is a proposal where the segment is stated not to be."""
    if row is None or ends is None or row.state != SliceState.PROPOSED:
        return False
    return not ends.encloses(row.slice_index)


def _origin(row: Row[Any] | None) -> int:
    return row.origin if row is not None else 0


def _latest(connection: Connection, annotation_key: str, person: str) -> Row[Any] | None:
    return connection.execute(
        select(step)
        .where(step.c.annotation_key == annotation_key, step.c.person == person)
        .order_by(step.c.id.desc())
        .limit(1)
    ).one_or_none()


def _step(connection: Connection, step_id: int | None) -> Row[Any] | None:
    if step_id is None:
        return None
    return connection.execute(select(step).where(step.c.id == step_id)).one_or_none()


def _undo_top(latest: Row[Any] | None) -> int | None:
    if latest is None:
        return None
    return latest.id if latest.kind == "do" else latest.undo_next


def _redo_top(latest: Row[Any] | None) -> int | None:
    if latest is None or latest.kind == "do":
        return None
    return latest.id if latest.kind == "undo" else latest.redo_next


def _insert(
    connection: Connection,
    annotation_key: str,
    person: str,
    action: str,
    kind: str,
    message: MessageKey | None,
    digest: str | None,
    links: dict[str, int | None],
) -> int:
    query = insert(step).values(
        annotation_key=annotation_key,
        person=person,
        action=action,
        kind=kind,
        time=utc_now(),
        client=message.client if message else None,
        sequence=message.sequence if message else None,
        message_digest=digest,
        **links,
    )
    return connection.execute(query.returning(step.c.id)).scalar_one()
