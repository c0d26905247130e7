"""The Dice to expect of a proposal, estimated without knowing the truth, and its grade."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.proposals.scores import sureness

_PER_SURENESS = 0.85
_PER_AGREEMENT = 0.60
_PER_LOG_GAP = -0.46
_BEYOND = -0.38
"""Coefficients of the log-odds of the Dice, fitted to development volumes."""

_CLIP = 0.985
"""Dice beyond this and below its complement are not distinguished."""

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
    log_odds = (
        _PER_SURENESS * _log_odds(signs.sureness)
        + _PER_AGREEMENT * (signs.agreement or 0.0)
        + _PER_LOG_GAP * float(np.log(signs.gap))
        + (_BEYOND if signs.agreement is None else 0.0)
    )
    return _probability(log_odds)


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


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1 - _CLIP), _CLIP)
    return float(np.log(bounded / (1 - bounded)))


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
