"""The Dice coefficient: how far two masks agree."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def dice(mask: NDArray[Any], truth: NDArray[Any]) -> float:
    """Dice coefficient of two masks of any dimension; 1 where both are empty.

    Parameters
    ----------
    mask, truth : ndarray of bool
        Of the same shape.

    Returns
    -------
    float
        Twice the overlap over the sum of the sizes, in [0, 1].

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if mask.shape != truth.shape:
        raise ValueError(f"mask: got shape {mask.shape}; expected {truth.shape}, as truth has")
    sizes = int(np.count_nonzero(mask)) + int(np.count_nonzero(truth))
    return 2 * int(np.count_nonzero(mask & truth)) / sizes if sizes else 1.0
