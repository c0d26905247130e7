from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.examples import SegmentExamples
from core.proposals.expected_dice import expected_dice, signs_of
from core.proposals.scores import LIMIT
from core.proposals.segment_state import SegmentState, prepare_segment, score
from core.segments.ends import Ends
from tests.support.proposal_segments import (
    SPACING,
    first_answers,
    prepared_ball,
    prepared_from,
)


@pytest.fixture
def state(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> SegmentState:
    """The first ball after its first pass."""
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 15))
    return SegmentState(segment, first_answers(segment))


def test_log_odds_are_those_of_what_was_found(state: SegmentState) -> None:
    for index, answer in state.first.items():
        assert np.array_equal(state.log_odds(index) > 0, answer.mask)
        assert np.isneginf(state.log_odds(index)[~answer.mask]).all()


def test_the_expected_dice_follows_from_the_signs_of_the_log_odds(state: SegmentState) -> None:
    log_odds = state.log_odds(10)
    signs = signs_of(np.maximum(log_odds, -LIMIT), state.segment.agreement(10), 2)
    assert state.expected_dice(10, log_odds) == expected_dice(signs)
    assert state.expected_dice(10, np.full_like(log_odds, -np.inf)) is None


def test_examples_agree_as_well_as_one_is_found_where_the_images_carry_the_other(
    state: SegmentState,
) -> None:
    assert state.segment.prompt is not None
    assert state.segment.agreement(10) == state.segment.prompt.opinions(8, 12).agreement[0]
    assert state.segment.agreement(20) is None


def test_without_a_network_examples_agree_as_far_as_they_overlap(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, None, images_of, (8, 12), "interpolation")
    assert segment.agreement(10) == dice(segment.examples[8], segment.examples[12])


def test_shapes_decide_where_the_network_was_not_asked(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, None, images_of, (8, 12), "interpolation")
    distance = segment.distance_between(10)
    assert distance is not None
    assert np.array_equal(score(segment, 10, None) > 0, distance > 0)


def test_the_answer_in_tiles_counts_instead_of_that_for_the_whole_crop(state: SegmentState) -> None:
    answer = state.first[10]
    tiled = np.full(answer.mask.shape, 3.0, np.float16)
    assert (score(state.segment, 10, answer.logits, tiled) == 3).all()


def test_a_structure_that_is_known_to_reach_its_end_is_shown_on_its_way_there(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    examples = SegmentExamples(1, {12: balls[1][1][12]}, Ends(8, 15))
    segment = prepare_segment(
        examples, SPACING, untrained_engine, "auto", images_of, examples.beyond_ends(24)
    )
    nothing = np.full((SIDE, SIDE), -8.0, np.float32)
    shown = [int((score(segment, index, nothing) > 0).sum()) for index in range(13, 16)]
    assert shown == sorted(shown, reverse=True) and shown[-1] > 0


def test_an_end_grows_more_likely_away_from_the_examples(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 15))
    penalties = [segment.end_penalty(index) for index in range(16, 24)]
    assert penalties == sorted(penalties) and penalties[0] > 0
    # The areas of a ball tell where it ends, and behind that the log-odds fall faster.
    assert penalties[-1] - penalties[-2] > 2 * (penalties[1] - penalties[0])
    assert segment.end_penalty(10) == 0


def test_an_end_grows_more_likely_towards_an_example_without_the_structure(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    masks = {12: balls[1][1][12], 22: balls[1][1][22]}
    assert not masks[22].any()
    segment = prepared_from(masks, untrained_engine, images_of)
    penalties = [segment.end_penalty(index) for index in range(13, 22)]
    assert penalties[:4] == [0, 0, 0, 0]
    assert penalties == sorted(penalties) and penalties[-1] > 1
