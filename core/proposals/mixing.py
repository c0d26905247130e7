"""The opinions of the network and of the interpolation on one scale, and mixtures of both."""

import numpy as np

from core.proposals.crop import Crop

LIMIT = 6.0
"""Either opinion is bounded by this log-odds, so that neither dominates."""


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


def mixed(
    network: np.ndarray | None, interpolation: np.ndarray | None, network_share: float
) -> np.ndarray:
    """Mix what there is of the two scores.

    Parameters
    ----------
    network, interpolation : np.ndarray or None
        Scores of the same shape; at least one.
    network_share : float
        Weight of the network where both are there.

    Returns
    -------
    np.ndarray
        float32, the same shape; inside where positive.

    Raises
    ------
    ValueError
        If both scores are missing.
    """
    if network is None and interpolation is None:
        raise ValueError("scores: got neither; expected the network's or the interpolation's")
    if network is None:
        return interpolation  # type: ignore[return-value]
    if interpolation is None:
        return network
    return network_share * network + (1 - network_share) * interpolation


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
