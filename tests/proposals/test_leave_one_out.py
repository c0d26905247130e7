import numpy as np
import pytest

from core.proposals.expected_dice import Signs, expected_dice
from core.proposals.leave_one_out import (
    MOST_LEFT_OUT,
    SHARES,
    LeftOut,
    best_shift,
    calibrated,
    compare,
    examples_to_leave_out,
    fit_network_weight,
    leave_one_out,
)
from core.proposals.network_weight import NetworkWeight
from core.proposals.segment_state import network_share
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
    weight = fit_network_weight(segment, answers)
    assert weight.calibration is not None
    assert network_share(segment, 10, weight) == 0.0


def block(rows, columns=slice(2, 12)):
    mask = np.zeros((20, 20), bool)
    mask[rows, columns] = True
    return mask


def left_out(values, count=4, overlap=0.5):
    """Examples that all reach the same Dice by weight of the network."""
    signs = Signs(sureness=0.9, overlap=overlap, gap=4)
    return [LeftOut(overlap, tuple(values), (signs,) * len(SHARES))] * count


def test_examples_that_favour_the_interpolation_lower_the_weight_of_the_network():
    assert best_shift(left_out([0.95, 0.93, 0.9, 0.85, 0.6])) < 0


def test_examples_that_favour_the_network_raise_its_weight():
    assert best_shift(left_out([0.6, 0.8, 0.88, 0.93, 0.96], overlap=0.9)) > 0


def test_a_tie_changes_nothing():
    assert best_shift(left_out([0.9] * len(SHARES))) == 0
    assert best_shift([]) == 0


def test_examples_beyond_all_others_say_nothing_of_the_mixture():
    assert best_shift(left_out([0.95, 0.9, 0.8, 0.5, 0.1], overlap=None)) == 0


def test_a_comparison_scores_every_weight():
    mask, wrong = block(slice(2, 12)), block(slice(8, 18))
    others = {1: block(slice(1, 11)), 9: block(slice(3, 13))}
    network = np.where(mask, 1.0, -1.0)
    interpolation = np.where(wrong, 1.0, -1.0)
    compared = compare(4, others, mask, network, interpolation)
    assert {signs.gap for signs in compared.signs} == {3}
    assert compared.overlap == pytest.approx(0.8)
    assert compared.dice[-1] == 1.0
    assert compared.dice[0] == pytest.approx(0.4)
    assert list(compared.dice) == sorted(compared.dice)


def test_a_comparison_at_the_end_has_neighbours_on_one_side_only():
    mask = block(slice(2, 12))
    compared = compare(0, {3: mask, 6: mask}, mask, np.where(mask, 1.0, -1.0), None)
    assert compared.overlap is None and compared.signs[0].gap == 3
    assert set(compared.dice) == {1.0}
    without_opinion = compare(0, {3: mask, 6: mask}, mask, None, None)
    assert set(without_opinion.dice) == {0.0}


SURE = Signs(sureness=0.95, overlap=0.7, gap=2)
UNSURE = Signs(sureness=0.6, overlap=0.1, gap=6)


def test_two_examples_are_too_few_to_expect_anything():
    assert calibrated(left_out([0.9] * 5, count=2), NetworkWeight()) is None


def test_a_sure_proposal_is_expected_to_be_better():
    offset = calibrated(left_out([0.9] * 5), NetworkWeight())
    assert expected_dice(UNSURE, offset) < expected_dice(SURE, offset) <= 1


def test_what_left_out_examples_reached_moves_what_is_expected():
    good, bad = (calibrated(left_out([value] * 5), NetworkWeight()) for value in (0.97, 0.3))
    assert expected_dice(SURE, bad) < expected_dice(SURE, good)
