"""The Dice to expect of a proposal, estimated without knowing the truth, and its grade."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, logit

from core.proposals.scores import LIMIT, sureness

_COEFFICIENTS = {"sureness": 0.85, "agreement": 0.60, "gap": -0.46, "beyond": -0.38}
"""Of the log-odds of the Dice, in one fit to development volumes."""

GOOD = 0.9
"""From this Dice on a proposal is usually accepted as it is."""

FAIR = 0.75
"""From this Dice on a few strokes are usually enough; below, drawing anew is often quicker."""

Grade = Literal["good", "fair", "poor", "unknown"]


@dataclass(frozen=True)
class Signs:
    """What a proposal shows of its own quality.

    Attributes
    ----------
    sureness : float
        Dice that the proposal's own probabilities suggest.
    agreement : float or None
        Dice of the neighbouring examples with one another; None beyond the outermost. Where it is
        known how the images move from slice to slice, each is carried along them to the other
        first: examples that look alike by chance, such as two different vertebrae, do not agree.
    gap : int
        Slices to the nearest example, 1 or more.
    """

    sureness: float
    agreement: float | None
    gap: int


def signs_of(log_odds: np.ndarray, agreement: float | None, gap: int) -> Signs:
    """Gather the signs of a prediction.

    Parameters
    ----------
    log_odds : np.ndarray
        float32 [row, column], positive inside.
    agreement : float or None
        See `Signs`.
    gap : int
        Slices to the nearest example, 1 or more.

    Returns
    -------
    Signs
        For `expected_dice`.
    """
    return Signs(sureness(log_odds), agreement, gap)


def expected_dice(signs: Signs) -> float:
    """Estimate the Dice to expect of a proposal.

    Parameters
    ----------
    signs : Signs
        Of the proposal.

    Returns
    -------
    float
        What proposals with such signs reach on average, in [0, 1].
    """
    values = {
        "sureness": float(np.clip(logit(signs.sureness), -LIMIT, LIMIT)),
        "agreement": signs.agreement or 0.0,
        "gap": float(np.log(signs.gap)),
        "beyond": float(signs.agreement is None),
    }
    return float(expit(sum(_COEFFICIENTS[sign] * value for sign, value in values.items())))


def grade(expected_dice: float | None) -> Grade:
    """Sort a proposal by the Dice to expect.

    Parameters
    ----------
    expected_dice : float or None
        In [0, 1]; None where it is unknown.

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
