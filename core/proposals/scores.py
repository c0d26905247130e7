"""Log-odds of a structure on the pixels of a slice, from the network or from shapes alone."""

import numpy as np

from core.proposals.crop import Crop

LIMIT = 6.0
"""Log-odds are bounded by this."""


def network_score(crop: Crop, logits: np.ndarray) -> np.ndarray:
    """Bring the network's logits to the original pixels.

    Parameters
    ----------
    crop : Crop
        What the network saw.
    logits : np.ndarray
        float32 [..., SIDE, SIDE].

    Returns
    -------
    np.ndarray
        float32 [..., rows, columns] of the crop's window, positive inside.
    """
    return crop.restore(np.clip(logits, -LIMIT, LIMIT))


def interpolation_score(crop: Crop, distance: np.ndarray) -> np.ndarray:
    """Turn the interpolated distance to the outline into log-odds, 1 per pixel of the network.

    Parameters
    ----------
    crop : Crop
        Whose pixels are the unit.
    distance : np.ndarray
        float32 [..., row, column] in mm, positive inside.

    Returns
    -------
    np.ndarray
        float32, the same shape.
    """
    return np.clip(distance * (1 / crop.pixel_mm), -LIMIT, LIMIT)


def sureness(logits: np.ndarray) -> float:
    """Dice that a network would expect of its own mask if its probabilities were true.

    Parameters
    ----------
    logits : np.ndarray
        float32 [height, width].

    Returns
    -------
    float
        In [0, 1]; 0 for an empty mask.
    """
    inside = logits > 0
    if not inside.any():
        return 0.0
    probability = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    return float(2 * probability[inside].sum() / (probability.sum() + inside.sum()))
