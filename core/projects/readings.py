"""The readings of a series that a person may see, and who made them."""

from datetime import UTC, datetime
from itertools import takewhile

from sqlalchemy import Connection, select

from core.annotation.contributors import Contributors, people_who_drew
from core.annotation.database import reading
from core.annotation.opened_annotations import known_annotation
from core.annotation.project_schema import work_item_version
from core.annotation.store import AnnotationStore
from core.annotation.versions import newest_masks, slice_annotation
from core.projects.access import require
from core.projects.adjudicated_slices import Decision, compared_readings, decisions
from core.projects.item_rows import readings_in
from core.projects.records import WorkItem, WorkState
from core.projects.visibility import is_visible, visible_item

ADJUDICATED = 3
"""Number of the reading that adjudication makes of two others."""


def reading_name(item: WorkItem) -> str:
    """Name of a reading among those of its series, for people and files: "reading 1"."""
    return "adjudicated" if item.reading == ADJUDICATED else f"reading {item.reading}"


def visible_readings(store: AnnotationStore, annotation_key: str, person: str) -> list[WorkItem]:
    """Readings of a series whose masks a person may see, by number.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of any of its readings that the person may see.
    person : str
        Who.

    Raises
    ------
    AccessRefused
        If the person may not see the one that is named, or it does not exist.
    """
    with reading(store.database) as connection:
        item = visible_item(connection, annotation_key, person)
        roles = require(connection, item.project_key, person)
        found = readings_in(connection, item)
        return [
            one
            for _, one in sorted(found.items())
            if is_visible(connection, one, found, person, roles)
        ]


def name_where_several(store: AnnotationStore, annotation_key: str, person: str) -> str:
    """Name of a reading that a person may see; "" where its series is read once.

    Raises
    ------
    AccessRefused
        If the person may not see it, or it does not exist.
    """
    with reading(store.database) as connection:
        item = visible_item(connection, annotation_key, person)
        return reading_name(item) if len(readings_in(connection, item)) > 1 else ""


def contributors_of(store: AnnotationStore, annotation_key: str, person: str) -> Contributors:
    """Who made a reading that a person may see.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of its annotation.
    person : str
        Who asks.

    Returns
    -------
    Contributors
        Those who drew; of an adjudicated reading also those who drew what was taken. Readings that
        have been adjudicated name no reviewer, for the decision was about the final one.

    Raises
    ------
    AccessRefused
        If the person may not see it, or it does not exist.
    """
    with reading(store.database) as connection:
        item = visible_item(connection, annotation_key, person)
        found = readings_in(connection, item)
        is_final = item.reading == ADJUDICATED or ADJUDICATED not in found
        finished = _done_since(connection, annotation_key) if is_final else None
        if item.reading != ADJUDICATED:
            reviewed = str(item.reviewer or "") if finished is not None else ""
            return Contributors(_drew(connection, item), "", reviewed, finished)
        drew = [name for number in (1, 2) for name in _drew(connection, found[number])]
        adjudicator = str(item.assigned or "")
        compared = compared_readings(connection, found[1], found[2])
        if adjudicator and Decision.DRAWN in decisions(connection, compared, item).values():
            drew.append(adjudicator)
        return Contributors(tuple(dict.fromkeys(drew)), adjudicator, "", finished)


def _drew(connection: Connection, item: WorkItem) -> tuple[str, ...]:
    shape = known_annotation(connection, item.annotation_key).shape
    rows = newest_masks(connection, item.annotation_key).values()
    return people_who_drew(slice_annotation(row, shape) for row in rows)


def _done_since(connection: Connection, annotation_key: str) -> datetime | None:
    """When an item that is done became so; later changes of its priority do not count."""
    table = work_item_version
    rows = connection.execute(
        select(table.c.state, table.c.time)
        .where(table.c.annotation_key == annotation_key)
        .order_by(table.c.version.desc())
    )
    done = list(takewhile(lambda row: row.state == WorkState.DONE, rows))
    since: datetime | None = done[-1].time.replace(tzinfo=UTC) if done else None
    return since
