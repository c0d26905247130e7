"""How good a proposal will turn out to be, told without knowing the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_INTERCEPT = 0.0
_PER_SURENESS = 0.85
_PER_OVERLAP = 0.60
_PER_LOG_GAP = -0.46
_BEYOND = -0.38
"""Coefficients of the log-odds of the Dice, fitted to development volumes."""

_SHARE_OF_SURPRISE = 0.1
_LARGEST_SURPRISE = 2.0
"""How far, and up to which log-odds, a case's own trials correct what holds on average: little,
because leaving out one of few examples is a much harder task than the slices between them."""

_CLIP = 0.985
"""Dice beyond this and below its complement are not told apart."""


@dataclass(frozen=True)
class Signs:
    """What a proposal shows of its own quality.

    Attributes
    ----------
    sureness : float
        Dice that the proposal's own probabilities promise.
    overlap : float or None
        Dice of the neighbouring examples with one another; None beyond the outermost.
    gap : int
        Slices to the nearest example, 1 or more.
    """

    sureness: float
    overlap: float | None
    gap: int


def usual_dice(signs: Signs) -> float:
    """Tell the Dice that proposals with such signs reach on average, in [0, 1]."""
    log_odds = (
        _INTERCEPT
        + _PER_SURENESS * _log_odds(signs.sureness)
        + _PER_OVERLAP * (signs.overlap or 0.0)
        + _PER_LOG_GAP * float(np.log(signs.gap))
        + (_BEYOND if signs.overlap is None else 0.0)
    )
    return _probability(log_odds)


def surprise(trials: Sequence[tuple[Signs, float]]) -> float:
    """Measure by how much trials of a case came out better than is usual.

    Parameters
    ----------
    trials : sequence of (Signs, float)
        Signs of a prediction of an example, and its Dice with the example.

    Returns
    -------
    float
        Mean difference of the log-odds, bounded; 0 without trials.
    """
    if not trials:
        return 0.0
    differences = [_log_odds(dice) - _log_odds(usual_dice(signs)) for signs, dice in trials]
    return float(np.clip(np.mean(differences), -_LARGEST_SURPRISE, _LARGEST_SURPRISE))


def expected_dice(signs: Signs, surprised: float) -> float:
    """Tell the Dice to expect of a proposal.

    Parameters
    ----------
    signs : Signs
        Of the proposal.
    surprised : float
        From `surprise`, for the same case.

    Returns
    -------
    float
        In [0, 1].
    """
    return _probability(_log_odds(usual_dice(signs)) + _SHARE_OF_SURPRISE * surprised)


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1 - _CLIP), _CLIP)
    return float(np.log(bounded / (1 - bounded)))


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
