"""How far to follow the network beside the interpolation of shapes."""

from dataclasses import dataclass

import numpy as np

POOR_OVERLAP = 0.6
"""Below this Dice of two neighbouring examples with one another, the network does best alone."""

BEYOND_SHARE = 0.9
"""Weight of the network beyond the outermost examples; shapes hint how fast it ends."""


@dataclass(frozen=True)
class NetworkWeight:
    """Weights of the opinions on a segment.

    Attributes
    ----------
    fixed : float or None
        The weight of the network where the method fixes it.
    calibration : float or None
        From `core.proposals.expected_dice.calibration_offset`; None before examples were left out,
        and where they are too few.
    """

    fixed: float | None = None
    calibration: float | None = None

    def network_share(self, overlap: float | None) -> float:
        """Weigh the network on a slice, in [0, 1].

        Parameters
        ----------
        overlap : float or None
            Dice of the neighbouring examples with one another; None beyond the outermost examples.
        """
        if self.fixed is not None:
            return self.fixed
        if overlap is None:
            return BEYOND_SHARE
        return usual_share(overlap)


def usual_share(overlap: float) -> float:
    """Weight of the network that is best on average for neighbouring examples of this kind.

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
