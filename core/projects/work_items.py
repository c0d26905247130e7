"""Series in projects: putting them in, and finding the work on them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.annotation.database import reading
from core.annotation.opened_annotations import annotation_row
from core.annotation.project_schema import work_item
from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_line
from core.audit.entries import Action
from core.projects.access import changing_project, properties, require
from core.projects.deeds import record_deed
from core.projects.item_rows import add_item, add_reading, item_in, items_in, next_number
from core.projects.protocol_rows import apply_protocol, newest_protocol
from core.projects.records import Role, WorkItem
from core.projects.second_readings import is_read_twice

LONGEST_TITLE = 200


@dataclass(frozen=True)
class SeriesToAdd:
    """A series that somebody opened and puts into a project.

    Attributes
    ----------
    series_uid : str
        Series Instance UID.
    opened_key : str
        Key of `core.home.opened_series` that leads to its files.
    title : str
        What it is, for people; one line of at most 200 characters.
    sop_instance_uids : sequence of str
        SOP Instance UID of each slice, in slice order.
    rows, columns : int
        Size of every slice.
    spacing_mm : tuple of float
        Distance between slices, rows and columns.
    """

    series_uid: str
    opened_key: str
    title: str
    sop_instance_uids: Sequence[str]
    rows: int
    columns: int
    spacing_mm: tuple[float, float, float]


def add_series(
    store: AnnotationStore, project_key: str, series: SeriesToAdd, person: str
) -> list[WorkItem]:
    """Put a series into a project; one that is there already stays as it is.

    Its annotations get the segments of the protocol. In the share of series that are read twice, it
    has two.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    series : SeriesToAdd
        The series.
    person : str
        A member who annotates or administers.

    Returns
    -------
    list of WorkItem
        Its readings, one or two.

    Raises
    ------
    AccessRefused
        If the person may not, or there is no such project.
    MoveRefused
        If the project is archived.
    StoreError
        If the series has no pixels, or a text cannot be stored.
    """
    first = annotation_row("", series.sop_instance_uids, series.rows, series.columns)
    _check(series)
    roles = (Role.ANNOTATE, Role.ADMINISTER)
    with changing_project(store, project_key, person, *roles) as (connection, _):
        present = items_in(
            connection,
            work_item.c.project_key == project_key,
            work_item.c.series_uid == series.series_uid,
        )
        if present:
            return [one for one in present if one.reading < 3]
        slice_mm, row_mm, column_mm = map(float, series.spacing_mm)
        row = {
            "project_key": project_key,
            "series_uid": series.series_uid,
            "reading": 1,
            "opened_key": series.opened_key,
            "number": next_number(connection, project_key),
            "title": series.title.strip(),
            "slice_spacing": slice_mm,
            "row_spacing": row_mm,
            "column_spacing": column_mm,
        }
        items = [add_item(connection, first, row, person)]
        which = f"series {row['number']}, opened as {series.opened_key}"
        record_deed(connection, project_key, person, Action.SERIES_ADDED, which)
        share = properties(connection, project_key).second_reading_share
        if is_read_twice(project_key, series.series_uid, share):
            items.append(add_reading(connection, items[0], 2, person))
        protocol = newest_protocol(connection, project_key)
        for item in items:
            apply_protocol(connection, item.annotation_key, protocol, person)
        return items


def work_item_for(store: AnnotationStore, annotation_key: str, person: str) -> WorkItem:
    """Return the work item of an annotation to a member of its project.

    Being shown the item is not being shown its masks: see `core.projects.visibility`.

    Raises
    ------
    AccessRefused
        If the person is no member, or the annotation belongs to no project.
    """
    with reading(store.database) as connection:
        item = item_in(connection, annotation_key)
        require(connection, item.project_key, person)
        return item


def _check(series: SeriesToAdd) -> None:
    check_line(series.series_uid, "The UID of a series", 64)
    check_line(series.opened_key, "The key of a series", 64)
    check_line(series.title, "The title of a series", LONGEST_TITLE)
    if len(series.spacing_mm) != 3 or not all(
        math.isfinite(mm) and mm > 0 for mm in series.spacing_mm
    ):
        raise StoreError("The distances between slices, rows and columns are above 0 mm.")
