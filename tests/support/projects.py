"""Series to put into projects, and readings of them."""

from core.annotation.store import AnnotationStore
from core.projects.moves import move
from core.projects.projects import change_project
from core.projects.records import WorkItem, WorkState
from core.projects.work_items import SeriesToAdd, add_series
from tests.support.stored_series import COLUMNS, ROWS, SLICES, put_mask, square

SPACING_MM = (5.0, 0.8, 0.8)


def series(number: int) -> SeriesToAdd:
    """One of any number of different series."""
    uid = f"1.2.826.0.1.3680043.8.498.{number}"
    return SeriesToAdd(
        series_uid=uid,
        opened_key=f"{number:024x}",
        title=f"CT abdomen {number}",
        sop_instance_uids=[f"{uid}.{index}" for index in range(SLICES)],
        rows=ROWS,
        columns=COLUMNS,
        spacing_mm=SPACING_MM,
    )


def add(store: AnnotationStore, project_key: str, number: int = 1) -> WorkItem:
    """Put a series into a project; returns its first reading."""
    return add_series(store, project_key, series(number), "ada")[0]


def add_read_twice(
    store: AnnotationStore, project_key: str, number: int = 1
) -> tuple[WorkItem, WorkItem]:
    """Put a series into a project in which all are read twice; returns both readings."""
    change_project(store, project_key, "ada", second_reading_share=1.0)
    first, second = add_series(store, project_key, series(number), "ada")
    return first, second


def submitted_readings(store: AnnotationStore, project_key: str) -> tuple[str, str]:
    """Two readings of one series that anna and ben have drawn and submitted; returns their keys.

    Both have the same square on slice 1 of segment 1; on slice 2 they differ, and only ben drew
    on slice 3.
    """
    keys = tuple(one.annotation_key for one in add_read_twice(store, project_key))
    for key, person, size in zip(keys, ("anna", "ben"), (3, 5), strict=True):
        move(store, key, WorkState.IN_PROGRESS, person)
        put_mask(store, key, 1, 1, mask=square(4), person=person)
        put_mask(store, key, 1, 2, mask=square(size), person=person)
        if person == "ben":
            put_mask(store, key, 1, 3, mask=square(2), person=person)
        move(store, key, WorkState.TO_REVIEW, person)
    return keys[0], keys[1]
