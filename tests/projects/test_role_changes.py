"""A role that is taken away in mid-session ends every kind of write, and nothing is stored then."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from core.annotation.absence import mark_absent
from core.annotation.actions import accept, accept_all, confirm_empty, reject
from core.annotation.database import reading
from core.annotation.decisions import accept_proposals
from core.annotation.ends import state_end
from core.annotation.import_storing import store_import
from core.annotation.importing import (
    ImportedMask,
    ImportedSegment,
    ImportPlan,
    ImportWay,
    plan_import,
)
from core.annotation.proposal_storing import store_proposals
from core.annotation.run_length import encode_runs
from core.annotation.schema import metadata
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.volume_changes import VolumeTask, change_volume
from core.projects.adjudication import start_adjudication, take_readings
from core.projects.assignments import assign, next_to_review, set_priority
from core.projects.comments import add_comment, comments_on, resolve_comment
from core.projects.deletion import delete_project
from core.projects.exporting import export_project
from core.projects.guarding import store_for
from core.projects.members import remove_member, set_roles
from core.projects.moves import move
from core.projects.projects import change_project, set_retention
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import AccessRefused, MoveRefused, Role, WorkState
from core.projects.work_items import add_series
from core.projects.working_times import report_activity
from core.proposals.examples import Proposal
from core.segments.ends import End
from core.segments.segment import Segment
from tests.support.projects import add, add_read_twice, series, submitted_readings
from tests.support.segments import ANATOMY, LIVER_SEGMENT, SPLEEN
from tests.support.stored_series import SHAPE, put_mask, square

EVE = "eve"
SPLEEN_SEGMENT = Segment(2, "Spleen", (10, 20, 30), ANATOMY, SPLEEN)


@dataclass(frozen=True)
class Place:
    """Where eve works, and the store as she uses it."""

    store: AnnotationStore
    own: AnnotationStore
    project: str
    key: str
    another: str


Call = Callable[[Place], object]

ADMINISTERING: dict[str, Call] = {
    "rename the project": lambda at: change_project(at.store, at.project, EVE, name="Mine"),
    "set how long it is kept": lambda at: set_retention(at.store, at.project, EVE, 30),
    "give roles": lambda at: set_roles(at.store, at.project, "dan", {Role.REVIEW}, EVE),
    "remove a member": lambda at: remove_member(at.store, at.project, "ben", EVE),
    "write the protocol": lambda at: set_protocol(at.store, at.project, [], "All of it.", EVE),
    "raise the share that is read twice": lambda at: change_project(
        at.store, at.project, EVE, second_reading_share=1.0
    ),
    "add a series": lambda at: add_series(at.store, at.project, series(9), EVE),
    "assign a reading": lambda at: assign(at.store, at.key, "ben", EVE),
    "set a priority": lambda at: set_priority(at.store, at.key, 5, EVE),
}

ANNOTATING: dict[str, Call] = {
    "draw": lambda at: put_mask(at.own, at.key, 1, 2, mask=square(3), person=EVE),
    "undo": lambda at: at.own.undo(at.key, EVE),
    "redo": lambda at: at.own.redo(at.key, EVE),
    "add a segment": lambda at: at.own.save_segment(at.key, SPLEEN_SEGMENT, EVE),
    "remove a segment": lambda at: at.own.remove_segment(at.key, 1, EVE),
    "state an end": lambda at: state_end(at.own, at.key, 1, End.FIRST, 0, person=EVE),
    "confirm that a slice is empty": lambda at: confirm_empty(at.own, at.key, 1, 2, person=EVE),
    "state that a segment is absent": lambda at: mark_absent(at.own, at.key, 1, 6, person=EVE),
    "have proposals stored": lambda at: store_proposals(
        at.own, at.key, [Proposal(1, 2, square(3), 0.9)], person=EVE
    ),
    "accept a proposal": lambda at: accept(at.own, at.key, 1, PROPOSED, person=EVE),
    "accept proposals in a review": lambda at: accept_proposals(
        at.own, at.key, 1, {PROPOSED: 1}, person=EVE
    ),
    "accept all": lambda at: accept_all(at.own, at.key, person=EVE),
    "reject a proposal": lambda at: reject(at.own, at.key, 1, PROPOSED, person=EVE),
    "change a volume": lambda at: change_volume(
        at.own, at.key, VolumeTask("fill", inverted, 1, 0, 5), (6, *SHAPE), person=EVE
    ),
    "import masks": lambda at: store_import(at.own, at.key, [PLAN], person=EVE),
    "hand in": lambda at: move(at.store, at.key, WorkState.TO_REVIEW, EVE),
    "take another": lambda at: move(at.store, at.another, WorkState.IN_PROGRESS, EVE),
}

REVIEWING: dict[str, Call] = {
    "accept": lambda at: move(at.store, at.key, WorkState.DONE, EVE),
    "return": lambda at: move(at.store, at.key, WorkState.RETURNED, EVE),
    "review the next": lambda at: next_to_review(at.store, at.project, EVE),
}

OF_ANY_MEMBER: dict[str, Call] = {
    "comment": lambda at: add_comment(at.store, at.key, "See here.", EVE),
    "answer": lambda at: add_comment(at.store, at.key, "Yes.", EVE, answer_to=comment(at)),
    "settle a comment": lambda at: resolve_comment(at.store, at.key, comment(at), EVE),
    "report working time": lambda at: report_activity(at.store, at.key, EVE),
}


PROPOSED = 4
PLAN: ImportPlan = plan_import(
    ImportedSegment(
        SPLEEN_SEGMENT,
        {2: ImportedMask(encode_runs(square(3)), SHAPE, SliceState.ACCEPTED)},
        None,
    ),
    None,
    ImportWay.ADD,
    {},
)


def inverted(volume: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ~volume


def comment(at: Place) -> int:
    """Id of the comment that is there from the beginning."""
    return comments_on(at.store, at.key, "ada")[0].id


def rows(store: AnnotationStore) -> dict[str, list[Any]]:
    """Every row of every table."""
    with reading(store.database) as connection:
        return {
            name: list(connection.execute(select(table)).all())
            for name, table in metadata.tables.items()
        }


def begun(store: AnnotationStore, project_key: str, role: Role) -> Place:
    """A reading that eve draws on, with something to undo and to redo; or one for her to review."""
    set_roles(store, project_key, EVE, {role}, "ada")
    key = add(store, project_key).annotation_key
    another = add(store, project_key, 2).annotation_key
    drawing = EVE if role is Role.ANNOTATE else "anna"
    move(store, key, WorkState.IN_PROGRESS, drawing)
    store.save_segment(key, LIVER_SEGMENT, drawing)
    proposal = Proposal(1, PROPOSED, square(3), 0.8)
    store_proposals(store, key, [proposal], person=drawing)
    for index in (0, 1):
        put_mask(store, key, 1, index, mask=square(3), person=drawing)
    store.undo(key, drawing)
    add_comment(store, key, "Look.", "ada")
    if role is Role.REVIEW:
        move(store, key, WorkState.TO_REVIEW, drawing)
    return Place(store, store_for(store, EVE), project_key, key, another)


CASES = [
    pytest.param(role, call, id=name)
    for role, calls in (
        (Role.ADMINISTER, ADMINISTERING),
        (Role.ANNOTATE, ANNOTATING | OF_ANY_MEMBER),
        (Role.REVIEW, REVIEWING),
    )
    for name, call in calls.items()
]


@pytest.mark.parametrize(("role", "call"), CASES)
def test_a_person_with_the_role_may(
    store: AnnotationStore, project_key: str, role: Role, call: Call
) -> None:
    place = begun(store, project_key, role)
    before = rows(store)
    call(place)
    assert rows(store) != before


@pytest.mark.parametrize(("role", "call"), CASES)
def test_whoever_was_removed_meanwhile_may_not(
    store: AnnotationStore, project_key: str, role: Role, call: Call
) -> None:
    place = begun(store, project_key, role)
    remove_member(store, project_key, EVE, "ada")
    before = rows(store)
    with pytest.raises(AccessRefused):
        call(place)
    assert rows(store) == before


@pytest.mark.parametrize(("role", "call"), [one for one in CASES if one.id not in OF_ANY_MEMBER])
def test_whoever_has_another_role_meanwhile_may_not(
    store: AnnotationStore, project_key: str, role: Role, call: Call
) -> None:
    place = begun(store, project_key, role)
    other = Role.ANNOTATE if role is Role.REVIEW else Role.REVIEW
    set_roles(store, project_key, EVE, {other}, "ada")
    before = rows(store)
    with pytest.raises((AccessRefused, MoveRefused)):
        call(place)
    assert rows(store) == before


@pytest.mark.parametrize("is_member", [True, False])
def test_a_project_is_not_exported_for_whoever_administered_it(
    store: AnnotationStore, project_key: str, tmp_path: Path, is_member: bool
) -> None:
    set_roles(store, project_key, EVE, {Role.ADMINISTER}, "ada")
    add(store, project_key)
    export_project(store, project_key, EVE, tmp_path / "as-administrator.zip")
    if is_member:
        set_roles(store, project_key, EVE, {Role.REVIEW}, "ada")
    else:
        remove_member(store, project_key, EVE, "ada")
    before = rows(store)
    with pytest.raises(AccessRefused):
        export_project(store, project_key, EVE, tmp_path / "later.zip")
    assert rows(store) == before
    assert [one.name for one in tmp_path.iterdir()] == ["as-administrator.zip"]


def test_an_adjudicator_whose_role_is_taken_away_decides_nothing_more(
    store: AnnotationStore, project_key: str
) -> None:
    set_roles(store, project_key, EVE, {Role.REVIEW}, "ada")
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    first, _ = submitted_readings(store, project_key)
    final = start_adjudication(store, first, EVE).annotation_key
    set_roles(store, project_key, EVE, {Role.ANNOTATE}, "ada")
    before = rows(store)
    with pytest.raises((AccessRefused, MoveRefused)):
        take_readings(store, final, {(1, 2): 2}, EVE)
    with pytest.raises((AccessRefused, MoveRefused)):
        start_adjudication(store, first, EVE)
    assert rows(store) == before


def test_a_project_is_not_deleted_by_whoever_administered_it(
    store: AnnotationStore, project_key: str
) -> None:
    set_roles(store, project_key, EVE, {Role.ADMINISTER}, "ada")
    add_read_twice(store, project_key)
    change_project(store, project_key, EVE, archived=True)
    change_project(store, project_key, EVE, archived=False)
    set_roles(store, project_key, EVE, {Role.REVIEW}, "ada")
    change_project(store, project_key, "ada", archived=True)
    before = rows(store)
    with pytest.raises(AccessRefused):
        delete_project(store, project_key, EVE)
    assert rows(store) == before
