"""How far to trust each opinion: leave out one example at a time and predict it from the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.proposals.mixture import mixed

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the network that are compared."""

DEFAULT_SHARE = 0.75
"""Weight of the network where examples give no evidence."""

ENOUGH_EXAMPLES = 3
"""With fewer examples of a structure nothing can be left out and still be enclosed by others."""

_DEFAULT_STRENGTH = 1.0
_DEFAULT_LOSS = 0.02


@dataclass(frozen=True)
class Trial:
    """An example predicted from the others.

    Attributes
    ----------
    slice : int
        The example.
    gap : int
        Slices to the nearest of the other examples.
    enclosed : bool
        Whether others lie on both sides.
    dice : tuple of float
        Dice with each of `SHARES`; alike where only the network can tell.
    """

    slice: int
    gap: int
    enclosed: bool
    dice: tuple[float, ...]


@dataclass(frozen=True)
class Trust:
    """What the trials of a segment advise.

    Attributes
    ----------
    network_share : float
        Weight of the network between examples.
    trials : tuple of Trial
        The evidence.
    """

    network_share: float
    trials: tuple[Trial, ...] = ()

    def expected_dice(self, gap: int, enclosed: bool) -> float | None:
        """Tell the Dice to expect of a slice.

        Parameters
        ----------
        gap : int
            Slices to the nearest example.
        enclosed : bool
            Whether examples lie on both sides.

        Returns
        -------
        float or None
            In [0, 1]; None where too few examples say anything.
        """
        if len(self.trials) < ENOUGH_EXAMPLES:
            return None
        like = [t for t in self.trials if t.enclosed == enclosed] or list(self.trials)
        errors = [
            (1 - _at(t.dice, self.network_share)) * min(1.0, (gap / t.gap) ** 0.7) for t in like
        ]
        return float(1 - np.mean(errors))


def compare(
    index: int,
    others: Sequence[int],
    mask: np.ndarray,
    network: np.ndarray | None,
    interpolation: np.ndarray | None,
) -> Trial:
    """Compare predictions of an example with the example.

    Parameters
    ----------
    index : int
        The example.
    others : sequence of int
        The examples it was predicted from.
    mask : np.ndarray
        bool [row, column]: the example.
    network, interpolation : np.ndarray or None
        Scores of the two, float32 [row, column]; None where one has no opinion.

    Returns
    -------
    Trial
        The comparison; Dice 0 where neither has an opinion.
    """
    dice = tuple(
        0.0
        if network is None and interpolation is None
        else _dice(mixed(network, interpolation, share) > 0, mask)
        for share in SHARES
    )
    return Trial(
        slice=index,
        gap=min(abs(other - index) for other in others),
        enclosed=min(others) < index < max(others),
        dice=dice,
    )


def advise(trials: Sequence[Trial], fixed: float | None = None) -> Trust:
    """Choose the network's weight from trials, against a default that few trials cannot overturn.

    Parameters
    ----------
    trials : sequence of Trial
        One per example with the structure.
    fixed : float, optional
        The weight, if it is not to be chosen.

    Returns
    -------
    Trust
        The choice and its evidence.
    """
    if fixed is not None:
        return Trust(fixed, tuple(trials))
    enclosed = [t.dice for t in trials if t.enclosed]
    penalty = _DEFAULT_STRENGTH * _DEFAULT_LOSS * np.abs(np.array(SHARES) - DEFAULT_SHARE)
    merit = np.sum(enclosed, axis=0) - penalty if enclosed else -penalty
    return Trust(SHARES[int(np.argmax(merit))], tuple(trials))


def _at(dice: Sequence[float], share: float) -> float:
    return float(np.interp(share, SHARES, dice))


def _dice(first: np.ndarray, second: np.ndarray) -> float:
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0
