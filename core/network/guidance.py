"""What the query's guidance channels mean, the same in training and in use.

Guidance tells the network where a structure should be, while the examples tell it what the
structure looks like. Every channel is zero where nothing is known.
"""

from typing import Final

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

PRIOR, DISTANCE, ADDED, REMOVED = range(4)
"""Index of each guidance channel: shape prior, distance to the nearest example, strokes."""

GUIDANCE_CHANNELS: Final = 4

_PRIOR_WIDTH: Final = 1 / 16
_DISTANCE_WIDTH: Final = 1 / 8

_ON_LEVEL: Final = 1e-3
"""What lies on the level that encloses an area counts as inside."""


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


def between_outlines(first: Tensor, last: Tensor, share: Tensor) -> Tensor:
    """Interpolate between two outlines so that the structure does not collapse on the way.

    The plain mean of two distances shrinks to nothing where the outlines barely overlap, and the
    network then believes that nothing is there. So the outlines are first moved to where the centre
    is expected, if that makes them overlap better (parts that come or go would not), and the level
    of the mean is moved until it encloses the area between those of the two. Towards an outline
    that is absent the structure may end anywhere, so the area falls evenly, and the image has to
    tell.

    Parameters
    ----------
    first, last : Tensor
        Signed distances in pixels of the network's input, float32 [tasks, side, side], positive
        inside; negative everywhere where the structure is absent.
    share : Tensor
        float32 [tasks]: 0 at the first, 1 at the last.

    Returns
    -------
    Tensor
        float32 [tasks, side, side].
    """
    masks = torch.stack([first > 0, last > 0]).to(first.dtype)
    areas = masks.sum(dim=(2, 3))
    way = torch.diff(_centers(masks, areas), dim=0)[0]
    moves = torch.stack([share[:, None] * way, (share - 1)[:, None] * way])
    moved = torch.stack([_moved(masks[0], moves[0]), _moved(masks[1], moves[1])])
    better = moved.prod(dim=0).sum(dim=(1, 2)) > masks.prod(dim=0).sum(dim=(1, 2))
    moves = torch.where(better[:, None], moves, 0.0)
    part = share[:, None, None]
    mean = (1 - part) * _moved(first, moves[0]) + part * _moved(last, moves[1])
    absent = (areas == 0)[..., None, None]
    mean = torch.where(absent[0], last, torch.where(absent[1], first, mean))
    area = ((1 - share) * areas[0].sqrt() + share * areas[1].sqrt()).square()
    area = torch.where(areas[0] == 0, share * areas[1], area)
    area = torch.where(areas[1] == 0, (1 - share) * areas[0], area)
    return enclosing(mean, area)


def enclosing(distance: Tensor, area: Tensor) -> Tensor:
    """Move outlines until they enclose an area.

    Parameters
    ----------
    distance : Tensor
        float32 [tasks, height, width], positive inside.
    area : Tensor
        float32 [tasks]: pixels wanted inside; where that is less than a half, everything comes to
        lie outside.

    Returns
    -------
    Tensor
        The distances, each moved by a constant.
    """
    levels = []
    for plane, wanted in zip(distance.flatten(1), area.round().long().tolist(), strict=True):
        if wanted == 0:
            levels.append(2 * plane.max().clamp(min=0))
        else:
            levels.append(plane.kthvalue(len(plane) + 1 - wanted).values - _ON_LEVEL)
    return distance - torch.stack(levels)[:, None, None]


def _centers(masks: Tensor, areas: Tensor) -> Tensor:
    """Mean row and column of masks [..., height, width] with these areas: [..., 2]."""
    height, width = masks.shape[-2:]
    rows = torch.arange(height, device=masks.device, dtype=masks.dtype)
    columns = torch.arange(width, device=masks.device, dtype=masks.dtype)
    sums = torch.stack([masks.sum(-1) @ rows, masks.sum(-2) @ columns], dim=-1)
    return sums / areas.clamp(min=1)[..., None]


def _moved(maps: Tensor, moves: Tensor) -> Tensor:
    """Move maps [tasks, height, width] by rows and columns [tasks, 2]; edges are repeated."""
    height, width = maps.shape[1:]
    # Sampling coordinates run from -1 to 1 over the whole side, columns first.
    relative = -2 * moves.flip(-1) / torch.tensor([width, height], device=maps.device)
    turned = torch.eye(2, device=maps.device).expand(len(maps), -1, -1)
    places = functional.affine_grid(
        torch.cat([turned, relative[..., None]], dim=-1),
        [len(maps), 1, height, width],
        align_corners=False,
    )
    return functional.grid_sample(
        maps[:, None], places, padding_mode="border", align_corners=False
    )[:, 0]
