import pytest

from core.proposals.expected_dice import Signs, expected_dice, surprise, usual_dice


def test_more_sureness_and_likeness_promise_more():
    usual = usual_dice(Signs(0.85, 0.5, 3))
    assert usual_dice(Signs(0.95, 0.5, 3)) > usual
    assert usual_dice(Signs(0.85, 0.9, 3)) > usual


def test_what_is_far_from_examples_is_expected_to_be_worse():
    expected = [usual_dice(Signs(0.9, 0.7, gap)) for gap in (1, 2, 5, 20)]
    assert expected == sorted(expected, reverse=True)


@pytest.mark.parametrize("sureness", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("overlap", [None, 0.0, 1.0])
def test_it_is_a_dice_whatever_the_signs(sureness, overlap):
    signs = Signs(sureness, overlap, 3)
    assert 0 <= usual_dice(signs) <= 1
    assert 0 <= expected_dice(signs, -10.0) <= expected_dice(signs, 10.0) <= 1


def test_without_trials_there_is_no_surprise():
    signs = Signs(0.9, 0.7, 3)
    assert surprise([]) == 0
    assert expected_dice(signs, 0.0) == pytest.approx(usual_dice(signs))


def test_trials_that_came_out_as_usual_are_no_surprise():
    many = [Signs(0.6 + 0.05 * step, 0.5, 3) for step in range(6)]
    assert surprise([(signs, usual_dice(signs)) for signs in many]) == pytest.approx(0, abs=1e-6)


def test_better_and_worse_trials_raise_and_lower_what_is_expected():
    signs = Signs(0.85, 0.5, 3)
    better, worse = surprise([(signs, 0.99)]), surprise([(signs, 0.05)])
    assert worse < 0 < better
    assert expected_dice(signs, worse) < usual_dice(signs) < expected_dice(signs, better)


def test_one_strange_trial_does_not_turn_everything():
    signs = Signs(0.95, 0.9, 3)
    assert expected_dice(signs, surprise([(signs, 0.0)])) > 0.6
