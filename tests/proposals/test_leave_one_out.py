import numpy as np

from core.proposals.crop import SIDE
from core.proposals.expected_dice import Signs, expected_dice
from core.proposals.leave_one_out import (
    MOST_LEFT_OUT,
    calibrated,
    examples_to_leave_out,
    leave_one_out,
)
from tests.support.proposal_segments import prepared_ball, prepared_from


def test_few_examples_are_left_out_and_those_near_to_what_was_proposed(
    balls, untrained_engine, images_of
):
    segment = prepared_ball(balls, untrained_engine, images_of, tuple(range(6, 19)))
    chosen = examples_to_leave_out(segment, [9])
    assert len(chosen) == MOST_LEFT_OUT
    assert {8, 10} <= set(chosen) and max(chosen) <= 13


def test_every_example_with_the_structure_is_left_out_once(balls, untrained_engine, images_of):
    masks = {index: balls[1][1][index] for index in (1, 7, 12, 16)}
    assert not masks[1].any()
    segment = prepared_from(masks, untrained_engine, images_of)
    left_out = examples_to_leave_out(segment, ())
    assert sorted(leave_one_out(segment, left_out)) == left_out == [7, 12, 16]


def test_a_single_example_cannot_be_left_out(balls, untrained_engine, images_of):
    segment = prepared_ball(balls, untrained_engine, images_of, (12,))
    assert examples_to_leave_out(segment, ()) == []


def test_the_interpolation_is_calibrated_without_a_network(balls, images_of):
    segment = prepared_ball(balls, None, images_of, (8, 12, 15), "interpolation")
    answers = leave_one_out(segment, examples_to_leave_out(segment, ()))
    assert answers == {8: None, 12: None, 15: None}
    assert calibrated(segment, answers) is not None


def answers_with(segment, inside):
    """Answers for the examples that are between others: what they show, or its contrary."""
    return {
        index: np.where(segment.prompt.labels[index].numpy() == inside, 8.0, -8.0).astype(
            np.float32
        )
        for index in (10, 12, 14)
    }


def test_what_left_out_examples_reached_moves_what_is_expected(balls, untrained_engine, images_of):
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 10, 12, 14, 16))
    good, bad = (calibrated(segment, answers_with(segment, inside)) for inside in (True, False))
    assert bad < good
    sure = Signs(sureness=0.95, overlap=0.7, gap=2)
    unsure = Signs(sureness=0.6, overlap=0.1, gap=6)
    assert expected_dice(sure, bad) < expected_dice(sure, good)
    assert expected_dice(unsure, good) < expected_dice(sure, good) <= 1


def test_two_examples_are_too_few_to_expect_anything(balls, untrained_engine, images_of):
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 10, 12, 14, 16))
    answers = answers_with(segment, True)
    del answers[12]
    assert calibrated(segment, answers) is None


def test_examples_beyond_all_others_say_nothing(balls, untrained_engine, images_of):
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 16))
    wrong = np.full((SIDE, SIDE), -8.0, np.float32)
    right = np.where(segment.prompt.labels[12].numpy(), 8.0, -8.0).astype(np.float32)
    alone = calibrated(segment, {8: wrong, 12: right, 16: wrong})
    assert alone == calibrated(segment, {8: right, 12: right, 16: right})
