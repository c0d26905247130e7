"""Storing changes of masks as one step within a transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from core.annotation import history
from core.annotation.mask_changes import (
    change_content,
    changes_digest,
    check_changes,
    version_columns,
)
from core.annotation.messages import earlier_step
from core.annotation.opened_annotations import KnownAnnotation
from core.annotation.overwriting import overwrite_others
from core.annotation.records import MaskChange, MessageKey
from core.annotation.versions import append_masks


def store_masks(
    connection: Connection,
    known: KnownAnnotation,
    changes: Sequence[MaskChange],
    contents: Sequence[dict[str, Any]],
    person: str,
    tool: str,
    action: str,
    *,
    message: MessageKey | None,
    locked: Collection[int] | None,
) -> list[int]:
    """Store changes, and what they take from other segments, as one step.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to write in.
    known : KnownAnnotation
        The annotation to change.
    changes, person, tool, action, locked
        As for `AnnotationStore.put_many`; with plain numbers.
    contents : sequence of dict
        What `change_content` returned for each change.
    message : MessageKey or None
        The message that asked for it.

    Returns
    -------
    list of int
        The new version of each of the changes.
    """
    digest = changes_digest(known.key, person, tool, changes, contents, locked or ())
    if earlier := earlier_step(connection, message, digest):
        # The changes asked for were written first.
        versions = [version for _, version in history.slices_of_step(connection, earlier)]
        return versions[: len(changes)]
    if not changes:
        return []
    current = check_changes(connection, known, changes, contents, message)
    if locked is not None:
        changes, taken = overwrite_others(connection, known, changes, locked)
        current |= {(one.segment_number, one.slice_index): one.based_on for one in taken}
        contents = [change_content(change) for change in (*changes, *taken)]
    step_id = history.append_step(
        connection, known.key, person, action, message=message, digest=digest
    )
    rows = [
        content | version_columns(known.key, at, current[at], step_id, person, tool)
        for at, content in zip(current, contents, strict=True)
    ]
    append_masks(connection, rows)
    return [row["version"] for row in rows[: len(changes)]]
