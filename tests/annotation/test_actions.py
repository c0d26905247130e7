import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.actions import (
    accept,
    accept_all,
    accept_range,
    confirm_empty,
    reject,
    save_drawing,
    worst_first,
)
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.store import (
    AnnotationStore,
    ClearRefused,
    MaskChange,
    StoreError,
    VersionConflict,
)
from tests.support.stored_series import NOTHING, SERIES, Suggested, square, states


class TestAccept:
    def test_makes_an_example_of_the_same_mask(self, proposed: AnnotationStore) -> None:
        assert accept(proposed, SERIES, 1, 3, person="bert") == 2
        item = proposed.slice(SERIES, 1, 3)
        assert item.state is SliceState.ACCEPTED
        assert np.array_equal(item.mask, square(4))
        assert (item.person, item.weights) == ("bert", "default-1")
        assert item.expected_dice == pytest.approx(0.6)

    def test_is_undone(self, proposed: AnnotationStore) -> None:
        accept(proposed, SERIES, 1, 3, person="anna")
        proposed.undo(SERIES, "anna")
        assert states(proposed)[3] == "proposed"

    def test_needs_a_proposal(self, proposed: AnnotationStore) -> None:
        for index in (0, 5):
            with pytest.raises(StoreError, match="no proposal"):
                accept(proposed, SERIES, 1, index, person="anna")

    def test_is_of_the_proposal_that_was_looked_at(self, proposed: AnnotationStore) -> None:
        suggestions = [Suggested(1, 3, square(8))]
        store_proposals(proposed, SERIES, suggestions, person="bert")
        with pytest.raises(VersionConflict):
            accept(proposed, SERIES, 1, 3, person="anna", based_on=1)

    @pytest.mark.parametrize(("first", "last"), [(2, 4), (4, 2)])
    def test_of_a_range_takes_both_ends_and_nothing_else(
        self, proposed: AnnotationStore, first: int, last: int
    ) -> None:
        changed = accept_range(proposed, SERIES, 1, first, last, person="anna")
        assert changed == [(1, 2), (1, 3), (1, 4)]
        assert states(proposed) == ["drawn", "proposed", *["accepted"] * 3, "empty"]
        assert "accepted" not in states(proposed, 2)
        assert proposed.undo(SERIES, "anna") == changed
        assert states(proposed) == ["drawn", *["proposed"] * 4, "empty"]

    def test_of_all_is_one_step(self, proposed: AnnotationStore) -> None:
        assert len(accept_all(proposed, SERIES, person="anna")) == 8
        assert states(proposed) == ["drawn", *["accepted"] * 4, "empty"]
        assert proposed.undo_action(SERIES, "anna") == "accept all"
        proposed.undo(SERIES, "anna")
        assert states(proposed, 2) == ["empty", *["proposed"] * 4, "empty"]

    def test_of_all_of_one_segment_leaves_the_others(self, proposed: AnnotationStore) -> None:
        accept_all(proposed, SERIES, person="anna", segment_number=2)
        assert "accepted" not in states(proposed, 1)
        assert states(proposed, 2).count("accepted") == 4

    def test_of_all_where_there_is_nothing_is_no_step(self, store: AnnotationStore) -> None:
        assert accept_all(store, SERIES, person="anna") == []
        assert store.undo_action(SERIES, "anna") is None


class TestReject:
    def test_empties_the_slice_and_is_undone(self, proposed: AnnotationStore) -> None:
        reject(proposed, SERIES, 1, 2, person="anna")
        assert proposed.slice(SERIES, 1, 2).state is SliceState.EMPTY
        proposed.undo(SERIES, "anna")
        assert np.array_equal(proposed.slice(SERIES, 1, 2).mask, square(3))

    def test_is_for_proposals_only(self, proposed: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="no proposal"):
            reject(proposed, SERIES, 1, 0, person="anna")


class TestConfirmEmpty:
    def test_is_an_example_without_pixels_and_is_undone(self, proposed: AnnotationStore) -> None:
        confirm_empty(proposed, SERIES, 1, 2, person="anna")
        assert states(proposed)[2] == "confirmed_empty"
        assert not proposed.slice(SERIES, 1, 2).mask.any()
        proposed.undo(SERIES, "anna")
        assert states(proposed)[2] == "proposed"

    def test_works_on_an_untouched_slice(self, proposed: AnnotationStore) -> None:
        confirm_empty(proposed, SERIES, 1, 5, person="anna")
        assert states(proposed)[5] == "confirmed_empty"

    def test_discards_a_drawing_only_on_purpose(self, proposed: AnnotationStore) -> None:
        with pytest.raises(ClearRefused):
            confirm_empty(proposed, SERIES, 1, 0, person="anna")
        confirm_empty(proposed, SERIES, 1, 0, person="anna", allow_clear=True)
        assert states(proposed)[0] == "confirmed_empty"


class TestSaveDrawing:
    def test_of_a_proposal_keeps_what_it_came_from(self, proposed: AnnotationStore) -> None:
        save_drawing(proposed, SERIES, 1, 2, square(6), person="bert", tool="brush")
        item = proposed.slice(SERIES, 1, 2)
        assert (item.state, item.pixels) == (SliceState.CORRECTED, 36)
        assert (item.weights, item.tool, item.person) == ("default-1", "brush", "bert")
        assert proposed.undo_action(SERIES, "bert") == "correct"
        proposed.undo(SERIES, "bert")
        assert states(proposed)[2] == "proposed"

    def test_of_an_empty_slice_is_drawing(self, proposed: AnnotationStore) -> None:
        save_drawing(proposed, SERIES, 1, 5, square(6), person="bert", tool="polygon")
        item = proposed.slice(SERIES, 1, 5)
        assert (item.state, item.weights, item.expected_dice) == (SliceState.DRAWN, None, None)

    def test_drawn_without_seeing_a_proposal_is_no_correction_of_it(
        self, proposed: AnnotationStore
    ) -> None:
        save_drawing(proposed, SERIES, 1, 2, square(2), person="anna", tool="brush", based_on=0)
        stored = proposed.slice(SERIES, 1, 2)
        assert (stored.state, stored.pixels) == (SliceState.DRAWN, 4)
        assert (stored.expected_dice, stored.weights) == (None, None)

    def test_of_an_earlier_proposal_replaces_the_next_one(self, proposed: AnnotationStore) -> None:
        seen = proposed.slice(SERIES, 1, 2)
        store_proposals(proposed, SERIES, [Suggested(1, 2, square(6))], person="anna")
        version = save_drawing(
            proposed, SERIES, 1, 2, square(2), person="anna", tool="brush", based_on=seen.version
        )
        stored = proposed.slice(SERIES, 1, 2)
        assert (stored.state, stored.version) == (SliceState.CORRECTED, version)
        assert stored.expected_dice == seen.expected_dice

    def test_never_replaces_what_a_person_drew_since(self, proposed: AnnotationStore) -> None:
        save_drawing(proposed, SERIES, 1, 2, square(2), person="ben", tool="brush")
        with pytest.raises(VersionConflict):
            save_drawing(proposed, SERIES, 1, 2, square(3), person="anna", tool="brush", based_on=1)

    @pytest.mark.parametrize("mask", [square(6), NOTHING], ids=["drawn", "erased"])
    def test_sent_again_is_answered_as_before(
        self, proposed: AnnotationStore, mask: NDArray[np.bool_]
    ) -> None:
        for _ in range(2):
            version = save_drawing(
                proposed,
                SERIES,
                1,
                2,
                mask,
                person="anna",
                tool="brush",
                based_on=1,
                allow_clear=True,
                message=("tab", 7),
            )
            assert version == 2
        assert proposed.slice(SERIES, 1, 2).version == 2

    def test_that_erases_everything_must_be_meant(self, proposed: AnnotationStore) -> None:
        with pytest.raises(ClearRefused):
            save_drawing(proposed, SERIES, 1, 2, NOTHING, person="anna", tool="eraser")
        save_drawing(
            proposed, SERIES, 1, 2, NOTHING, person="anna", tool="eraser", allow_clear=True
        )
        assert states(proposed)[2] == "empty"


def test_proposals_without_expected_dice_come_first_then_the_worst(
    store: AnnotationStore,
) -> None:
    qualities = {0: 0.9, 1: None, 2: 0.2, 3: 0.5}
    changes = [
        MaskChange(1, index, square(2), SliceState.PROPOSED, 0, expected_dice=dice)
        for index, dice in qualities.items()
    ]
    store.put_many(SERIES, changes, "anna", "model", "propose")
    accept(store, SERIES, 1, 3, person="anna")
    order = [item.slice_index for item in worst_first(store.annotation(SERIES))]
    assert order == [1, 2, 0]
