import numpy as np
import pytest

from core.proposals.expectation import Signs, expected_dice, signs_of, surprise, usual_dice


def test_signs_are_read_off_a_score():
    score = np.full((10, 10), -3.0, np.float32)
    score[2:6, 2:7] = 3.0
    signs = signs_of(score, 0.4, pixels=2.5)
    assert signs.area == pytest.approx(50.0)
    assert signs.overlap == 0.4
    assert 0 < signs.sureness < 1


def test_more_sureness_likeness_and_size_promise_more():
    usual = usual_dice(Signs(0.85, 0.5, 400.0))
    assert usual_dice(Signs(0.95, 0.5, 400.0)) > usual
    assert usual_dice(Signs(0.85, 0.9, 400.0)) > usual
    assert usual_dice(Signs(0.85, 0.5, 4000.0)) > usual


@pytest.mark.parametrize("sureness", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("overlap", [None, 0.0, 1.0])
@pytest.mark.parametrize("area", [0.0, 1.0, 16384.0])
def test_it_is_a_dice_whatever_the_signs(sureness, overlap, area):
    signs = Signs(sureness, overlap, area)
    assert 0 <= usual_dice(signs) <= 1
    assert 0 <= expected_dice(signs, -10.0) <= expected_dice(signs, 10.0) <= 1


def test_without_trials_there_is_no_surprise():
    signs = Signs(0.9, 0.7, 300.0)
    assert surprise([]) == 0
    assert expected_dice(signs, 0.0) == pytest.approx(usual_dice(signs))


def test_trials_that_came_out_as_usual_are_no_surprise():
    many = [Signs(0.6 + 0.05 * step, 0.5, 300.0) for step in range(6)]
    assert surprise([(signs, usual_dice(signs)) for signs in many]) == pytest.approx(0, abs=1e-6)


def test_better_and_worse_trials_raise_and_lower_what_is_expected():
    signs = Signs(0.85, 0.5, 300.0)
    better, worse = surprise([(signs, 0.99)]), surprise([(signs, 0.05)])
    assert worse < 0 < better
    assert expected_dice(signs, worse) < usual_dice(signs) < expected_dice(signs, better)


def test_one_strange_trial_does_not_turn_everything():
    signs = Signs(0.95, 0.9, 300.0)
    assert expected_dice(signs, surprise([(signs, 0.0)])) > 0.6
