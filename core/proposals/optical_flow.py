"""Carrying outlines from slice to slice along the optical flow between their images.

References
----------
C. Zach, T. Pock and H. Bischof, "A duality based approach for realtime TV-L1 optical flow", DAGM
2007; the implementation is scikit-image's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from core.network.outlines import between_outlines
from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.pooling import pooled

_POOLED = 2
"""Pixels that are averaged along either axis: outlines move as well, in a third of the time."""

_SMOOTHING = 0.5
"""Standard deviation in pixels of what takes the worst of the noise away beforehand."""

_ATTACHMENT = 20.0
"""Weight of the images against the smoothness of the flow."""

_WARPS, _ITERATIONS = 3, 5

MotionOf = Callable[[int, int], np.ndarray]
"""Gives the flow from one slice to another beside it, as `flow_between` does."""


@dataclass(frozen=True, eq=False)
class Carried:
    """Outlines carried between two examples.

    Attributes
    ----------
    distances : dict of int to np.ndarray
        Signed distance in pixels of the network by slice index, float32 [SIDE, SIDE].
    agreement : float
        Dice of each example with the other carried to it, their mean.
    """

    distances: dict[int, np.ndarray]
    agreement: float


def flow_between(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Find where every pixel of a picture is in another.

    Parameters
    ----------
    picture, other : np.ndarray
        float32 [SIDE, SIDE], values in [0, 1].

    Returns
    -------
    np.ndarray
        float32 [2, SIDE / 2, SIDE / 2]: rows and columns to go, in pixels of the pictures, for
        every square of four pixels.
    """
    from skimage.registration import optical_flow_tvl1

    small = [
        pooled(ndimage.gaussian_filter(image, _SMOOTHING), _POOLED) for image in (picture, other)
    ]
    flow = optical_flow_tvl1(
        *small, attachment=_ATTACHMENT, num_warp=_WARPS, num_iter=_ITERATIONS, dtype=np.float32
    )
    return np.asarray(flow, np.float32) * _POOLED


def carry(distance: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Carry an outline to a picture along the flow from there to the outline's own picture.

    Parameters
    ----------
    distance : np.ndarray
        Signed distance to the outline, float32 [SIDE, SIDE].
    flow : np.ndarray
        From `flow_between` (the outline's new picture, its own picture).

    Returns
    -------
    np.ndarray
        float32 [SIDE, SIDE].
    """
    fine = ndimage.zoom(flow, (1, _POOLED, _POOLED), order=1, mode="nearest", grid_mode=True)
    places = np.mgrid[:SIDE, :SIDE] + fine
    return ndimage.map_coordinates(distance, places, order=1, mode="nearest", output=np.float32)


def carry_between(
    first: np.ndarray, last: np.ndarray, below: int, above: int, motion_of: MotionOf
) -> Carried:
    """Carry the outlines of two examples towards one another.

    Parameters
    ----------
    first, last : np.ndarray
        Signed distances of the examples in pixels of the network, float32 [SIDE, SIDE].
    below, above : int
        Their slices.
    motion_of : callable
        Gives the flow between slices that lie side by side.

    Returns
    -------
    Carried
        Every slice between the two: the mean of both outlines, the nearer one counting more.
    """
    upward, downward = {below: first}, {above: last}
    for index in range(below + 1, above + 1):
        upward[index] = carry(upward[index - 1], motion_of(index, index - 1))
    for index in range(above - 1, below - 1, -1):
        downward[index] = carry(downward[index + 1], motion_of(index, index + 1))
    agreement = dice(upward[above] > 0, last > 0) + dice(downward[below] > 0, first > 0)
    inner = range(below + 1, above)
    if not inner:
        return Carried({}, agreement / 2)
    distances = between_outlines(
        torch.from_numpy(np.stack([upward[index] for index in inner])),
        torch.from_numpy(np.stack([downward[index] for index in inner])),
        torch.tensor([(index - below) / (above - below) for index in inner]),
    )
    return Carried(dict(zip(inner, distances.numpy(), strict=True)), agreement / 2)
