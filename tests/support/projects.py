"""Series to put into projects."""

from core.annotation.store import AnnotationStore
from core.projects.projects import change_project
from core.projects.records import WorkItem, WorkState
from core.projects.work_items import SeriesToAdd, add_series
from tests.support.stored_series import COLUMNS, ROWS, SLICES

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


def states(items: list[WorkItem]) -> list[WorkState]:
    return [item.state for item in items]
