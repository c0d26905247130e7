"""Whose annotations a person may see and change: one decision that everything asks for.

An annotation outside projects is everybody's who may use the server. In a project, only members see
anything. Of a series that is read twice, a reader sees nothing of the other reading before the
adjudicated one is done, and nobody who might still become the other reader does.
"""

import re

from sqlalchemy import Connection

from core.annotation.database import reading
from core.annotation.store import AnnotationStore
from core.projects.access import properties, require, roles_in
from core.projects.item_rows import item_in, readers_in, readings_in
from core.projects.records import AccessRefused, MoveRefused, Role, WorkItem, WorkState

_KEY_IN_PROJECT = re.compile(r"a[0-9a-f]{32}")

EDITED_STATES = (WorkState.IN_PROGRESS, WorkState.RETURNED)
"""States in which the masks of a reading may change."""


def belongs_to_project(annotation_key: str) -> bool:
    """Whether an annotation with this key could only be one of a project.

    Others are named by the UID of their series, which has no letter.
    """
    return _KEY_IN_PROJECT.fullmatch(annotation_key) is not None


def may_see(store: AnnotationStore, annotation_key: str, person: str) -> bool:
    """Whether a person may see the masks and comments of an annotation, as of now.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation; from anywhere, such as an address or a message.
    person : str
        Who.
    """
    try:
        require_seeing(store, annotation_key, person)
    except AccessRefused:
        return False
    return True


def may_edit(store: AnnotationStore, annotation_key: str, person: str) -> bool:
    """Whether a person may change the masks of an annotation, as of now; otherwise as `may_see`."""
    try:
        require_editing(store, annotation_key, person)
    except (AccessRefused, MoveRefused):
        return False
    return True


def require_seeing(store: AnnotationStore, annotation_key: str, person: str) -> WorkItem | None:
    """Return the work item of an annotation that a person may see; None outside projects.

    Raises
    ------
    AccessRefused
        If the person may not see it, or it does not exist.
    """
    if not belongs_to_project(annotation_key):
        return None
    with reading(store.database) as connection:
        return visible_item(connection, annotation_key, person)


def require_editing(store: AnnotationStore, annotation_key: str, person: str) -> WorkItem | None:
    """Return the work item of an annotation that a person may change; None outside projects.

    Raises
    ------
    AccessRefused
        If the person may not see it, or it does not exist.
    MoveRefused
        If the person may see it and not change it; the sentence says why.
    """
    if not belongs_to_project(annotation_key):
        return None
    with reading(store.database) as connection:
        return editable_item(connection, annotation_key, person)


def editable_item(connection: Connection, annotation_key: str, person: str) -> WorkItem:
    """Work item of an annotation that a person may change, within a transaction.

    Raises
    ------
    AccessRefused, MoveRefused
        As `require_editing`.
    """
    item = visible_item(connection, annotation_key, person)
    role = Role.REVIEW if item.reading == 3 else Role.ANNOTATE
    if role not in roles_in(connection, item.project_key, person):
        raise MoveRefused("Your roles in this project do not include changing this annotation.")
    if properties(connection, item.project_key).archived:
        raise MoveRefused("This project is archived; its annotations cannot be changed.")
    if item.assigned != person:
        raise MoveRefused("This series is not yours; take it from the worklist first.")
    if item.state not in EDITED_STATES:
        raise MoveRefused(f"This series is {item.state}; its masks cannot be changed now.")
    return item


def visible_item(connection: Connection, annotation_key: str, person: str) -> WorkItem:
    """Work item of an annotation that a person may see, within a transaction.

    Raises
    ------
    AccessRefused
        If the person may not see it, or it does not exist.
    """
    item = item_in(connection, annotation_key)
    roles = require(connection, item.project_key, person)
    if not is_visible(connection, item, readings_in(connection, item), person, roles):
        raise AccessRefused
    return item


def is_visible(
    connection: Connection,
    item: WorkItem,
    readings: dict[int, WorkItem],
    person: str,
    roles: frozenset[Role],
) -> bool:
    """Whether a member may see the masks of a reading.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Transaction to read in.
    item : WorkItem
        The reading.
    readings : dict
        All readings of its series, by number.
    person : str
        A member.
    roles : frozenset of Role
        Of the member.
    """
    if 2 not in readings or (3 in readings and readings[3].state is WorkState.DONE):
        return True
    if item.reading == 3:
        independent = [readings[1], readings[2]]
        is_reader = any(person in readers_in(connection, one) for one in independent)
        return not is_reader and bool(roles & {Role.REVIEW, Role.ADMINISTER})
    other = readings[3 - item.reading]
    if person in readers_in(connection, other):
        return False
    if person in readers_in(connection, item):
        return True
    if Role.ANNOTATE in roles and other.assigned is None:
        return False
    return bool(roles & {Role.REVIEW, Role.ADMINISTER})
