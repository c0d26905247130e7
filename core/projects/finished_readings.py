"""Readings of a project that are finished: what other series of it may learn from."""

from core.annotation.project_schema import work_item
from core.annotation.store import AnnotationStore
from core.projects.access import seeing_project
from core.projects.item_rows import by_series, items_in
from core.projects.records import WorkItem, WorkState
from core.projects.visibility import is_visible


def finished_readings(store: AnnotationStore, project_key: str, person: str) -> list[WorkItem]:
    """List the one final reading of every series that has one, the newest first.

    A series that one person reads is finished once it is handed in. Of a series that two people
    read, neither reading is final, so that what one of them drew reaches nobody else: only the
    adjudicated one is, once it is done.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        A member; only what the member may see is listed.

    Raises
    ------
    AccessRefused
        If the person is no member, or there is no such project.
    """
    with seeing_project(store, project_key, person) as (connection, roles):
        items = items_in(connection, work_item.c.project_key == project_key)
        found = [
            final
            for readings in by_series(items).values()
            if (final := final_reading(readings)) is not None
            and is_visible(connection, final, readings, person, roles)
        ]
    return sorted(found, key=lambda item: item.changed, reverse=True)


def final_reading(readings: dict[int, WorkItem]) -> WorkItem | None:
    """Choose the final one of the readings of a series, by their numbers; None if it is open."""
    if 2 not in readings:
        only = readings[1]
        return only if only.state in (WorkState.TO_REVIEW, WorkState.DONE) else None
    adjudicated = readings.get(3)
    is_done = adjudicated is not None and adjudicated.state is WorkState.DONE
    return adjudicated if is_done else None
