"""Which segments are proposed when nobody names one."""

from datetime import UTC, datetime, timedelta

from core.annotation.open_segments import segments_to_propose
from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation
from core.annotation.versions import SliceKey

DRAWN, PROPOSED, ACCEPTED = SliceState.DRAWN, SliceState.PROPOSED, SliceState.ACCEPTED
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def segment(number: int, *states: SliceState) -> dict[SliceKey, SliceAnnotation]:
    """Slices of a segment that got their states one after the other."""
    return {
        (number, index): SliceAnnotation(
            number,
            index,
            (8, 8),
            state,
            version=1,
            pixels=0 if state is SliceState.CONFIRMED_EMPTY else 9,
            time=NOON + timedelta(seconds=index),
        )
        for index, state in enumerate(states)
    }


def test_a_segment_without_an_example_cannot_be_proposed() -> None:
    empty = segment(2, SliceState.CONFIRMED_EMPTY) | segment(3, PROPOSED)
    assert segments_to_propose(empty) == []
    assert segments_to_propose(segment(1, DRAWN) | empty) == [1]


def test_a_segment_whose_review_is_done_is_left_out() -> None:
    reviewed = segment(1, DRAWN, ACCEPTED, ACCEPTED)
    assert segments_to_propose(reviewed | segment(2, DRAWN)) == [2]
    assert segments_to_propose(reviewed | segment(2, DRAWN, PROPOSED, ACCEPTED)) == [2]


def test_a_segment_drawn_on_after_its_review_is_proposed_again() -> None:
    assert segments_to_propose(segment(1, ACCEPTED, DRAWN) | segment(2, DRAWN)) == [1, 2]


def test_where_all_reviews_are_done_all_segments_are_proposed() -> None:
    assert segments_to_propose(segment(1, DRAWN, ACCEPTED) | segment(2, ACCEPTED)) == [1, 2]
