"""A third reading is made of two independent ones, which both stay as they are."""

import numpy as np
import pytest

from core.annotation.records import StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.projects.adjudication import open_disputes, start_adjudication, take_readings
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
    for wrong in ({(9, 2): 1}, {(1, 2): 3}):
        with pytest.raises(StoreError, match="Neither reading"):
            take_readings(store, final, wrong, "rita")
    with pytest.raises(StoreError):
        take_readings(store, final, {(1, 99): 1}, "rita")
