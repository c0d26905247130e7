"""How far to trust each opinion: leave out one example at a time and predict it from the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.network.overlap import dice
from core.proposals.examples import neighbours_overlap
from core.proposals.expected_dice import Signs, expected_dice, surprise
from core.proposals.mixing import mixed, sureness

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the network that are compared."""

ENOUGH_EXAMPLES = 3
"""With fewer examples of a structure nothing can be left out and still be enclosed by others."""

POOR_OVERLAP = 0.6
"""Below this Dice of two neighbouring examples with one another, the network does best alone."""

BEYOND_SHARE = 0.9
"""Weight of the network beyond the outermost examples; shapes say how fast the structure ends."""

_SHIFTS = (-0.5, -0.25, 0.0, 0.25, 0.5)
"""What the trials may add to the usual weight."""

_COST_OF_SHIFT = 0.05
"""Dice, summed over trials, that a shift by 1 must gain to be believed."""


def usual_share(overlap: float) -> float:
    """Weight of the network that examples of this kind deserve on average.

    Where neighbouring examples overlap well, little happens between them and the interpolation is
    hard to beat; where they do not, it means nothing.

    Parameters
    ----------
    overlap : float
        Dice of the two neighbouring examples with one another.

    Returns
    -------
    float
        In [0.25, 1], as measured on development volumes.
    """
    return float(np.clip(1 - 2.5 * (overlap - POOR_OVERLAP), 0.25, 1.0))


@dataclass(frozen=True)
class Trial:
    """An example predicted from the others.

    Attributes
    ----------
    slice : int
        The example.
    gap : int
        Slices to the nearest of the other examples.
    overlap : float or None
        Dice of the two neighbours with one another; None where others lie on one side only.
    dice : tuple of float
        Dice with each of `SHARES`; alike where only the network can tell.
    signs : tuple of Signs
        What the prediction showed of its own quality, with each of `SHARES`.
    """

    slice: int
    gap: int
    overlap: float | None
    dice: tuple[float, ...]
    signs: tuple[Signs, ...]


@dataclass(frozen=True)
class Trust:
    """How far to follow the network, and why.

    Attributes
    ----------
    shift : float
        What to add to the usual weight of the network.
    fixed : float or None
        The weight, if it was not to be chosen.
    trials : tuple of Trial
        The evidence.
    """

    shift: float = 0.0
    fixed: float | None = None
    trials: tuple[Trial, ...] = ()

    def network_share(self, overlap: float | None) -> float:
        """Weigh the network on slices between examples that overlap so far (Dice), in [0, 1].

        Without two neighbours, the slice lies beyond the outermost example.
        """
        if self.fixed is not None:
            return self.fixed
        if overlap is None:
            return BEYOND_SHARE
        return float(np.clip(usual_share(overlap) + self.shift, 0.0, 1.0))

    def expected_dice(self, signs: Signs) -> float | None:
        """Tell the Dice to expect of a proposal, in [0, 1]; None where too few examples tell.

        Parameters
        ----------
        signs : Signs
            What the proposal shows.
        """
        if len(self.trials) < ENOUGH_EXAMPLES:
            return None
        results = []
        for trial in self.trials:
            if trial.overlap is not None:
                shares = np.abs(np.array(SHARES) - self.network_share(trial.overlap))
                chosen = int(np.argmin(shares))
                results.append((trial.signs[chosen], trial.dice[chosen]))
        return expected_dice(signs, surprise(results))


def compare(
    index: int,
    others: Mapping[int, np.ndarray],
    mask: np.ndarray,
    network: np.ndarray | None,
    interpolation: np.ndarray | None,
) -> Trial:
    """Compare predictions of an example with the example.

    Parameters
    ----------
    index : int
        The example.
    others : mapping of int to np.ndarray
        The examples it was predicted from, bool [row, column] by slice index.
    mask : np.ndarray
        bool [row, column]: the example.
    network, interpolation : np.ndarray or None
        Scores of the two, float32 [row, column]; None where one has no opinion.

    Returns
    -------
    Trial
        The comparison; Dice 0 where neither has an opinion.
    """
    overlap = neighbours_overlap(others, index)
    if network is None and interpolation is None:
        scores = [np.full(mask.shape, -1.0, np.float32)] * len(SHARES)
    else:
        scores = [mixed(network, interpolation, share) for share in SHARES]
    gap = min(abs(other - index) for other in others)
    return Trial(
        slice=index,
        gap=gap,
        overlap=overlap,
        dice=tuple(dice(score > 0, mask) for score in scores),
        signs=tuple(Signs(sureness(score), overlap, gap) for score in scores),
    )


def advise(trials: Sequence[Trial]) -> Trust:
    """Correct the usual weight of the network where trials say so.

    Leaving one of few examples out doubles the gap, so what is learnt is not a weight but by how
    much the usual one is too small or too large, and few trials cannot overturn it.

    Parameters
    ----------
    trials : sequence of Trial
        One per example with the structure.

    Returns
    -------
    Trust
        The correction and its evidence.
    """
    enclosed = [t for t in trials if t.overlap is not None]

    def merit(shift: float) -> float:
        trust = Trust(shift)
        gained = sum(_at(t.dice, trust.network_share(t.overlap)) for t in enclosed)
        return gained - _COST_OF_SHIFT * abs(shift)

    # Between equals, the smallest correction.
    return Trust(max(sorted(_SHIFTS, key=abs), key=merit), None, tuple(trials))


def _at(dice: Sequence[float], share: float) -> float:
    return float(np.interp(share, SHARES, dice))
