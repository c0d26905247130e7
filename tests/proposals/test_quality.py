import pytest

from core.proposals.quality import FAIR, GOOD, grade


@pytest.mark.parametrize(
    ("expected", "said"),
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
def test_expected_dice_is_graded(expected, said):
    assert grade(expected) == said
