import numpy as np
import pytest

from core.proposals.expected_dice import (
    FAIR,
    GOOD,
    Signs,
    calibration_offset,
    expected_dice,
    grade,
    signs_of,
    usual_dice,
)


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


def test_without_results_there_is_no_offset():
    signs = Signs(0.9, 0.7, 3)
    assert calibration_offset([]) == 0
    assert expected_dice(signs, 0.0) == pytest.approx(usual_dice(signs))


def test_results_as_usual_give_no_offset():
    many = [Signs(0.6 + 0.05 * step, 0.5, 3) for step in range(6)]
    assert calibration_offset([(signs, usual_dice(signs)) for signs in many]) == pytest.approx(
        0, abs=1e-6
    )


def test_better_and_worse_results_raise_and_lower_what_is_expected():
    signs = Signs(0.85, 0.5, 3)
    better, worse = calibration_offset([(signs, 0.99)]), calibration_offset([(signs, 0.05)])
    assert worse < 0 < better
    assert expected_dice(signs, worse) < usual_dice(signs) < expected_dice(signs, better)


def test_a_single_outlier_changes_little():
    signs = Signs(0.95, 0.9, 3)
    assert expected_dice(signs, calibration_offset([(signs, 0.0)])) > 0.6


def test_signs_come_from_the_log_odds():
    certain, unsure = (np.full((4, 4), value, np.float32) for value in (5.0, 0.1))
    assert signs_of(certain, 0.5, 3).sureness > signs_of(unsure, 0.5, 3).sureness
    assert signs_of(certain, None, 3) == Signs(signs_of(certain, 0.5, 1).sureness, None, 3)


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        (1.0, "good"),
        (GOOD, "good"),
        (GOOD - 0.001, "fair"),
        (FAIR, "fair"),
        (FAIR - 0.001, "poor"),
        (0.0, "poor"),
        (None, "unknown"),
    ],
)
def test_expected_dice_is_graded(expected, word):
    assert grade(expected) == word
