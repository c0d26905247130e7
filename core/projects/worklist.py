"""The worklist of a project, and how far it is."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.annotation.project_schema import comment, work_item
from core.annotation.store import AnnotationStore
from core.projects.access import members_in, seeing_project
from core.projects.comment_rows import open_counts
from core.projects.item_rows import by_series, items_in
from core.projects.records import WorkItem, WorkState
from core.projects.visibility import is_visible
from core.projects.working_times import seconds_by_annotation, seconds_by_person


@dataclass(frozen=True)
class WorklistLine:
    """A work item with what the worklist says of it.

    Attributes
    ----------
    item : WorkItem
        One reading of a series.
    may_open : bool
        Whether the person who asked may see its masks.
    may_compare : bool
        Whether the series has two independent readings and the person may see both.
    open_comments : int
        Comments that nobody has resolved; 0 where the person may not see them.
    active_seconds : float
        Time that people worked on it.
    """

    item: WorkItem
    may_open: bool
    may_compare: bool
    open_comments: int
    active_seconds: float


@dataclass(frozen=True)
class Progress:
    """How far a project is.

    Attributes
    ----------
    states : mapping of WorkState to int
        Number of readings in each state, all states included.
    people : mapping of str to mapping
        The same for those assigned to each member, and to people who were members.
    active_seconds : mapping of str to float
        Time that each person worked in it.
    """

    states: Mapping[WorkState, int]
    people: Mapping[str, Mapping[WorkState, int]]
    active_seconds: Mapping[str, float]

    @property
    def total(self) -> int:
        """Number of readings."""
        return sum(self.states.values())


def worklist(
    store: AnnotationStore,
    project_key: str,
    person: str,
    *,
    states: Collection[WorkState] = (),
    assigned: Collection[str | None] = (),
    text: str = "",
) -> list[WorklistLine]:
    """Work items of a project, by priority and then as their series came into it.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        A member.
    states : collection of WorkState, optional
        Only items in these; all by default.
    assigned : collection of str or None, optional
        Only items assigned to one of these people, None for those of nobody; all by default.
    text : str, optional
        Words that all have to be in the title, the number or a person's name.

    Returns
    -------
    list of WorklistLine
        Also of readings whose masks the person may not see.

    Raises
    ------
    AccessRefused
        If the person is no member, or there is no such project.
    """
    words = text.casefold().split()
    with seeing_project(store, project_key, person) as (connection, roles):
        items = items_in(connection, work_item.c.project_key == project_key)
        readings = by_series(items)
        chosen = [
            item
            for item in items
            if (not states or item.state in states)
            and (not assigned or item.assigned in assigned)
            and all(word in _searched(item) for word in words)
        ]
        of_project = comment.c.annotation_key.in_([item.annotation_key for item in chosen])
        comments = open_counts(connection, of_project)
        seconds = seconds_by_annotation(connection, *(item.annotation_key for item in chosen))
        lines = []
        for item in sorted(chosen, key=lambda one: (-one.priority, one.number, one.reading)):
            of_series = readings[item.series_uid]
            seen = {
                number
                for number, one in of_series.items()
                if is_visible(connection, one, of_series, person, roles)
            }
            key, visible = item.annotation_key, item.reading in seen
            lines.append(
                WorklistLine(
                    item,
                    may_open=visible,
                    may_compare={1, 2} <= seen,
                    open_comments=comments.get(key, 0) if visible else 0,
                    active_seconds=seconds.get(key, 0.0),
                )
            )
        return lines


def progress(store: AnnotationStore, project_key: str, person: str) -> Progress:
    """How far a project is, in all and for each person.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    project_key : str
        The project.
    person : str
        A member.

    Returns
    -------
    Progress
        As of now.

    Raises
    ------
    AccessRefused
        If the person is no member, or there is no such project.
    """
    with seeing_project(store, project_key, person) as (connection, _):
        items = items_in(connection, work_item.c.project_key == project_key)
        people = {one.person: Counter[WorkState]() for one in members_in(connection, project_key)}
        for item in items:
            if item.assigned is not None:
                people.setdefault(item.assigned, Counter())[item.state] += 1
        return Progress(
            states=_all_states(Counter(item.state for item in items)),
            people={name: _all_states(counts) for name, counts in people.items()},
            active_seconds=seconds_by_person(connection, project_key),
        )


def _searched(item: WorkItem) -> str:
    parts = (item.title, str(item.number), item.assigned or "", item.reviewer or "")
    return " ".join(parts).casefold()


def _all_states(counts: Counter[WorkState]) -> dict[WorkState, int]:
    return {state: counts[state] for state in WorkState}
