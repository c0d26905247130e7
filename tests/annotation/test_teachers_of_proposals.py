"""Which other series taught a proposal stays with its mask, whatever becomes of it."""

import numpy as np
import pytest

from core.annotation.actions import accept, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from tests.support.earlier_stores import make_store_without_teachers
from tests.support.stored_series import SERIES, Suggested, square

_TEACHERS = ("1.2.3", "1.2.4")


@pytest.fixture
def taught(store: AnnotationStore) -> AnnotationStore:
    """Slices 1 and 2 of segment 1 are proposed from two other series."""
    suggestions = [Suggested(1, 1, square(4)), Suggested(1, 2, square(5))]
    store_proposals(
        store, SERIES, suggestions, person="anna", weights="default-1", teachers=_TEACHERS
    )
    return store


def test_proposals_from_other_series_name_them(taught: AnnotationStore) -> None:
    assert taught.slice(SERIES, 1, 1).teachers == _TEACHERS
    assert taught.slice(SERIES, 1, 0).teachers == ()


def test_they_stay_with_what_is_accepted_and_corrected(taught: AnnotationStore) -> None:
    accept(taught, SERIES, 1, 1, person="anna")
    save_drawing(taught, SERIES, 1, 2, square(6), person="anna", tool="brush")
    for index, state in ((1, SliceState.ACCEPTED), (2, SliceState.CORRECTED)):
        item = taught.slice(SERIES, 1, index)
        assert (item.state, item.teachers) == (state, _TEACHERS)


def test_what_is_drawn_by_hand_and_proposed_from_the_series_itself_has_none(
    taught: AnnotationStore,
) -> None:
    save_drawing(taught, SERIES, 1, 0, square(6), person="anna", tool="brush")
    store_proposals(taught, SERIES, [Suggested(1, 1, square(7))], person="anna")
    assert taught.slice(SERIES, 1, 0).teachers == ()
    assert taught.slice(SERIES, 1, 1).teachers == ()


def test_undo_and_redo_bring_them_back(taught: AnnotationStore) -> None:
    store_proposals(taught, SERIES, [Suggested(1, 1, square(7))], person="anna")
    taught.undo(SERIES, "anna")
    assert taught.slice(SERIES, 1, 1).teachers == _TEACHERS
    taught.undo(SERIES, "anna")
    assert taught.slice(SERIES, 1, 1).teachers == ()
    taught.redo(SERIES, "anna")
    assert taught.slice(SERIES, 1, 1).teachers == _TEACHERS


@pytest.mark.parametrize("uid", ["", "1.2 1.3", "1" * 65])
def test_what_is_no_uid_is_refused(store: AnnotationStore, uid: str) -> None:
    with pytest.raises(StoreError, match="UID of a series"):
        store_proposals(store, SERIES, [Suggested(1, 1, square(7))], person="a", teachers=[uid])


def test_a_store_of_the_version_before_keeps_its_masks_and_takes_teachers(url: str) -> None:
    make_store_without_teachers(url)
    store = AnnotationStore(url)
    before = store.slice("1.2", 1, 2)
    assert (before.state, before.pixels, before.teachers) == (SliceState.PROPOSED, 4, ())
    assert before.expected_dice == 0.9
    mask = np.ones((4, 4), bool)
    store_proposals(store, "1.2", [Suggested(1, 2, mask)], person="anna", teachers=_TEACHERS)
    assert store.slice("1.2", 1, 2).teachers == _TEACHERS
    store.undo("1.2", "anna")
    assert store.slice("1.2", 1, 2).pixels == 4
    assert store.slice("1.2", 1, 2).teachers == ()
