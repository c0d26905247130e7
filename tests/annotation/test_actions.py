from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation import actions as review
from core.annotation.states import SliceState
from core.annotation.store import (
    AnnotationStore,
    ClearRefused,
    MaskChange,
    StoreError,
    VersionConflict,
)
from tests.support.stored_series import NOTHING, SERIES, square


@dataclass
class Suggested:
    """A proposal, as the model side hands it over."""

    segment: int
    slice: int
    mask: NDArray[np.bool_]
    expected_dice: float | None = None


@pytest.fixture
def proposed(store: AnnotationStore) -> AnnotationStore:
    """Store with slice 0 drawn and proposals on slices 1 to 4 of both segments."""
    store.put(
        SERIES,
        1,
        0,
        mask=square(4),
        state=SliceState.DRAWN,
        based_on=0,
        person="anna",
        tool="brush",
    )
    suggestions = [
        Suggested(segment, index, square(index + segment), 0.9 - index / 10)
        for segment in (1, 2)
        for index in range(1, 5)
    ]
    review.store_proposals(store, SERIES, suggestions, person="anna", weights="default-1")
    return store


def states(store: AnnotationStore, segment: int = 1) -> list[str]:
    return [store.slice(SERIES, segment, index).state.value for index in range(6)]


class TestProposals:
    def test_are_stored_with_their_quality_and_weights(self, proposed: AnnotationStore) -> None:
        item = proposed.slice(SERIES, 2, 3)
        assert np.array_equal(item.mask, square(5))
        assert item.state is SliceState.PROPOSED
        assert item.expected_dice == pytest.approx(0.6)
        assert (item.weights, item.tool) == ("default-1", "propose")

    def test_never_touch_an_example(self, proposed: AnnotationStore) -> None:
        review.confirm_empty(proposed, SERIES, 1, 5, person="anna")
        review.accept(proposed, SERIES, 1, 2, person="anna")
        before = {index: proposed.slice(SERIES, 1, index) for index in (0, 2, 5)}
        suggestions = [Suggested(1, index, square(8)) for index in range(6)]
        changed = review.store_proposals(proposed, SERIES, suggestions, person="anna")
        assert changed == [(1, 1), (1, 3), (1, 4)]
        for index, item in before.items():
            assert proposed.slice(SERIES, 1, index) == item

    def test_without_pixels_take_away_earlier_proposals_only(
        self, proposed: AnnotationStore
    ) -> None:
        suggestions = [Suggested(1, index, NOTHING) for index in range(6)]
        changed = review.store_proposals(proposed, SERIES, suggestions, person="anna")
        assert changed == [(1, 1), (1, 2), (1, 3), (1, 4)]
        assert states(proposed) == ["drawn", *["empty"] * 5]
        assert proposed.slice(SERIES, 1, 5).version == 0

    def test_of_one_run_are_undone_together(self, proposed: AnnotationStore) -> None:
        assert proposed.undo_action(SERIES, "anna") == "propose"
        assert len(proposed.undo(SERIES, "anna")) == 8
        assert states(proposed) == ["drawn", *["empty"] * 5]

    def test_are_stored_even_while_people_draw(
        self, proposed: AnnotationStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = proposed.annotation

        def read_then_somebody_draws(series_uid: str) -> dict:
            annotation = read(series_uid)
            if proposed.slice(SERIES, 1, 2).state is SliceState.PROPOSED:
                review.correct(proposed, SERIES, 1, 2, square(7), person="bert", tool="brush")
            return annotation

        monkeypatch.setattr(proposed, "annotation", read_then_somebody_draws)
        suggestions = [Suggested(1, index, square(8)) for index in (1, 2)]
        assert review.store_proposals(proposed, SERIES, suggestions, person="anna") == [(1, 1)]
        assert proposed.slice(SERIES, 1, 2).pixels == 49


class TestAccept:
    def test_makes_an_example_of_the_same_mask(self, proposed: AnnotationStore) -> None:
        assert review.accept(proposed, SERIES, 1, 3, person="bert") == 2
        item = proposed.slice(SERIES, 1, 3)
        assert item.state is SliceState.ACCEPTED
        assert np.array_equal(item.mask, square(4))
        assert (item.person, item.weights) == ("bert", "default-1")
        assert item.expected_dice == pytest.approx(0.6)

    def test_is_undone(self, proposed: AnnotationStore) -> None:
        review.accept(proposed, SERIES, 1, 3, person="anna")
        proposed.undo(SERIES, "anna")
        assert states(proposed)[3] == "proposed"

    def test_needs_a_proposal(self, proposed: AnnotationStore) -> None:
        for index in (0, 5):
            with pytest.raises(StoreError, match="no proposal"):
                review.accept(proposed, SERIES, 1, index, person="anna")

    def test_is_of_the_proposal_that_was_looked_at(self, proposed: AnnotationStore) -> None:
        suggestions = [Suggested(1, 3, square(8))]
        review.store_proposals(proposed, SERIES, suggestions, person="bert")
        with pytest.raises(VersionConflict):
            review.accept(proposed, SERIES, 1, 3, person="anna", based_on=1)

    @pytest.mark.parametrize(("first", "last"), [(2, 4), (4, 2)])
    def test_of_a_range_takes_both_ends_and_nothing_else(
        self, proposed: AnnotationStore, first: int, last: int
    ) -> None:
        changed = review.accept_range(proposed, SERIES, 1, first, last, person="anna")
        assert changed == [(1, 2), (1, 3), (1, 4)]
        assert states(proposed) == ["drawn", "proposed", *["accepted"] * 3, "empty"]
        assert "accepted" not in states(proposed, 2)
        assert proposed.undo(SERIES, "anna") == changed
        assert states(proposed) == ["drawn", *["proposed"] * 4, "empty"]

    def test_of_all_is_one_step(self, proposed: AnnotationStore) -> None:
        assert len(review.accept_all(proposed, SERIES, person="anna")) == 8
        assert states(proposed) == ["drawn", *["accepted"] * 4, "empty"]
        assert proposed.undo_action(SERIES, "anna") == "accept all"
        proposed.undo(SERIES, "anna")
        assert states(proposed, 2) == ["empty", *["proposed"] * 4, "empty"]

    def test_of_all_of_one_segment_leaves_the_others(self, proposed: AnnotationStore) -> None:
        review.accept_all(proposed, SERIES, person="anna", segment_number=2)
        assert "accepted" not in states(proposed, 1)
        assert states(proposed, 2).count("accepted") == 4

    def test_of_all_where_there_is_nothing_is_no_step(self, store: AnnotationStore) -> None:
        assert review.accept_all(store, SERIES, person="anna") == []
        assert store.undo_action(SERIES, "anna") is None


class TestReject:
    def test_empties_the_slice_and_is_undone(self, proposed: AnnotationStore) -> None:
        review.reject(proposed, SERIES, 1, 2, person="anna")
        assert proposed.slice(SERIES, 1, 2).state is SliceState.EMPTY
        proposed.undo(SERIES, "anna")
        assert np.array_equal(proposed.slice(SERIES, 1, 2).mask, square(3))

    def test_is_for_proposals_only(self, proposed: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="no proposal"):
            review.reject(proposed, SERIES, 1, 0, person="anna")


class TestItIsNotHere:
    def test_is_an_example_without_pixels_and_is_undone(self, proposed: AnnotationStore) -> None:
        review.confirm_empty(proposed, SERIES, 1, 2, person="anna")
        assert states(proposed)[2] == "confirmed_empty"
        assert not proposed.slice(SERIES, 1, 2).mask.any()
        proposed.undo(SERIES, "anna")
        assert states(proposed)[2] == "proposed"

    def test_can_be_said_of_an_untouched_slice(self, proposed: AnnotationStore) -> None:
        review.confirm_empty(proposed, SERIES, 1, 5, person="anna")
        assert states(proposed)[5] == "confirmed_empty"

    def test_throws_away_what_a_person_drew_only_on_purpose(
        self, proposed: AnnotationStore
    ) -> None:
        with pytest.raises(ClearRefused):
            review.confirm_empty(proposed, SERIES, 1, 0, person="anna")
        review.confirm_empty(proposed, SERIES, 1, 0, person="anna", allow_clear=True)
        assert states(proposed)[0] == "confirmed_empty"


class TestCorrect:
    def test_of_a_proposal_keeps_what_it_came_from(self, proposed: AnnotationStore) -> None:
        review.correct(proposed, SERIES, 1, 2, square(6), person="bert", tool="brush")
        item = proposed.slice(SERIES, 1, 2)
        assert (item.state, item.pixels) == (SliceState.CORRECTED, 36)
        assert (item.weights, item.tool, item.person) == ("default-1", "brush", "bert")
        assert proposed.undo_action(SERIES, "bert") == "correct"
        proposed.undo(SERIES, "bert")
        assert states(proposed)[2] == "proposed"

    def test_of_an_empty_slice_is_drawing(self, proposed: AnnotationStore) -> None:
        review.correct(proposed, SERIES, 1, 5, square(6), person="bert", tool="polygon")
        item = proposed.slice(SERIES, 1, 5)
        assert (item.state, item.weights, item.expected_dice) == (SliceState.DRAWN, None, None)

    def test_drawn_without_seeing_a_proposal_is_no_correction_of_it(
        self, proposed: AnnotationStore
    ) -> None:
        correct = partial(review.correct, proposed, SERIES, 1, 2, person="anna", tool="brush")
        correct(square(2), based_on=0)
        stored = proposed.slice(SERIES, 1, 2)
        assert (stored.state, stored.pixels) == (SliceState.DRAWN, 4)
        assert (stored.expected_dice, stored.weights) == (None, None)

    def test_of_an_earlier_proposal_replaces_the_next_one(self, proposed: AnnotationStore) -> None:
        seen = proposed.slice(SERIES, 1, 2)
        review.store_proposals(proposed, SERIES, [Suggested(1, 2, square(6))], person="anna")
        version = review.correct(
            proposed, SERIES, 1, 2, square(2), person="anna", tool="brush", based_on=seen.version
        )
        stored = proposed.slice(SERIES, 1, 2)
        assert (stored.state, stored.version) == (SliceState.CORRECTED, version)
        assert stored.expected_dice == seen.expected_dice

    def test_never_replaces_what_a_person_drew_since(self, proposed: AnnotationStore) -> None:
        review.correct(proposed, SERIES, 1, 2, square(2), person="ben", tool="brush")
        with pytest.raises(VersionConflict):
            review.correct(
                proposed, SERIES, 1, 2, square(3), person="anna", tool="brush", based_on=1
            )

    @pytest.mark.parametrize("mask", [square(6), NOTHING], ids=["drawn", "erased"])
    def test_sent_again_is_answered_as_before(
        self, proposed: AnnotationStore, mask: NDArray[np.bool_]
    ) -> None:
        for _ in range(2):
            version = review.correct(
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
            review.correct(proposed, SERIES, 1, 2, NOTHING, person="anna", tool="eraser")
        review.correct(
            proposed, SERIES, 1, 2, NOTHING, person="anna", tool="eraser", allow_clear=True
        )
        assert states(proposed)[2] == "empty"


def test_proposals_nobody_can_judge_come_first_then_the_worst(store: AnnotationStore) -> None:
    qualities = {0: 0.9, 1: None, 2: 0.2, 3: 0.5}
    changes = [
        MaskChange(1, index, square(2), SliceState.PROPOSED, 0, expected_dice=dice)
        for index, dice in qualities.items()
    ]
    store.put_many(SERIES, changes, "anna", "model", "propose")
    review.accept(store, SERIES, 1, 3, person="anna")
    order = [item.slice_index for item in review.worst_first(store.annotation(SERIES))]
    assert order == [1, 2, 0]
