"""Storing what is imported, with the segments that it adds, as one step that undo takes back."""

from collections.abc import Sequence

from sqlalchemy import Connection

from core.annotation import history
from core.annotation.importing import ImportPlan, ImportWay, renumbered, segments_added
from core.annotation.mask_changes import (
    change_content,
    check_changes,
    plain_numbers,
    version_columns,
)
from core.annotation.segment_changes import append_new_segment
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_person
from core.annotation.versions import append_masks, newest_segments
from core.segments.segment import Segment

IMPORT_TOOL = "import"
"""Tool of versions of masks that were imported."""


def store_import(
    store: AnnotationStore, annotation_key: str, plans: Sequence[ImportPlan], *, person: str
) -> list[Segment]:
    """Store what was planned, all or nothing, as one step.

    Parameters
    ----------
    store : AnnotationStore
        Where to; the annotation is open in it.
    annotation_key : str
        Key of the annotation.
    plans : sequence of ImportPlan
        From `plan_import`; those without changes do nothing.
    person : str
        Who imports.

    Returns
    -------
    list of Segment
        Those that were added, as they are stored: they get new numbers.

    Raises
    ------
    VersionConflict
        If a slice was changed since it was planned.
    StoreError
        If the store refuses.
    """
    check_person(person)
    wanted = [plan for plan in plans if plan.changes]
    if not wanted:
        return []
    with store.changing(annotation_key) as (connection, known):
        free = max(newest_segments(connection, annotation_key), default=0) + 1
        numbered = []
        for plan in wanted:
            is_new = plan.way is ImportWay.ADD
            numbered.append(renumbered(plan, free) if is_new else plan)
            free += is_new
        step_id = history.append_step(connection, annotation_key, person, "import masks")
        added = segments_added(numbered)
        for segment in added:
            _add_segment(connection, annotation_key, segment, step_id, person)
        changes = [plain_numbers(change) for plan in numbered for change in plan.changes]
        contents = [change_content(change) for change in changes]
        current = check_changes(connection, known, changes, contents, None)
        append_masks(
            connection,
            [
                content
                | version_columns(annotation_key, at, current[at], step_id, person, IMPORT_TOOL)
                for at, content in zip(current, contents, strict=True)
            ],
        )
    return added


def _add_segment(
    connection: Connection, annotation_key: str, segment: Segment, step_id: int, person: str
) -> None:
    """Write a new segment such that undo of the step takes it away again.

    Undo brings back the version before, so there is one: the segment as removed, of no step.
    """
    for version, removed, step in ((1, True, None), (2, False, step_id)):
        append_new_segment(
            connection,
            annotation_key,
            segment,
            person,
            version=version,
            removed=removed,
            step_id=step,
        )
