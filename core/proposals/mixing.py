"""The opinions of the network and of the interpolation on one scale, and mixtures of both."""

from collections.abc import Sequence

import numpy as np

from core.proposals.crop import Crop

LIMIT = 6.0
"""Either opinion is bounded by this log-odds, so that neither dominates."""

SLOPE = 1.0
"""Log-odds of the interpolation per pixel of the network away from the outline."""

_SURENESS_COUNTS = 20.0
"""An answer whose own probabilities expect 0.05 more Dice counts e times as much."""

_LOST, _FOUND = 0.4, 0.8
"""Agreement of examples with others carried to them at which movement does not count at all, and as
much as the network's answers."""

_WALK_COUNTS = 0.5
"""Weight of a plausible random walk beside the network's answers.

Both as measured on development volumes.
"""


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
    """Turn the interpolated distance to the outline into log-odds.

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
    return np.clip(distance * (SLOPE / crop.pixel_mm), -LIMIT, LIMIT)


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


def blended(first: np.ndarray, second: np.ndarray | None, share: float) -> np.ndarray:
    """Mix the network's two answers on a slice.

    Parameters
    ----------
    first : np.ndarray
        Logits, float32 [SIDE, SIDE].
    second : np.ndarray or None
        Bounded logits of the same shape, if there are any.
    share : float
        Weight of the second answer, in [0, 1].

    Returns
    -------
    np.ndarray
        float32 [SIDE, SIDE].
    """
    if second is None:
        return first
    return (1 - share) * np.clip(first, -LIMIT, LIMIT) + share * second


def agreed(
    answers: Sequence[np.ndarray],
    carried: np.ndarray | None = None,
    agreement: float = 0.0,
    walked: np.ndarray | None = None,
) -> np.ndarray:
    """Merge the network's answers to different priors with outlines that images alone led to.

    Parameters
    ----------
    answers : sequence of np.ndarray
        Logits of one slice, float32 [SIDE, SIDE]; the more certain ones count more.
    carried : np.ndarray or None
        Signed distance in pixels to the outline that moved along with the images, float32
        [SIDE, SIDE].
    agreement : float
        Dice of an example with another carried to it: the weight of the movement follows from it.
    walked : np.ndarray or None
        Signed distance in pixels to the outline that a random walk found; used where plausible.

    Returns
    -------
    np.ndarray
        float32 [SIDE, SIDE], log-odds bounded by `LIMIT`.
    """
    bounded = np.stack([np.clip(answer, -LIMIT, LIMIT) for answer in answers])
    weights = np.exp(_SURENESS_COUNTS * np.array([sureness(answer) for answer in bounded]))
    merged = np.tensordot((weights / weights.sum()).astype(np.float32), bounded, axes=1)
    total = np.float32(1)
    opinion = merged.copy()
    for distance, share in (
        (carried, float(np.clip((agreement - _LOST) / (_FOUND - _LOST), 0, 1))),
        (walked, 0.0 if walked is None else _WALK_COUNTS * plausible(walked > 0, merged > 0)),
    ):
        if distance is not None:
            opinion += np.float32(share) * np.clip(SLOPE * distance, -LIMIT, LIMIT)
            total += np.float32(share)
    return opinion / total


def plausible(walked: np.ndarray, expected: np.ndarray) -> float:
    """Judge from the areas whether a random walk collapsed or leaked: 0 if so, 1 if not.

    Parameters
    ----------
    walked, expected : np.ndarray
        bool [height, width]: what the walk found, and what the network did.

    Returns
    -------
    float
        In [0, 1].
    """
    areas = sorted((int(walked.sum()), int(expected.sum())))
    return float(np.clip((areas[0] / max(1, areas[1]) - 0.4) / 0.3, 0, 1))


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
