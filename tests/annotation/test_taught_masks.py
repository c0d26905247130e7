"""What other series said is found again, whatever was put in its place."""

import pytest

from core.annotation.actions import accept, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.store import AnnotationStore
from core.annotation.taught_masks import JOINED_TOOL, series_that_taught, taught_masks
from tests.support.stored_series import NOTHING, SERIES, Suggested, square

_TEACHERS = ("1.2.3", "1.2.4")


@pytest.fixture
def taught(store: AnnotationStore) -> AnnotationStore:
    """Slices 1 and 2 of segment 1 are proposed from two other series."""
    suggestions = [Suggested(1, 1, square(4), 0.8), Suggested(1, 2, square(5), None)]
    store_proposals(store, SERIES, suggestions, person="anna", teachers=_TEACHERS)
    return store


def areas(store: AnnotationStore) -> dict[int, int]:
    """Pixels by slice of what other series said of segment 1."""
    found = taught_masks(store, SERIES).get(1)
    named = {} if found is None else {1: found.teachers}
    assert series_that_taught(store, SERIES) == named
    return {} if found is None else {at: int(mask.sum()) for at, mask in found.masks.items()}


def test_masks_are_read_with_what_is_expected_of_them_and_who_taught(
    taught: AnnotationStore,
) -> None:
    assert areas(taught) == {1: 16, 2: 25}
    found = taught_masks(taught, SERIES)
    assert found.keys() == {1}
    assert found[1].expected == {1: 0.8}
    assert found[1].teachers == _TEACHERS


def test_they_stay_known_where_something_was_drawn_accepted_or_proposed_since(
    taught: AnnotationStore,
) -> None:
    save_drawing(taught, SERIES, 1, 1, square(6), person="anna", tool="brush")
    accept(taught, SERIES, 1, 2, person="anna")
    assert areas(taught) == {1: 16, 2: 25}
    store_proposals(
        taught,
        SERIES,
        [Suggested(1, 3, square(7))],
        person="anna",
        tool=JOINED_TOOL,
        teachers={1: _TEACHERS},
    )
    assert areas(taught) == {1: 16, 2: 25}


def test_proposals_from_the_series_itself_are_no_lesson(store: AnnotationStore) -> None:
    store_proposals(store, SERIES, [Suggested(1, 1, square(4))], person="anna")
    assert taught_masks(store, SERIES) == {}


def test_only_the_newest_lesson_counts(taught: AnnotationStore) -> None:
    newer = [Suggested(1, 1, NOTHING), Suggested(1, 2, square(2))]
    store_proposals(taught, SERIES, newer, person="anna", teachers=("1.2.5",))
    assert areas(taught) == {2: 4}
    assert taught_masks(taught, SERIES)[1].teachers == ("1.2.5",)


def test_a_lesson_that_was_taken_back_does_not_count_until_it_is_brought_back(
    taught: AnnotationStore,
) -> None:
    store_proposals(taught, SERIES, [Suggested(1, 2, square(2))], person="anna", teachers=["1.2.5"])
    taught.undo(SERIES, "anna")
    assert areas(taught) == {1: 16, 2: 25}
    taught.undo(SERIES, "anna")
    assert areas(taught) == {}
    taught.redo(SERIES, "anna")
    assert areas(taught) == {1: 16, 2: 25}


def test_removed_segments_were_taught_nothing(taught: AnnotationStore) -> None:
    taught.remove_segment(SERIES, 1, "anna")
    assert taught_masks(taught, SERIES) == {}


def test_teachers_may_differ_from_segment_to_segment(store: AnnotationStore) -> None:
    suggestions = [Suggested(1, 1, square(4)), Suggested(2, 1, square(2, 7))]
    store_proposals(
        store, SERIES, suggestions, person="anna", tool=JOINED_TOOL, teachers={2: _TEACHERS}
    )
    assert store.slice(SERIES, 1, 1).teachers == ()
    assert store.slice(SERIES, 2, 1).teachers == _TEACHERS
