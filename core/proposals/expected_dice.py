"""The Dice to expect of a proposal, estimated without knowing the truth, and its grade."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.proposals.scores import sureness

_PER_SURENESS = 0.85
_PER_OVERLAP = 0.60
_PER_LOG_GAP = -0.46
_BEYOND = -0.38
"""Coefficients of the log-odds of the Dice, fitted to development volumes."""

_SHARE_OF_OFFSET = 0.1
_LARGEST_OFFSET = 2.0
"""How far, and up to which log-odds, a case's own left-out examples correct what holds on average:
little, because predicting one of few examples is a much harder task than the slices between."""

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
    overlap : float or None
        Dice of the neighbouring examples with one another; None beyond the outermost.
    gap : int
        Slices to the nearest example, 1 or more.
    """

    sureness: float
    overlap: float | None
    gap: int


def signs_of(log_odds: np.ndarray, overlap: float | None, gap: int) -> Signs:
    """Gather the signs of a prediction.

    Parameters
    ----------
    log_odds : np.ndarray
        float32 [row, column], positive inside.
    overlap : float or None
        Dice of the neighbouring examples with one another; None beyond the outermost.
    gap : int
        Slices to the nearest example, 1 or more.

    Returns
    -------
    Signs
        For `expected_dice`.
    """
    return Signs(sureness(log_odds), overlap, gap)


def usual_dice(signs: Signs) -> float:
    """Estimate the Dice that proposals with such signs reach on average, in [0, 1]."""
    log_odds = (
        _PER_SURENESS * _log_odds(signs.sureness)
        + _PER_OVERLAP * (signs.overlap or 0.0)
        + _PER_LOG_GAP * float(np.log(signs.gap))
        + (_BEYOND if signs.overlap is None else 0.0)
    )
    return _probability(log_odds)


def calibration_offset(results: Sequence[tuple[Signs, float]]) -> float:
    """Measure by how much left-out examples of a case came out better than is usual.

    Parameters
    ----------
    results : sequence of (Signs, float)
        Signs of the prediction of an example, and its Dice with the example.

    Returns
    -------
    float
        Mean difference of the log-odds, bounded; 0 without results.
    """
    if not results:
        return 0.0
    differences = [_log_odds(dice) - _log_odds(usual_dice(signs)) for signs, dice in results]
    return float(np.clip(np.mean(differences), -_LARGEST_OFFSET, _LARGEST_OFFSET))


def expected_dice(signs: Signs, offset: float) -> float:
    """Estimate the Dice to expect of a proposal.

    Parameters
    ----------
    signs : Signs
        Of the proposal.
    offset : float
        From `calibration_offset`, for the same case.

    Returns
    -------
    float
        In [0, 1].
    """
    return _probability(_log_odds(usual_dice(signs)) + _SHARE_OF_OFFSET * offset)


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
