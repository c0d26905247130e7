from typing import Any

import numpy as np
import pytest

from core.annotation.ends import drawn_beyond, state_end, stated_ends
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import (
    BeyondEnds,
    EndChanged,
    MessageReused,
    SliceAnnotation,
    StoreError,
)
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.segments.ends import End, Ends
from tests.support.stored_series import (
    NOTHING,
    SERIES,
    Put,
    Suggested,
    put_mask,
    segment,
    square,
    states,
)


def state(
    store: AnnotationStore,
    end: End,
    index: int | None,
    segment_number: int = 1,
    *,
    person: str = "anna",
    **more: Any,
) -> int | None:
    return state_end(store, SERIES, segment_number, end, index, person=person, **more)


def ends_of(store: AnnotationStore, segment_number: int = 1) -> Ends:
    return stated_ends(store, SERIES)[segment_number].ends


def annotations_of(store: AnnotationStore, segment_number: int = 1) -> dict[int, SliceAnnotation]:
    found = store.annotation(SERIES).items()
    return {index: one for (number, index), one in found if number == segment_number}


def test_nothing_is_stated_at_first(store: AnnotationStore) -> None:
    assert stated_ends(store, SERIES) == {}


def test_either_end_can_be_stated_alone_and_moved_and_taken_back(store: AnnotationStore) -> None:
    assert state(store, End.FIRST, 2) == 1
    assert ends_of(store) == Ends(2, None)
    assert state(store, End.LAST, 4) == 1
    assert ends_of(store) == Ends(2, 4)
    assert state(store, End.FIRST, 1) == 2
    assert ends_of(store) == Ends(1, 4)
    assert state(store, End.FIRST, None) == 3
    assert ends_of(store) == Ends(None, 4)
    assert 2 not in stated_ends(store, SERIES)


def test_what_is_stated_outlasts_the_program(store: AnnotationStore, url: str) -> None:
    state(store, End.FIRST, 2)
    again = AnnotationStore(url)
    assert ends_of(again) == Ends(2, None)
    again.close()


def test_statements_are_steps_that_undo_and_redo_switch(store: AnnotationStore) -> None:
    state(store, End.FIRST, 2)
    state(store, End.FIRST, 3)
    state(store, End.LAST, 4)
    assert store.undo_action(SERIES, "anna") == "last slice"
    seen = []
    for move in (store.undo, store.undo, store.undo, store.redo, store.redo, store.redo):
        move(SERIES, "anna")
        seen.append(ends_of(store))
    assert seen == [Ends(3), Ends(2), Ends(), Ends(2), Ends(3), Ends(3, 4)]


def test_proposals_beyond_an_end_go_and_come_back_with_undo(proposed: AnnotationStore) -> None:
    state(proposed, End.LAST, 2)
    assert states(proposed) == ["drawn", "proposed", "proposed", "empty", "empty", "empty"]
    assert states(proposed, 2).count("proposed") == 4
    proposed.undo(SERIES, "anna")
    assert states(proposed) == ["drawn", *["proposed"] * 4, "empty"]
    proposed.redo(SERIES, "anna")
    assert states(proposed)[3:] == ["empty"] * 3


def test_no_proposal_is_stored_beyond_an_end(store: AnnotationStore, put: Put) -> None:
    put(1, 2)
    state(store, End.FIRST, 1)
    suggestions = [Suggested(1, index, square(3)) for index in (0, 1, 3, 5)]
    state(store, End.LAST, 4)
    store_proposals(store, SERIES, suggestions, person="anna")
    assert states(store) == ["empty", "proposed", "drawn", "proposed", "empty", "empty"]
    with pytest.raises(BeyondEnds):
        put(1, 5, state=SliceState.PROPOSED)


def test_redo_brings_no_proposal_back_beyond_an_end_that_somebody_else_stated(
    proposed: AnnotationStore,
) -> None:
    proposed.undo(SERIES, "anna")
    state(proposed, End.LAST, 2, person="ben")
    proposed.redo(SERIES, "anna")
    assert states(proposed) == ["drawn", "proposed", "proposed", "empty", "empty", "empty"]


def test_undo_leaves_an_end_alone_that_somebody_else_has_moved_since(
    proposed: AnnotationStore,
) -> None:
    state(proposed, End.LAST, 2)
    state(proposed, End.LAST, 3, person="ben")
    proposed.undo(SERIES, "anna")
    assert ends_of(proposed) == Ends(None, 3)
    assert states(proposed) == ["drawn", "proposed", "proposed", "empty", "empty", "empty"]


@pytest.mark.parametrize(("end", "index"), [(End.FIRST, 3), (End.LAST, 1)])
def test_an_end_that_contradicts_a_drawing_is_refused_and_nothing_changes(
    store: AnnotationStore, put: Put, end: End, index: int
) -> None:
    put(1, 2)
    with pytest.raises(StoreError, match="drawn on slice 3"):
        state(store, end, index)
    assert stated_ends(store, SERIES) == {}
    assert states(store)[2] == "drawn"


def test_a_drawing_beyond_an_end_is_stored_and_told(store: AnnotationStore, put: Put) -> None:
    state(store, End.FIRST, 3)
    put(1, 1)
    put(1, 4)
    assert states(store)[1] == "drawn"
    assert ends_of(store) == Ends(3, None)
    assert drawn_beyond(ends_of(store), annotations_of(store)) == [1]


def test_proposals_up_to_a_drawing_beyond_an_end_are_stored(
    store: AnnotationStore, put: Put
) -> None:
    state(store, End.FIRST, 3)
    put(1, 1)
    put(1, 2, state=SliceState.PROPOSED)
    assert states(store)[:3] == ["empty", "drawn", "proposed"]


def test_the_first_slice_cannot_lie_behind_the_last(store: AnnotationStore) -> None:
    state(store, End.LAST, 2)
    with pytest.raises(StoreError, match="last slice is slice 3"):
        state(store, End.FIRST, 3)
    state(store, End.FIRST, 2)
    with pytest.raises(StoreError, match="first slice is slice 3"):
        state(store, End.LAST, 1)


def test_a_slice_without_the_structure_is_no_end(store: AnnotationStore) -> None:
    put_mask(store, SERIES, 1, 2, mask=None, state=SliceState.CONFIRMED_EMPTY)
    with pytest.raises(StoreError, match="not here"):
        state(store, End.FIRST, 2)
    state(store, End.FIRST, 3)


@pytest.mark.parametrize(("number", "index"), [(3, 1), (1, 6), (1, -1)])
def test_segments_and_slices_that_do_not_exist_are_refused(
    store: AnnotationStore, number: int, index: int
) -> None:
    with pytest.raises(StoreError):
        state(store, End.FIRST, index, number)


def test_a_statement_based_on_an_older_one_is_refused(store: AnnotationStore) -> None:
    state(store, End.FIRST, 2, based_on=0)
    with pytest.raises(EndChanged, match="first slice"):
        state(store, End.FIRST, 3, person="ben", based_on=0)
    assert ends_of(store) == Ends(2, None)
    state(store, End.LAST, 4, person="ben", based_on=0)
    assert ends_of(store) == Ends(2, 4)


def test_statements_that_a_tab_sends_one_after_the_other_need_no_answer_between(
    store: AnnotationStore,
) -> None:
    state(store, End.FIRST, 2, based_on=0, message=("tab", 1))
    assert state(store, End.FIRST, 3, based_on=0, message=("tab", 2)) == 2
    with pytest.raises(EndChanged):
        state(store, End.FIRST, 1, based_on=0, message=("other", 1))


def test_a_message_sent_twice_is_carried_out_once(store: AnnotationStore) -> None:
    assert state(store, End.FIRST, 2, based_on=0, message=("tab", 1)) == 1
    assert state(store, End.FIRST, 2, based_on=0, message=("tab", 1)) == 1
    assert stated_ends(store, SERIES)[1].first_version == 1
    with pytest.raises(MessageReused):
        state(store, End.FIRST, 3, based_on=0, message=("tab", 1))


def test_a_segment_that_takes_the_number_of_a_removed_one_has_no_ends(
    store: AnnotationStore,
) -> None:
    state(store, End.FIRST, 2)
    store.remove_segment(SERIES, 1, "anna")
    assert ends_of(store) == Ends()
    store.undo(SERIES, "anna")
    assert ends_of(store) == Ends(2, None)
    store.remove_segment(SERIES, 1, "anna")
    store.save_segment(SERIES, segment(1), "anna")
    assert ends_of(store) == Ends()


def test_renaming_a_segment_keeps_its_ends(store: AnnotationStore) -> None:
    state(store, End.FIRST, 2)
    store.save_segment(SERIES, segment(1), "ben")
    assert ends_of(store) == Ends(2, None)


def test_what_is_not_here_within_the_ends_stays(store: AnnotationStore, put: Put) -> None:
    put_mask(store, SERIES, 1, 2, mask=NOTHING, state=SliceState.CONFIRMED_EMPTY)
    put(1, 1)
    state(store, End.FIRST, 1)
    state(store, End.LAST, 4)
    assert states(store)[2] == "confirmed_empty"
    assert drawn_beyond(ends_of(store), annotations_of(store)) == []
    assert np.array_equal(store.slice(SERIES, 1, 1).mask, square(3))
