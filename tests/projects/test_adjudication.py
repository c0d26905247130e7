"""A third reading is made of two independent ones, which both stay as they are."""

from typing import Any

import numpy as np
import pytest

from core.annotation.records import MaskChange, StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.projects.adjudication import (
    adjudication_of,
    open_disputes,
    start_adjudication,
    take_readings,
)
from core.projects.members import remove_member, set_roles
from core.projects.moves import move, possible_moves
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import AccessRefused, MoveRefused, Role, WorkState
from core.projects.visibility import may_edit, may_see
from core.projects.work_items import work_item_for
from tests.support.projects import add, add_read_twice, submitted_readings
from tests.support.stored_series import put_mask, square

DONE = WorkState.DONE


@pytest.fixture
def readings(store: AnnotationStore, project_key: str) -> tuple[str, str]:
    """Keys of two submitted readings that differ on slices 2 and 3."""
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\nSpleen\n"), "", "ada")
    return submitted_readings(store, project_key)


@pytest.fixture
def final(store: AnnotationStore, readings: tuple[str, str]) -> str:
    """Key of their final reading, which rita has begun."""
    return start_adjudication(store, readings[0], "rita").annotation_key


def test_the_final_reading_begins_with_what_both_readers_drew_alike(
    store: AnnotationStore, final: str
) -> None:
    assert [one.label for one in store.segments(final)] == ["Liver", "Spleen"]
    masks = store.annotation(final)
    assert list(masks) == [(1, 1)]
    assert masks[1, 1].state is SliceState.DRAWN
    assert (masks[1, 1].person, masks[1, 1].tool) == ("rita", "both readings")
    assert open_disputes(store, final, "rita") == [(1, 2), (1, 3)]


def test_slices_are_taken_from_either_reading_and_both_readings_stay(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    before = [store.annotation(key) for key in readings]
    assert take_readings(store, final, {(1, 2): 2, (1, 3): 1}, "rita") == 2
    assert np.array_equal(store.slice(final, 1, 2).mask, square(5))
    assert store.slice(final, 1, 2).tool == "reading 2"
    assert store.slice(final, 1, 3).state is SliceState.CONFIRMED_EMPTY
    assert open_disputes(store, final, "rita") == []
    assert [store.annotation(key) for key in readings] == before


def test_a_choice_can_be_changed_and_undone(store: AnnotationStore, final: str) -> None:
    take_readings(store, final, {(1, 2): 1}, "rita")
    take_readings(store, final, {(1, 2): 2}, "rita")
    assert store.slice(final, 1, 2).pixels == 25
    store.undo(final, "rita")
    assert store.slice(final, 1, 2).pixels == 9
    assert adjudication_of(store, final, "rita").decided[1, 2] == "reading 1"


def test_the_adjudicator_may_draw_as_well(store: AnnotationStore, final: str) -> None:
    assert may_edit(store, final, "rita")
    put_mask(store, final, 1, 2, mask=square(4), person="rita")
    assert open_disputes(store, final, "rita") == [(1, 3)]


def test_it_is_done_when_every_difference_is_settled_and_both_readings_with_it(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    with pytest.raises(MoveRefused, match=r"still differ.*2 slices"):
        move(store, final, DONE, "rita")
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    assert possible_moves(store, final, "rita") == [DONE]
    move(store, final, DONE, "rita")
    for key in readings:
        item = work_item_for(store, key, "rita")
        assert (item.state, item.reviewer) == (DONE, "rita")


def test_readers_see_all_of_it_once_it_is_done_and_nothing_before(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    assert [may_see(store, key, "anna") for key in (*readings, final)] == [True, False, False]
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    move(store, final, DONE, "rita")
    assert [may_see(store, key, "anna") for key in (*readings, final)] == [True, True, True]
    assert not may_edit(store, final, "rita")


def test_readings_do_not_change_while_they_are_adjudicated(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    assert possible_moves(store, readings[0], "anna") == []
    for after, person in ((WorkState.IN_PROGRESS, "anna"), (DONE, "rita")):
        with pytest.raises(MoveRefused, match="being adjudicated"):
            move(store, readings[0], after, person)
    assert not may_edit(store, readings[0], "anna")


def test_beginning_again_goes_on_with_the_same_one(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    put_mask(store, final, 1, 1, mask=square(2), based_on=1, person="rita")
    assert start_adjudication(store, readings[1], "rita").annotation_key == final
    assert store.slice(final, 1, 1).pixels == 4


def test_another_reviewer_goes_on_only_where_the_first_has_left(
    store: AnnotationStore, project_key: str, readings: tuple[str, str], final: str
) -> None:
    set_roles(store, project_key, "rolf", {Role.REVIEW}, "ada")
    with pytest.raises(MoveRefused, match="Somebody else"):
        start_adjudication(store, readings[0], "rolf")
    remove_member(store, project_key, "rita", "ada")
    assert start_adjudication(store, readings[0], "rolf").assigned == "rolf"


def test_readers_do_not_adjudicate_their_own_series(
    store: AnnotationStore, project_key: str, readings: tuple[str, str]
) -> None:
    set_roles(store, project_key, "anna", {Role.ANNOTATE, Role.REVIEW}, "ada")
    for key in readings:
        with pytest.raises(AccessRefused):
            start_adjudication(store, key, "anna")


def test_both_readers_have_to_finish_first(store: AnnotationStore, project_key: str) -> None:
    first, second = (one.annotation_key for one in add_read_twice(store, project_key))
    for key, person in ((first, "anna"), (second, "ben")):
        move(store, key, WorkState.IN_PROGRESS, person)
    move(store, first, WorkState.TO_REVIEW, "anna")
    with pytest.raises(MoveRefused, match="Both readers have to finish"):
        start_adjudication(store, first, "rita")


def test_a_series_that_is_read_once_is_not_adjudicated(
    store: AnnotationStore, project_key: str
) -> None:
    with pytest.raises(MoveRefused, match="read once"):
        start_adjudication(store, add(store, project_key).annotation_key, "rita")


def test_only_the_adjudicator_takes_readings_and_only_of_segments_that_exist(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    with pytest.raises(MoveRefused):
        take_readings(store, final, {(1, 2): 1}, "ada")
    with pytest.raises(AccessRefused):
        take_readings(store, final, {(1, 2): 1}, "anna")
    wrong: Any  # what comes from a browser may be anything
    for wrong in ({(9, 2): 1}, {(1, 2): 3}):
        with pytest.raises(StoreError, match="Neither reading"):
            take_readings(store, final, wrong, "rita")
    with pytest.raises(StoreError):
        take_readings(store, final, {(1, 99): 1}, "rita")


def test_a_decision_that_is_undone_or_cleared_is_open_again(
    store: AnnotationStore, final: str
) -> None:
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    store.undo(final, "rita")
    assert open_disputes(store, final, "rita") == [(1, 3)]
    version = store.slice(final, 1, 2).version
    cleared = MaskChange(1, 2, None, SliceState.EMPTY, version, allow_clear=True)
    store.put_many(final, [cleared], "rita", "test", "clear")
    assert open_disputes(store, final, "rita") == [(1, 2), (1, 3)]


def test_slices_on_which_both_agree_do_not_get_lost_by_undo(
    store: AnnotationStore, readings: tuple[str, str], final: str
) -> None:
    take_readings(store, final, {(1, 2): 1, (1, 3): 2}, "rita")
    for _ in range(3):
        store.undo(final, "rita")
    assert open_disputes(store, final, "rita") == [(1, 1), (1, 2), (1, 3)]
    start_adjudication(store, readings[0], "rita")
    assert open_disputes(store, final, "rita") == [(1, 2), (1, 3)]
    assert np.array_equal(store.slice(final, 1, 1).mask, square(4))


def test_a_reviewer_learns_what_is_left_to_decide(
    store: AnnotationStore, readings: tuple[str, str]
) -> None:
    before = adjudication_of(store, readings[0], "rita")
    assert (before.final, before.may_begin, before.decides) == (None, True, False)
    final = start_adjudication(store, readings[0], "rita").annotation_key
    begun = adjudication_of(store, readings[1], "rita")
    assert (begun.decides, begun.may_begin, begun.left) == (True, False, 2)
    assert begun.decided == {(1, 1): "both readings"}
    take_readings(store, final, {(1, 2): 1}, "rita")
    put_mask(store, final, 1, 3, mask=square(3), person="rita")
    decided = adjudication_of(store, final, "rita")
    assert decided.left == 0
    assert decided.decided == {(1, 1): "both readings", (1, 2): "reading 1", (1, 3): "drawn"}
    move(store, final, DONE, "rita")
    done = adjudication_of(store, final, "rita")
    assert not done.decides and "done" in done.reason


def test_others_learn_why_they_cannot_decide(
    store: AnnotationStore, project_key: str, readings: tuple[str, str], final: str
) -> None:
    set_roles(store, project_key, "rolf", {Role.REVIEW}, "ada")
    assert "Somebody else" in adjudication_of(store, final, "rolf").reason
    administrator = adjudication_of(store, final, "ada")
    assert (administrator.decides, administrator.may_begin, administrator.reason) == (
        False,
        False,
        "",
    )
    for reader in ("anna", "ben", "eve"):
        with pytest.raises(AccessRefused):
            adjudication_of(store, readings[0], reader)


def test_readings_that_are_not_finished_cannot_be_adjudicated_yet(
    store: AnnotationStore, project_key: str
) -> None:
    for key, person in zip(add_read_twice(store, project_key), ("anna", "ben"), strict=True):
        move(store, key.annotation_key, WorkState.IN_PROGRESS, person)
    adjudication = adjudication_of(store, key.annotation_key, "rita")
    assert not adjudication.may_begin
    assert "Both readers have to finish" in adjudication.reason


def test_a_series_that_is_read_once_has_no_adjudication(
    store: AnnotationStore, project_key: str
) -> None:
    key = add(store, project_key).annotation_key
    with pytest.raises(MoveRefused, match="read once"):
        adjudication_of(store, key, "rita")
