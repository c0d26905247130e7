"""What the query's guidance channels mean, the same in training and in use.

Guidance tells the network where a structure should be, while the examples tell it what the
structure looks like. Every channel is zero where nothing is known.
"""

from typing import Final

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

PRIOR, DISTANCE, ADDED, REMOVED = range(4)
"""Index of each guidance channel: shape prior, distance to the nearest example, strokes."""

GUIDANCE_CHANNELS: Final = 4

_PRIOR_WIDTH: Final = 1 / 16
_DISTANCE_WIDTH: Final = 1 / 8


def prior_channel(signed_distance: Tensor, side: int) -> Tensor:
    """Squash a signed distance to the expected outline into (−1, 1).

    Parameters
    ----------
    signed_distance : Tensor
        Distance to the expected outline in pixels of the network's input, positive inside.
    side : int
        Side of the network's input in pixels; a 16th of it is the width of the transition
        (8 pixels at 128).

    Returns
    -------
    Tensor
        The same shape.
    """
    return torch.tanh(signed_distance / (side * _PRIOR_WIDTH))


def distance_channel(distance: Tensor, side: int) -> Tensor:
    """Squash the distance of a slice to the nearest example into [0, 1).

    Parameters
    ----------
    distance : Tensor
        Distance along the normal, in pixels of the network's input (millimetres divided by the
        size of such a pixel), so that it compares with movements of the outline.
    side : int
        Side of the network's input in pixels.

    Returns
    -------
    Tensor
        The same shape.
    """
    return torch.tanh(distance / (side * _DISTANCE_WIDTH))


def signed_distance(masks: Tensor) -> Tensor:
    """Measure the exact Euclidean distance to the outline, positive inside, in pixels.

    The outline runs half-way between pixels inside and outside. Where a mask is empty or full,
    the distance is minus or plus the height plus the width.

    Parameters
    ----------
    masks : Tensor
        bool [..., height, width].

    Returns
    -------
    Tensor
        float32, the same shape.
    """
    inside = _distance_to(~masks)
    outside = _distance_to(masks)
    return torch.where(masks, inside - 0.5, 0.5 - outside)


def _distance_to(masks: Tensor) -> Tensor:
    """Distance of every pixel to the nearest set one; height plus width where none is set."""
    height, width = masks.shape[-2:]
    far = float(height + width)
    if masks.device.type == "cpu":
        # Fifteen times faster at 128² than what suits a graphics card.
        planes = masks.numpy().reshape(-1, height, width)
        distances = np.full(planes.shape, far, np.float32)
        for plane, distance in zip(planes, distances, strict=True):
            if plane.any():
                distance[:] = ndimage.distance_transform_edt(~plane)
        return torch.from_numpy(distances).view(masks.shape)
    squared = torch.where(masks, 0.0, far * far)
    for axis, length in ((-1, width), (-2, height)):
        positions = torch.arange(length, device=masks.device, dtype=torch.float32)
        steps = (positions[:, None] - positions[None, :]).square()
        if axis == -1:
            squared = (squared[..., None, :] + steps).amin(dim=-1)
        else:
            squared = (squared[..., None, :, :] + steps[:, :, None]).amin(dim=-2)
    return squared.sqrt().clamp(max=far)
