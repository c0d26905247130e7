import numpy as np
import pytest

from core.proposals.examples import SegmentExamples
from core.proposals.leave_one_out import MOST_TRIALS, on_trial, settle_trust, trials
from core.proposals.segment_state import begin
from tests.support.proposal_segments import SPACING, work_on


def test_few_examples_are_put_on_trial_and_those_near_to_what_was_found(
    balls, untrained_engine, images_of
):
    work = work_on(balls, untrained_engine, images_of, tuple(range(6, 19, 1)))
    work.found[9] = np.zeros_like(work.examples[8])
    chosen = on_trial(work)
    assert len(chosen) == MOST_TRIALS
    assert {8, 10} <= set(chosen) and max(chosen) <= 13


def test_a_trial_for_every_example_with_the_structure(balls, untrained_engine, images_of):
    masks = {index: balls[1][1][index] for index in (1, 7, 12, 16)}
    assert not masks[1].any()
    work = begin(SegmentExamples(1, masks), SPACING, untrained_engine, "auto", images_of)
    assert [index for index, _ in trials(work, untrained_engine, images_of)] == [7, 12, 16]


def test_a_lone_example_cannot_be_left_out(balls, untrained_engine, images_of):
    work = work_on(balls, untrained_engine, images_of, (12,))
    assert list(trials(work, untrained_engine, images_of)) == []


def test_the_interpolation_is_tried_without_a_network(balls, images_of):
    work = work_on(balls, None, images_of, (8, 12, 15), "interpolation")
    found = dict(trials(work, None, images_of))
    assert found == {8: None, 12: None, 15: None}
    settle_trust(work, found)
    assert work.trust.trials[1].dice[0] > 0.8
    assert work.network_share(10) == 0.0


@pytest.mark.parametrize(("right", "share"), [((0,), 0.0), ((1,), 1.0), ((0, 1), 1.0)])
def test_trials_decide_whether_the_second_look_is_heeded(
    balls, untrained_engine, images_of, right, share
):
    work = work_on(balls, untrained_engine, images_of, (8, 12, 15))
    truth = np.where(work.crop.masks(balls[1][1][12]), 5, -5).astype(np.float32)
    wrong = np.roll(truth, 40, axis=0)
    answers = tuple(truth if place in right else wrong for place in (0, 1))
    settle_trust(work, {12: answers})
    assert work.second_share == share
