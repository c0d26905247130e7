"""An expected Dice in words: what a page says and which colour it gives to a number."""

from typing import Literal

GOOD = 0.9
"""From here on a proposal is usually accepted as it is."""

FAIR = 0.75
"""From here on a few strokes usually do; below, drawing anew is often quicker."""

Grade = Literal["good", "fair", "poor", "unknown"]


def grade(expected_dice: float | None) -> Grade:
    """Sort a proposal by the Dice to expect.

    Parameters
    ----------
    expected_dice : float or None
        In [0, 1]; None where nobody can tell.

    Returns
    -------
    Grade
        "unknown" for None.
    """
    if expected_dice is None:
        return "unknown"
    if expected_dice >= GOOD:
        return "good"
    return "fair" if expected_dice >= FAIR else "poor"
