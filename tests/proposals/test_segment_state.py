import numpy as np
import pytest

from core.proposals.examples import neighbours_overlap
from core.proposals.expected_dice import expected_dice, signs_of
from core.proposals.mixing import LIMIT
from core.proposals.network_weight import NetworkWeight
from core.proposals.segment_state import SegmentState, network_share
from tests.support.proposal_segments import first_answers, prepared_ball, prepared_from


@pytest.fixture
def state(balls, untrained_engine, images_of):
    """The first ball after its first pass."""
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 15))
    return SegmentState(segment, first_answers(segment), NetworkWeight(calibration=0.0))


def test_log_odds_are_those_of_what_was_found(state):
    for index, answer in state.first.items():
        assert np.array_equal(state.log_odds(index) > 0, answer.mask)
        assert np.isneginf(state.log_odds(index)[~answer.mask]).all()


def test_the_expected_dice_follows_from_the_signs_of_the_log_odds(state):
    log_odds = state.log_odds(10)
    overlap = neighbours_overlap(state.segment.examples, 10)
    signs = signs_of(np.maximum(log_odds, -LIMIT), overlap, 2)
    assert state.expected_dice(10, log_odds) == expected_dice(signs, 0.0)
    assert state.expected_dice(10, np.full_like(log_odds, -np.inf)) is None


def test_nothing_is_expected_of_an_uncalibrated_state(state):
    uncalibrated = SegmentState(state.segment, state.first, NetworkWeight())
    assert uncalibrated.expected_dice(10, state.log_odds(10)) is None


def test_the_network_is_alone_where_shapes_suggest_nothing(balls, untrained_engine, images_of):
    segment = prepared_ball(balls, untrained_engine, images_of, (12,))
    assert segment.shape_distance(13) is None
    assert network_share(segment, 13, NetworkWeight(fixed=0.0)) == 1.0


def test_an_end_grows_more_likely_away_from_the_examples(balls, untrained_engine, images_of):
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 15))
    penalties = [segment.end_penalty(index) for index in range(16, 24)]
    assert penalties == sorted(penalties) and penalties[0] > 0
    assert segment.end_penalty(10) == 0


def test_an_end_grows_more_likely_towards_an_example_without_the_structure(
    balls, untrained_engine, images_of
):
    masks = {12: balls[1][1][12], 22: balls[1][1][22]}
    assert not masks[22].any()
    segment = prepared_from(masks, untrained_engine, images_of)
    penalties = [segment.end_penalty(index) for index in range(13, 22)]
    assert penalties[:4] == [0, 0, 0, 0]
    assert penalties == sorted(penalties) and penalties[-1] > 1
