"""States of work items: which move is whose, checked here and nowhere else."""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection

from core.annotation.database import reading
from core.annotation.store import AnnotationStore
from core.projects.access import changing_project, project_of, properties, require, roles_in
from core.projects.adjudicated_slices import unsettled_slices
from core.projects.assignments import may_review, may_take
from core.projects.comment_rows import has_open_comment
from core.projects.item_rows import item_in, readings_in, write_version
from core.projects.records import AccessRefused, MoveRefused, Role, WorkItem, WorkState
from core.projects.visibility import visible_item


class Who(Enum):
    """Whose move it is, besides having the role."""

    ASSIGNED = "the one it is assigned to"
    ASSIGNED_OR_FREE = "the one it is assigned to; where nobody is, whoever moves it first"
    NO_READER = "nobody who has drawn it, unless the project has one member only"


@dataclass(frozen=True)
class Move:
    """A change of state that is allowed.

    Attributes
    ----------
    before, after : WorkState
        From and to.
    role : Role
        That it takes.
    who : Who
        Among those who have the role.
    needs_comment : bool
        Whether a comment has to be open that says what is missing.
    """

    before: WorkState
    after: WorkState
    role: Role
    who: Who
    needs_comment: bool = False


MOVES = (
    Move(WorkState.TO_DO, WorkState.IN_PROGRESS, Role.ANNOTATE, Who.ASSIGNED_OR_FREE),
    Move(WorkState.IN_PROGRESS, WorkState.TO_REVIEW, Role.ANNOTATE, Who.ASSIGNED),
    Move(WorkState.TO_REVIEW, WorkState.IN_PROGRESS, Role.ANNOTATE, Who.ASSIGNED),
    Move(WorkState.RETURNED, WorkState.IN_PROGRESS, Role.ANNOTATE, Who.ASSIGNED_OR_FREE),
    Move(WorkState.RETURNED, WorkState.TO_REVIEW, Role.ANNOTATE, Who.ASSIGNED),
    Move(WorkState.TO_REVIEW, WorkState.DONE, Role.REVIEW, Who.NO_READER),
    Move(WorkState.TO_REVIEW, WorkState.RETURNED, Role.REVIEW, Who.NO_READER, True),
    Move(WorkState.DONE, WorkState.RETURNED, Role.REVIEW, Who.NO_READER, True),
)
"""Of the readings 1 and 2. Giving a reading back is `core.projects.assignments.assign`."""

ADJUDICATION_MOVES = (
    Move(WorkState.IN_PROGRESS, WorkState.DONE, Role.REVIEW, Who.ASSIGNED_OR_FREE),
    Move(WorkState.DONE, WorkState.IN_PROGRESS, Role.REVIEW, Who.ASSIGNED_OR_FREE),
)
"""Of reading 3."""


def moves_of(item: WorkItem) -> tuple[Move, ...]:
    """Moves that the reading of an item has, in any state."""
    return ADJUDICATION_MOVES if item.reading == 3 else MOVES


def possible_moves(store: AnnotationStore, annotation_key: str, person: str) -> list[WorkState]:
    """States that a person may move a work item to now; `RETURNED` also before its comment.

    Raises
    ------
    AccessRefused
        If the person may not see it, or there is none.
    """
    with reading(store.database) as connection:
        item = _reachable_item(connection, annotation_key, person)
        if properties(connection, item.project_key).archived:
            return []
        if item.reading < 3 and 3 in readings_in(connection, item):
            return []
        return [
            move.after
            for move in moves_of(item)
            if move.before is item.state and _is_theirs(connection, item, move, person)
        ]


def move(
    store: AnnotationStore,
    annotation_key: str,
    after: WorkState,
    person: str,
    *,
    based_on: int | None = None,
) -> WorkItem:
    """Move a work item to another state.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of its annotation.
    after : WorkState
        The state it gets.
    person : str
        Who moves it.
    based_on : int, optional
        Version that the person has seen; any by default.

    Returns
    -------
    WorkItem
        As it is now.

    Raises
    ------
    AccessRefused
        If the person may not see it, has not the role that any such move takes, or there is none.
    MoveRefused
        If its state, or who else worked on it, does not allow the move, if a comment is missing, or
        if it has changed since `based_on`.
    """
    with changing_project(store, project_of(store, annotation_key), person) as (connection, roles):
        item = _reachable_item(connection, annotation_key, person)
        of_role = [one for one in moves_of(item) if one.after is after and one.role in roles]
        if not of_role:
            raise AccessRefused
        if based_on is not None and based_on != item.version:
            raise MoveRefused("Somebody else has changed this series meanwhile; look at it again.")
        chosen = next((one for one in of_role if one.before is item.state), None)
        if item.reading < 3 and 3 in readings_in(connection, item):
            raise MoveRefused("This series is being adjudicated; its readings stay as they are.")
        if chosen is None:
            raise MoveRefused(f"This series is {item.state}; it cannot become {after} now.")
        if not _is_theirs(connection, item, chosen, person):
            raise MoveRefused(_refusal(chosen))
        if item.reading == 3 and after is WorkState.DONE:
            _require_settled(connection, item)
        if chosen.needs_comment and not has_open_comment(connection, annotation_key):
            raise MoveRefused("Say in a comment what is missing before you return this series.")
        if chosen.who is Who.NO_READER:
            return write_version(connection, item, person, state=after, reviewer=person)
        moved = write_version(connection, item, person, state=after, assigned=person)
        if item.reading == 3:
            _finish_readings(connection, moved, person)
        return moved


def _reachable_item(connection: Connection, annotation_key: str, person: str) -> WorkItem:
    """Item that a person may see, or may take although its masks are hidden until then."""
    item = item_in(connection, annotation_key)
    roles = require(connection, item.project_key, person)
    is_free = item.assigned is None and item.reading < 3 and Role.ANNOTATE in roles
    if is_free and may_take(connection, item, person):
        return item
    return visible_item(connection, annotation_key, person)


def _is_theirs(connection: Connection, item: WorkItem, chosen: Move, person: str) -> bool:
    """Whether a move is a person's, who may see the item."""
    if chosen.role not in roles_in(connection, item.project_key, person):
        return False
    if chosen.who is Who.NO_READER:
        return may_review(connection, item, person)
    if item.assigned is None:
        return chosen.who is Who.ASSIGNED_OR_FREE and may_take(connection, item, person)
    return item.assigned == person


def _finish_readings(connection: Connection, adjudicated: WorkItem, person: str) -> None:
    """Mark both readings of a series as done, with the adjudicated one that was made of them."""
    if adjudicated.state is not WorkState.DONE:
        return
    for number, item in readings_in(connection, adjudicated).items():
        if number < 3 and item.state is not WorkState.DONE:
            write_version(connection, item, person, state=WorkState.DONE, reviewer=person)


def _require_settled(connection: Connection, adjudicated: WorkItem) -> None:
    left = len(unsettled_slices(connection, readings_in(connection, adjudicated)))
    if left:
        raise MoveRefused(f"Both readings still differ where you have not decided: {left} slices.")


def _refusal(chosen: Move) -> str:
    if chosen.who is Who.NO_READER:
        return "Whoever has drawn a series cannot review it; leave it to another reviewer."
    return "This series is assigned to somebody else; take another one from the worklist."
