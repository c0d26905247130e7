"""Which slices of other series look most like a slice, at a like place of the series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.proposals.crop import SIDE

_CELLS = 16
"""Cells along each side of which a picture's mean values are compared."""

_PER_POSITION = 1.0
"""Correlation that a whole length of the series away counts as."""


@dataclass(frozen=True, eq=False)
class Looks:
    """What slices look like, and where in their series they lie.

    Attributes
    ----------
    descriptors : np.ndarray
        float32 [slice, _CELLS²], each of mean 0 and length 1, or all 0 for an even picture.
    positions : np.ndarray
        float32 [slice]: 0 for the first slice of the series, 1 for the last.
    """

    descriptors: np.ndarray
    positions: np.ndarray

    def likeness(self, others: "Looks") -> np.ndarray:
        """Correlation with other slices, less for a different place: float32 [slice, other]."""
        apart = np.abs(self.positions[:, None] - others.positions[None])
        likeness: np.ndarray = self.descriptors @ others.descriptors.T - _PER_POSITION * apart
        return likeness


def looks_of(pictures: np.ndarray, positions: Sequence[float] | np.ndarray) -> Looks:
    """Describe slices as they are cropped for the network.

    Parameters
    ----------
    pictures : np.ndarray
        float32 [slice, SIDE, SIDE].
    positions : sequence of float
        From `positions_of`.

    Returns
    -------
    Looks
        For `Looks.likeness`.
    """
    each = SIDE // _CELLS
    cells = pictures.reshape(-1, _CELLS, each, _CELLS, each).mean(axis=(2, 4))
    cells = cells.reshape(len(cells), -1)
    cells = cells - cells.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(cells, axis=1, keepdims=True)
    even = lengths < 1e-6
    descriptors = np.where(even, 0, cells / np.where(even, 1, lengths))
    return Looks(descriptors.astype(np.float32), np.asarray(positions, np.float32))


def positions_of(indices: Sequence[int], slices: int) -> list[float]:
    """Place slices between the first (0) and the last one (1) of their series."""
    return [index / max(1, slices - 1) for index in indices]


def most_alike(likeness: np.ndarray, count: int) -> list[list[int]]:
    """Choose for every slice the others that are most like it, best first.

    Parameters
    ----------
    likeness : np.ndarray
        [slice, other], from `Looks.likeness`.
    count : int
        How many to choose; all if there are fewer.

    Returns
    -------
    list of list of int
        Indices of others.
    """
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
    return [[int(other) for other in row] for row in order]
