"""Adjudication: a third, final reading made from two, both of which stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row

from core.annotation.database import reading
from core.annotation.opened_annotations import known_annotation
from core.annotation.records import MaskChange, StoreError
from core.annotation.segment_changes import append_new_segment
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey, newest_masks, slice_annotation
from core.projects.access import changing_project, project_of, properties, roles_in
from core.projects.adjudicated_slices import (
    Decision,
    compared_readings,
    decisions,
    unsettled_slices,
)
from core.projects.item_rows import add_reading, item_in, readings_in, write_version
from core.projects.reading_pairs import PairedReadings
from core.projects.records import AccessRefused, MoveRefused, Role, WorkItem, WorkState
from core.projects.visibility import require_editing, visible_item

_TAKEN = {1: Decision.FIRST, 2: Decision.SECOND}
_SUBMITTED = (WorkState.TO_REVIEW, WorkState.DONE)


def start_adjudication(store: AnnotationStore, annotation_key: str, person: str) -> WorkItem:
    """Make the final reading of a series, or go on with the one that is there.

    It has the segments of both readings, and the masks on which they agree bit for bit. Neither
    reading can change from then on.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of any reading of the series.
    person : str
        A reviewer who has read neither of them.

    Returns
    -------
    WorkItem
        Reading 3, assigned to the person.

    Raises
    ------
    AccessRefused
        If the person may not, or there is no such annotation.
    MoveRefused
        If the series is read once, if a reader has not finished, or if another reviewer
        adjudicates it.
    """
    project_key = project_of(store, annotation_key)
    with changing_project(store, project_key, person, Role.REVIEW) as (connection, _):
        readings = _both_readings(connection, item_in(connection, annotation_key), person)
        compared = compared_readings(connection, readings[1], readings[2])
        if 3 in readings:
            final = readings[3]
            if final.assigned is None:
                final = write_version(connection, final, person, assigned=person)
        else:
            began = {"state": WorkState.IN_PROGRESS, "assigned": person}
            final = add_reading(connection, readings[1], 3, person, **began)
            for pair in compared.paired.pairs:
                version = {"version": 1, "removed": False, "step_id": None}
                append_new_segment(
                    connection, final.annotation_key, pair.segment, person, **version
                )
    if final.state is WorkState.IN_PROGRESS:
        _copy(store, final, compared.paired, dict.fromkeys(compared.agreed, 1), Decision.BOTH)
    return final


def open_disputes(store: AnnotationStore, annotation_key: str, person: str) -> list[SliceKey]:
    """Slices that the final reading says nothing of yet, although the readings do.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the final reading.
    person : str
        Who may see it.

    Returns
    -------
    list of (int, int)
        Segment numbers of the final reading and slice indices.

    Raises
    ------
    AccessRefused
        If the person may not see it, or there is no such reading.
    """
    with reading(store.database) as connection:
        readings = readings_in(connection, visible_item(connection, annotation_key, person))
        if 3 not in readings:
            raise AccessRefused
        return unsettled_slices(connection, readings)


@dataclass(frozen=True)
class Adjudication:
    """How far the adjudication of a series is, for a person who sees both readings.

    Attributes
    ----------
    final : WorkItem or None
        The adjudicated reading; None before anybody has begun.
    decides : bool
        Whether the person may decide about slices now.
    may_begin : bool
        Whether the person may begin, or go on with what another reviewer has left.
    reason : str
        Why neither, as a sentence; "" where the person may, or is no reviewer.
    decided : mapping of (int, int) to Decision
        What the adjudicated reading shows, by segment number and slice index.
    left : int
        Number of slices to decide; all that were read before anybody has begun.
    """

    final: WorkItem | None
    decides: bool
    may_begin: bool
    reason: str
    decided: Mapping[SliceKey, Decision]
    left: int


def adjudication_of(store: AnnotationStore, annotation_key: str, person: str) -> Adjudication:
    """Return how far the adjudication of a series is, and what a person may do about it.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of any reading of the series.
    person : str
        Who may see both readings.

    Raises
    ------
    AccessRefused
        If the person may not see both, or there is no such annotation.
    MoveRefused
        If the series is read once.
    """
    with reading(store.database) as connection:
        item = visible_item(connection, annotation_key, person)
        is_reviewer = Role.REVIEW in roles_in(connection, item.project_key, person)
        readings = readings_in(connection, item)
        _require_seeing_both(connection, readings, item, person)
        final = readings.get(3)
        compared = compared_readings(connection, readings[1], readings[2])
        decided = decisions(connection, compared, final) if final is not None else {}
        left = len({*compared.agreed, *compared.disputed} - decided.keys())
        reason = ""
        if properties(connection, item.project_key).archived:
            reason = "This project is archived; its annotations cannot be changed."
        elif final is not None and final.state is WorkState.DONE:
            reason = "The adjudication of this series is done."
        elif is_reviewer:
            reason = _reason_against(readings, person)
    is_theirs = final is not None and final.assigned == person
    can = is_reviewer and not reason
    return Adjudication(final, can and is_theirs, can and not is_theirs, reason, decided, left)


def take_readings(
    store: AnnotationStore,
    annotation_key: str,
    chosen: Mapping[SliceKey, Literal[1, 2]],
    person: str,
) -> int:
    """Take masks of the readings over into the final one; one step to undo for each reading.

    Where the chosen reading shows nothing, the segment is confirmed to be absent from the slice.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the final reading.
    chosen : mapping of (int, int) to int
        Which reading, by segment number of the final reading and slice index.
    person : str
        Who adjudicates.

    Returns
    -------
    int
        Number of slices that were taken over.

    Raises
    ------
    AccessRefused
        If the person may not see it, or there is no such reading.
    MoveRefused
        If the person does not adjudicate it, or it is done.
    StoreError
        If there is no such segment or slice in both readings.
    VersionConflict
        If somebody changes the same slices.
    """
    final = require_editing(store, annotation_key, person)
    if final is None or final.reading != 3:
        raise AccessRefused
    with reading(store.database) as connection:
        readings = readings_in(connection, final)
        paired = compared_readings(connection, readings[1], readings[2]).paired
    numbers = {pair.number for pair in paired.pairs}
    if any(at[0] not in numbers or number not in (1, 2) for at, number in chosen.items()):
        raise StoreError("Neither reading has this segment; load the page again.")
    return _copy(store, final, paired, chosen, "", over=True)


def _both_readings(connection: Connection, item: WorkItem, person: str) -> dict[int, WorkItem]:
    """All readings of a series that can be adjudicated by a person."""
    readings = readings_in(connection, item)
    _require_seeing_both(connection, readings, item, person)
    if reason := _reason_against(readings, person):
        raise MoveRefused(reason)
    return readings


def _reason_against(readings: dict[int, WorkItem], person: str) -> str:
    """Why a reviewer who sees both readings cannot adjudicate them; "" where they can."""
    if any(readings[number].state not in _SUBMITTED for number in (1, 2)):
        return "Both readers have to finish this series before it is adjudicated."
    if 3 in readings and readings[3].assigned not in (person, None):
        return "Somebody else adjudicates this series."
    return ""


def _require_seeing_both(
    connection: Connection, readings: dict[int, WorkItem], item: WorkItem, person: str
) -> None:
    if 2 not in readings:
        visible_item(connection, item.annotation_key, person)
        raise MoveRefused("This series is read once; there is nothing to adjudicate.")
    for number in (1, 2):
        visible_item(connection, readings[number].annotation_key, person)


def _copy(
    store: AnnotationStore,
    final: WorkItem,
    paired: PairedReadings,
    chosen: Mapping[SliceKey, int],
    tool: str,
    *,
    over: bool = False,
) -> int:
    """Copy masks of readings into the final one; over those that it has only where told to."""
    pairs = {pair.number: pair for pair in paired.pairs}
    with store.reading(final.annotation_key) as (connection, _):
        known = known_annotation(connection, final.annotation_key)
        present = newest_masks(connection, final.annotation_key)
    steps: dict[str, list[MaskChange]] = {}
    for (number, index), chosen_reading in chosen.items():
        newest = present.get((number, index))
        if newest is not None and newest.state in EXAMPLE_STATES and not over:
            continue
        row = paired.rows(pairs[number], index)[chosen_reading - 1]
        change = _change(row, number, index, known.shape, newest.version if newest else 0)
        steps.setdefault(tool or _TAKEN[chosen_reading], []).append(change)
    for name, changes in steps.items():
        store.put_many(final.annotation_key, changes, str(final.assigned), name, f"take {name}")
    return sum(map(len, steps.values()))


def _change(
    row: Row[Any] | None, number: int, index: int, shape: tuple[int, int], based_on: int
) -> MaskChange:
    if row is None or not row.pixels:
        return MaskChange(
            number, index, None, SliceState.CONFIRMED_EMPTY, based_on, allow_clear=True
        )
    taken = slice_annotation(row, shape)
    return MaskChange(
        number,
        index,
        taken.mask,
        taken.state,
        based_on,
        weights=taken.weights,
        teachers=taken.teachers,
    )
