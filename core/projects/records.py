"""What the functions of projects take and return, and the reasons for which they refuse."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.annotation.records import StoreError


class AccessRefused(StoreError):
    """The person may not do this, or it is not there: the same sentence for both.

    Whoever is no member of a project cannot tell from it whether the project exists.
    """

    def __init__(self) -> None:
        super().__init__("This does not exist, or you may not do this; ask your administrator.")


class MoveRefused(StoreError):
    """The state of a work item does not allow what a member asked for."""


class Role(StrEnum):
    """What a member may do; a member may have several."""

    ANNOTATE = "annotate"
    REVIEW = "review"
    ADMINISTER = "administer"


class WorkState(StrEnum):
    """How far a reading of a series is."""

    TO_DO = "to do"
    IN_PROGRESS = "in progress"
    TO_REVIEW = "to review"
    RETURNED = "returned"
    DONE = "done"


@dataclass(frozen=True)
class Project:
    """A project as one of its members sees it.

    Attributes
    ----------
    key : str
        Names it in addresses; says nothing about it.
    name : str
        For people.
    second_reading_share : float
        Share of the series that two people annotate independently, 0 to 1.
    retention_days : int or None
        Days after archiving until it is deleted; None where it stays.
    archived : bool
        Whether it is closed: nothing in it can be changed.
    version : int
        Of these properties, counted from 1.
    changed : datetime.datetime
        When they were changed last, in UTC.
    roles : frozenset of Role
        Of the person who asked.
    """

    key: str
    name: str
    second_reading_share: float
    retention_days: int | None
    archived: bool
    version: int
    changed: datetime
    roles: frozenset[Role]


@dataclass(frozen=True)
class Member:
    """A person in a project.

    Attributes
    ----------
    person : str
        As the sign-in names them.
    roles : frozenset of Role
        At least one.
    """

    person: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class WorkItem:
    """One reading of one series of a project.

    Attributes
    ----------
    annotation_key : str
        Key of its annotation in the store.
    project_key : str
        Key of its project.
    series_uid : str
        Series Instance UID.
    opened_key : str
        Key of the series in `core.home.opened_series`, which leads to its files.
    reading : int
        1 or 2, or 3 for the final one that adjudication makes of both.
    number : int
        Of the series in its project, from 1; the same for all readings.
    title : str
        What the series is, for people.
    state : WorkState
        How far it is.
    assigned : str or None
        Who is to annotate it, or has; of reading 3, who adjudicates.
    reviewer : str or None
        Who is to review it, or has.
    priority : int
        Higher ones come first; 0 unless set.
    version : int
        Of state, persons and priority, counted from 1.
    changed : datetime.datetime
        When that version was written, in UTC.
    spacing_mm : tuple of float
        Distance between slices, rows and columns.
    """

    annotation_key: str
    project_key: str
    series_uid: str
    opened_key: str
    reading: int
    number: int
    title: str
    state: WorkState
    assigned: str | None
    reviewer: str | None
    priority: int
    version: int
    changed: datetime
    spacing_mm: tuple[float, float, float]
