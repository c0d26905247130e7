"""How long people worked on series, added up from reports of their activity."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select

from core.annotation.database import writing
from core.annotation.project_schema import work_item, working_time
from core.annotation.store import AnnotationStore
from core.annotation.versions import utc_now
from core.projects.visibility import belongs_to_project, visible_item

LONGEST_PAUSE_S = 60.0
"""Between two reports; after a longer pause nothing is added."""

SHORTEST_INTERVAL_S = 10.0
"""Between two rows: reports that come sooner count with the next one, so that few are stored."""


def report_activity(
    store: AnnotationStore, annotation_key: str, person: str, *, time: datetime | None = None
) -> None:
    """Report that a person is working on an annotation; nothing is kept of those outside projects.

    The time since the person's last report, on whatever annotation, is added, so that nobody works
    twice at a time.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    person : str
        A member who may see it.
    time : datetime.datetime, optional
        When, with a zone; now by default.

    Raises
    ------
    AccessRefused
        If the person may not see it, or there is none.
    """
    if not belongs_to_project(annotation_key):
        return
    now = time.astimezone(UTC).replace(tzinfo=None) if time is not None else utc_now()
    with writing(store.database) as connection:
        visible_item(connection, annotation_key, person)
        last = connection.execute(
            select(func.max(working_time.c.time)).where(working_time.c.person == person)
        ).scalar()
        pause = (now - last).total_seconds() if last is not None else float("inf")
        if pause < SHORTEST_INTERVAL_S:
            return
        seconds = pause if pause <= LONGEST_PAUSE_S else 0.0
        row = {"annotation_key": annotation_key, "person": person, "seconds": seconds, "time": now}
        connection.execute(insert(working_time).values(row))


def seconds_by_annotation(connection: Connection, *keys: str) -> dict[str, float]:
    """Seconds that all people together worked on annotations, without those nobody worked on."""
    return _sums(connection, working_time.c.annotation_key, working_time.c.annotation_key.in_(keys))


def seconds_by_person(connection: Connection, project_key: str) -> dict[str, float]:
    """Seconds that each person worked in a project."""
    keys = select(work_item.c.annotation_key).where(work_item.c.project_key == project_key)
    return _sums(connection, working_time.c.person, working_time.c.annotation_key.in_(keys))


def _sums(
    connection: Connection, column: ColumnElement[str], condition: ColumnElement[bool]
) -> dict[str, float]:
    rows = connection.execute(
        select(column, func.sum(working_time.c.seconds)).where(condition).group_by(column)
    )
    return {key: float(seconds) for key, seconds in rows}
