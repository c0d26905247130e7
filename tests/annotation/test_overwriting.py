"""A drawing takes pixels from other segments as its rule says, in the same step."""

from dataclasses import replace
from typing import Any

import pytest

from core.annotation.actions import accept, confirm_empty, save_drawing
from core.annotation.drawings import SliceDrawing, save_drawings
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import SliceAnnotation, VersionConflict
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.segments.overlap_rules import OverlapRule
from tests.support.stored_series import SERIES, SHAPE, Put, Suggested, segment, square

ALL, UNLOCKED, ALLOW = OverlapRule


def set_rules(store: AnnotationStore, *rules: OverlapRule) -> None:
    """Give segments 1, 2, … these rules."""
    for number, rule in enumerate(rules, start=1):
        store.save_segment(SERIES, replace(segment(number), overlap=rule), "somebody else")


def draw(store: AnnotationStore, number: int, size: int, at: int = 1, **given: Any) -> int:
    """Draw a square on slice 0."""
    options = {"person": "anna", "tool": "brush", **given}
    return save_drawing(store, SERIES, number, 0, square(size, at), **options)


def pixels(store: AnnotationStore, number: int, index: int = 0) -> int:
    return store.slice(SERIES, number, index).pixels


@pytest.mark.parametrize(
    ("own", "other", "left"),
    [
        (ALL, ALL, 27),
        (ALL, ALLOW, 27),
        (UNLOCKED, ALL, 27),
        (UNLOCKED, UNLOCKED, 27),
        (UNLOCKED, ALLOW, 36),
        (ALLOW, ALL, 36),
    ],
)
def test_the_rules_of_both_segments_decide(
    store: AnnotationStore, put: Put, own: OverlapRule, other: OverlapRule, left: int
) -> None:
    set_rules(store, own, other)
    put(2, mask=square(6))
    draw(store, 1, 3)
    assert (pixels(store, 1), pixels(store, 2)) == (9, left)


def test_undo_and_redo_are_about_both_segments_at_once(store: AnnotationStore, put: Put) -> None:
    put(2, mask=square(6), person="bert")
    draw(store, 1, 3)
    assert store.undo(SERIES, "anna") == [(1, 0), (2, 0)]
    assert (pixels(store, 1), pixels(store, 2)) == (0, 36)
    assert store.redo(SERIES, "anna") == [(1, 0), (2, 0)]
    assert (pixels(store, 1), pixels(store, 2)) == (9, 27)


def test_undo_leaves_the_other_segment_alone_where_somebody_has_changed_it_since(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6), person="bert")
    draw(store, 1, 3)
    put(2, mask=square(2, 7), based_on=2, person="bert")
    assert store.undo(SERIES, "anna") == [(1, 0)]
    assert (pixels(store, 1), pixels(store, 2)) == (0, 4)


def test_a_locked_segment_keeps_its_pixels_and_the_drawing_leaves_them_out(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(2))
    draw(store, 1, 4, locked=[2])
    assert (pixels(store, 1), pixels(store, 2)) == (12, 4)
    assert store.slice(SERIES, 2, 0).version == 1


def test_a_locked_segment_may_be_drawn_over_where_the_rules_allow_it(
    store: AnnotationStore, put: Put
) -> None:
    set_rules(store, UNLOCKED, ALLOW)
    put(2, mask=square(2))
    draw(store, 1, 4, locked=[2])
    assert (pixels(store, 1), pixels(store, 2)) == (16, 4)


def test_only_what_is_added_is_taken(store: AnnotationStore, put: Put) -> None:
    put(1, mask=square(3))
    put(2, mask=square(3))
    draw(store, 1, 3, at=4)
    assert pixels(store, 2) == 9
    draw(store, 2, 2, allow_clear=True)
    assert pixels(store, 1) == 9


@pytest.mark.parametrize(
    "state", [SliceState.DRAWN, SliceState.PROPOSED, SliceState.ACCEPTED, SliceState.CORRECTED]
)
def test_a_slice_that_lost_pixels_keeps_its_state_and_quality(
    store: AnnotationStore, put: Put, state: SliceState
) -> None:
    put(2, mask=square(6), state=state, expected_dice=0.8)
    draw(store, 1, 3)
    other = store.slice(SERIES, 2, 0)
    assert (other.state, other.expected_dice, other.pixels) == (state, 0.8, 27)


def test_a_slice_that_lost_all_its_pixels_is_empty(store: AnnotationStore, put: Put) -> None:
    put(2, mask=square(2), state=SliceState.PROPOSED, expected_dice=0.8)
    draw(store, 1, 3)
    other = store.slice(SERIES, 2, 0)
    assert (other.state, other.expected_dice) == (SliceState.EMPTY, None)


def test_several_slices_of_several_segments_are_one_step(store: AnnotationStore, put: Put) -> None:
    store.save_segment(SERIES, segment(3), "anna")
    put(2, 0, mask=square(6))
    put(3, 1, mask=square(6))
    drawings = [SliceDrawing(index, square(3)) for index in (0, 1, 2)]
    assert save_drawings(store, SERIES, 1, drawings, person="anna", tool="brush") == [1, 1, 1]
    assert (pixels(store, 2, 0), pixels(store, 3, 1)) == (27, 27)
    assert len(store.undo(SERIES, "anna")) == 5


def test_a_message_sent_again_is_stored_once_whatever_happened_to_the_others(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    sent: dict[str, Any] = {"message": ("tab", 1), "based_on": 0, "locked": [7]}
    assert draw(store, 1, 3, **sent) == 1
    put(2, mask=square(7), based_on=2)
    assert draw(store, 1, 3, **sent) == 1
    assert pixels(store, 2) == 49


def test_a_stroke_on_what_an_earlier_message_has_taken_from_is_no_conflict(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    draw(store, 1, 3, message=("tab", 1), based_on=0)
    draw(store, 2, 7, message=("tab", 2), based_on=1)
    assert (pixels(store, 1), pixels(store, 2)) == (0, 49)


def test_somebody_who_drew_on_the_other_segment_meanwhile_is_told_of_the_conflict(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    draw(store, 1, 3, message=("tab", 1), based_on=0)
    with pytest.raises(VersionConflict):
        draw(store, 2, 7, person="bert", message=("other", 1), based_on=1)
    assert pixels(store, 2) == 27


def test_what_the_other_segment_holds_by_now_is_taken_not_what_it_held(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    put(2, mask=square(7), based_on=1, person="bert")
    draw(store, 1, 3, based_on=0)
    assert pixels(store, 2) == 40


def test_what_was_drawn_is_taken_even_if_a_proposal_came_in_between(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    set_rules(store, ALLOW)
    put(1, mask=square(3), state=SliceState.PROPOSED)
    set_rules(store, UNLOCKED)
    draw(store, 1, 4, based_on=0)
    assert pixels(store, 2) == 20


def test_a_proposal_that_was_corrected_before_it_was_stored_takes_what_was_added_only(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    proposal = SliceAnnotation(1, 0, SHAPE, SliceState.PROPOSED, 0, encode_runs(square(3)), 9)
    draw(store, 1, 4, based_on=0, unsaved_proposal=proposal)
    assert pixels(store, 2) == 29


def test_proposals_leave_out_what_examples_of_other_segments_hold(
    store: AnnotationStore, put: Put
) -> None:
    put(2, 0, mask=square(2))
    put(2, 1, mask=square(2), state=SliceState.PROPOSED)
    suggestions = [Suggested(1, index, square(4), 0.9) for index in (0, 1)]
    store_proposals(store, SERIES, suggestions, person="anna")
    assert (pixels(store, 1, 0), pixels(store, 1, 1)) == (12, 16)


def test_what_is_accepted_or_said_to_be_absent_takes_nothing(
    store: AnnotationStore, put: Put
) -> None:
    put(2, mask=square(6))
    put(1, mask=square(3), state=SliceState.PROPOSED)
    accept(store, SERIES, 1, 0, person="anna")
    confirm_empty(store, SERIES, 1, 0, person="anna", allow_clear=True)
    assert pixels(store, 2) == 36
