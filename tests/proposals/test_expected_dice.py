import numpy as np
import pytest

from core.proposals.expected_dice import (
    FAIR,
    GOOD,
    Signs,
    expected_dice,
    grade,
    signs_of,
)


def test_more_sureness_and_agreement_promise_more() -> None:
    usual = expected_dice(Signs(0.85, 0.5, 3))
    assert expected_dice(Signs(0.95, 0.5, 3)) > usual
    assert expected_dice(Signs(0.85, 0.9, 3)) > usual


def test_what_is_far_from_examples_is_expected_to_be_worse() -> None:
    expected = [expected_dice(Signs(0.9, 0.7, gap)) for gap in (1, 2, 5, 20)]
    assert expected == sorted(expected, reverse=True)


@pytest.mark.parametrize("sureness", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("agreement", [None, 0.0, 1.0])
def test_it_is_a_dice_whatever_the_signs(sureness: float, agreement: float | None) -> None:
    signs = Signs(sureness, agreement, 3)
    assert 0 <= expected_dice(signs) <= 1


def test_signs_come_from_the_log_odds() -> None:
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
def test_expected_dice_is_graded(expected: float | None, word: str) -> None:
    assert grade(expected) == word
