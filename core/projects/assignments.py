"""Who works on which series: by hand, or the next one for somebody."""

from sqlalchemy import Connection, select

from core.annotation.project_schema import comment, work_item, work_item_version
from core.annotation.store import AnnotationStore
from core.projects.access import changing_project, members_in, project_of, roles_in
from core.projects.item_rows import (
    item_in,
    items_in,
    readers_in,
    readings_in,
    write_version,
)
from core.projects.records import AccessRefused, MoveRefused, Role, WorkItem, WorkState
from core.projects.visibility import is_visible

HIGHEST_PRIORITY = 9
_UNSUBMITTED = (WorkState.TO_DO, WorkState.IN_PROGRESS, WorkState.RETURNED)


def assign(
    store: AnnotationStore, annotation_key: str, member: str | None, person: str
) -> WorkItem:
    """Say who is to annotate a reading; masks that were drawn so far stay.

    A reading that somebody has begun is to do again for the next person, a returned one stays
    returned.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of its annotation.
    member : str or None
        A member who annotates; None to leave it to whoever comes first.
    person : str
        An administrator of the project; or the one it is assigned to, with `member` None.

    Returns
    -------
    WorkItem
        As it is now.

    Raises
    ------
    AccessRefused
        If the person may not, or there is no such reading.
    MoveRefused
        If the member does not annotate, knows the other reading of the series, or if the reading
        waits for a review, is done, or is the adjudicated one.
    """
    with changing_project(store, project_of(store, annotation_key), person) as (connection, roles):
        item = item_in(connection, annotation_key)
        gives_up = member is None and item.assigned == person
        if Role.ADMINISTER not in roles and not gives_up:
            raise AccessRefused
        if item.reading == 3 or item.state not in _UNSUBMITTED:
            raise MoveRefused(f"This series is {item.state}; nobody else can be assigned to it.")
        if member is not None:
            if Role.ANNOTATE not in roles_in(connection, item.project_key, member):
                raise MoveRefused("Only members who annotate can be assigned to a series.")
            if not may_take(connection, item, member):
                raise MoveRefused("This person knows the other reading of the series.")
        if member == item.assigned:
            return item
        is_returned = item.state is WorkState.RETURNED
        state = WorkState.RETURNED if is_returned else WorkState.TO_DO
        return write_version(connection, item, person, assigned=member, state=state)


def set_priority(
    store: AnnotationStore, annotation_key: str, priority: int, person: str
) -> WorkItem:
    """Set how early a reading comes, 0 to 9; those with a higher number come first.

    Raises
    ------
    AccessRefused
        If the person does not administer the project, or there is no such reading.
    MoveRefused
        If the priority is none.
    """
    if not 0 <= priority <= HIGHEST_PRIORITY:
        raise MoveRefused(f"A priority is a whole number from 0 to {HIGHEST_PRIORITY}.")
    project_key = project_of(store, annotation_key)
    with changing_project(store, project_key, person, Role.ADMINISTER) as (connection, _):
        item = item_in(connection, annotation_key)
        if item.priority == priority:
            return item
        return write_version(connection, item, person, priority=int(priority))


def next_for(store: AnnotationStore, project_key: str, person: str) -> WorkItem | None:
    """Give a person who annotates the next reading, which nobody else gets.

    First come those that were returned to the person, then those that the person has begun, then
    those assigned to the person, then those of nobody: by priority, then as they came into the
    project. One that was to do is in progress from now on.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        A member who annotates.

    Returns
    -------
    WorkItem or None
        None where nothing is left.

    Raises
    ------
    AccessRefused
        If the person does not annotate in it, or there is no such project.
    """
    with changing_project(store, project_key, person, Role.ANNOTATE) as (connection, _):
        candidates = [
            one
            for one in items_in(connection, work_item.c.project_key == project_key)
            if one.reading < 3 and one.state in _UNSUBMITTED and one.assigned in (person, None)
        ]
        for item in sorted(candidates, key=_urgency):
            if item.assigned == person and item.state is not WorkState.TO_DO:
                return item
            if may_take(connection, item, person):
                is_returned = item.state is WorkState.RETURNED
                state = WorkState.RETURNED if is_returned else WorkState.IN_PROGRESS
                return write_version(connection, item, person, state=state, assigned=person)
        return None


def next_to_review(store: AnnotationStore, project_key: str, person: str) -> WorkItem | None:
    """Give a person who reviews the next reading that waits for it, which nobody else gets.

    Parameters and errors are those of `next_for`, with the role of a reviewer.
    """
    with changing_project(store, project_key, person, Role.REVIEW) as (connection, roles):
        waiting = [
            one
            for one in items_in(connection, work_item.c.project_key == project_key)
            if one.reading < 3
            and one.state is WorkState.TO_REVIEW
            and one.reviewer in (person, None)
        ]
        for item in sorted(waiting, key=lambda one: (one.reviewer is None, *_age(one))):
            readings = readings_in(connection, item)
            if not (
                is_visible(connection, item, readings, person, roles)
                and may_review(connection, item, person)
            ):
                continue
            if item.reviewer == person:
                return item
            return write_version(connection, item, person, reviewer=person)
        return None


def may_take(connection: Connection, item: WorkItem, person: str) -> bool:
    """Whether a person knows nothing of the other reading of the same series."""
    readings = readings_in(connection, item)
    if 2 not in readings:
        return True
    others = [one for number, one in readings.items() if number != item.reading]
    return not any(person in _knowing(connection, one) for one in others)


def may_review(connection: Connection, item: WorkItem, person: str) -> bool:
    """Whether a person is no reader of the series, or the only member of the project."""
    if len(members_in(connection, item.project_key)) == 1:
        return True
    readings = readings_in(connection, item).values()
    return not any(person in readers_in(connection, one) for one in readings if one.reading < 3)


def give_up_items(
    connection: Connection, project_key: str, member: str, person: str, *roles: Role
) -> None:
    """Free what is left to do for a person who has lost roles in a project.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction that is the only one to change the project.
    project_key : str
        The project.
    member : str
        Who has lost them.
    person : str
        Who took them away.
    *roles : Role
        Those that were lost.
    """
    for item in items_in(connection, work_item.c.project_key == project_key):
        if item.state is WorkState.DONE:
            continue
        changes: dict[str, object] = {}
        is_reader = item.assigned == member and item.state in _UNSUBMITTED
        if is_reader and (Role.REVIEW if item.reading == 3 else Role.ANNOTATE) in roles:
            changes["assigned"] = None
            if item.state is WorkState.IN_PROGRESS and item.reading < 3:
                changes["state"] = WorkState.TO_DO
        if item.reviewer == member and Role.REVIEW in roles:
            changes["reviewer"] = None
        if changes:
            write_version(connection, item, person, **changes)


def _knowing(connection: Connection, item: WorkItem) -> set[str]:
    """Who has read, reviewed or commented on a reading."""
    versions, table = work_item_version, comment
    reviewers = select(versions.c.reviewer).where(
        versions.c.annotation_key == item.annotation_key, versions.c.reviewer.is_not(None)
    )
    speakers = select(table.c.person).where(table.c.annotation_key == item.annotation_key)
    found = {*connection.execute(reviewers).scalars(), *connection.execute(speakers).scalars()}
    return found | readers_in(connection, item)


def _urgency(item: WorkItem) -> tuple[int, int, int, int]:
    steps = (WorkState.RETURNED, WorkState.IN_PROGRESS, WorkState.TO_DO)
    own = steps.index(item.state) if item.assigned is not None else len(steps)
    return own, *_age(item)


def _age(item: WorkItem) -> tuple[int, int, int]:
    return -item.priority, item.number, item.reading
