"""Filling between two drawn slices from the images: a random walk that avoids edges.

References
----------
L. Grady, "Random walks for image segmentation", IEEE Transactions on Pattern Analysis and Machine
Intelligence 28(11), 2006.
"""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from core.proposals.pooling import pool_of

_BETA: Final = 100.0
"""How much an edge of the images hinders the walk, per standard deviation of their values."""

_LEAST: Final = 1e-6
"""Conductance of the hardest edge, so that every pixel can be reached."""

_TINY: Final = 1e-20
"""Keeps what is solved already from dividing by zero."""


def walk_between(
    images: Tensor, first: Tensor, last: Tensor, step: Tensor, iterations: int = 60
) -> Tensor:
    """Find the probability that a walk from a pixel reaches the structure before anything else.

    Parameters
    ----------
    images : Tensor
        float32 [tasks, slices, side, side], values in [0, 1]: from one drawn slice to the next,
        both included, at least three.
    first, last : Tensor
        bool [tasks, side, side]: what is drawn on these two.
    step : Tensor
        float32 [tasks]: distance between slices in pixels of the images.
    iterations : int
        Steps of the conjugate gradients.

    Returns
    -------
    Tensor
        float32 [tasks, slices − 2, side, side], in [0, 1].
    """
    side = images.shape[-1]
    pool = pool_of(side)
    ends = torch.stack([first, last], dim=1).to(images.dtype)
    if pool > 1:
        images, ends = functional.avg_pool2d(images, pool), functional.avg_pool2d(ends, pool)
    ends = (ends >= 0.5).to(images.dtype)
    spread = images.flatten(1).std(dim=1).clamp(min=1e-6)[:, None, None, None]
    hindrance = _BETA / spread

    def conductance(axis: int, distance: Tensor | float) -> Tensor:
        slope = images.diff(dim=axis) / distance
        return torch.exp(-hindrance * slope.square()) + _LEAST

    # The unit of length is the smaller of the two distances.
    shortest = (step / pool).clamp(max=1.0)[:, None, None, None]
    along = conductance(1, (step / pool)[:, None, None, None] / shortest)
    inner = slice(1, -1)
    down = conductance(2, 1 / shortest)[:, inner]
    right = conductance(3, 1 / shortest)[:, inner]
    total = along[:, :-1] + along[:, 1:]
    for weights, axis in ((down, 2), (right, 3)):
        total = total + _after(weights, axis) + _before(weights, axis)

    def applied(values: Tensor) -> Tensor:
        result = total * values
        within = along[:, 1:-1]
        result[:, :-1] -= within * values[:, 1:]
        result[:, 1:] -= within * values[:, :-1]
        result[:, :, :-1] -= down * values[:, :, 1:]
        result[:, :, 1:] -= down * values[:, :, :-1]
        result[:, :, :, :-1] -= right * values[:, :, :, 1:]
        result[:, :, :, 1:] -= right * values[:, :, :, :-1]
        return result

    inflow = torch.zeros_like(total)
    inflow[:, 0] += along[:, 0] * ends[:, 0]
    inflow[:, -1] += along[:, -1] * ends[:, 1]
    share = torch.linspace(0, 1, images.shape[1], device=images.device)[inner, None, None]
    start = (1 - share) * ends[:, :1] + share * ends[:, 1:]
    found = _solved(applied, inflow, total, start, iterations).clamp(0, 1)
    if pool > 1:
        found = functional.interpolate(found, (side, side), mode="bilinear")
    return found


def _after(weights: Tensor, axis: int) -> Tensor:
    """Conductance from every pixel to the next along an axis; 0 from the last."""
    return functional.pad(weights, (0, 0, 0, 1) if axis == 2 else (0, 1))


def _before(weights: Tensor, axis: int) -> Tensor:
    """Conductance from every pixel to the one before along an axis; 0 from the first."""
    return functional.pad(weights, (0, 0, 1, 0) if axis == 2 else (1, 0))


def _solved(
    applied: Callable[[Tensor], Tensor],
    right_side: Tensor,
    diagonal: Tensor,
    start: Tensor,
    iterations: int,
) -> Tensor:
    """Solve a positive definite system for every task by conjugate gradients.

    Parameters
    ----------
    applied : callable
        The matrix, applied to [tasks, ...].
    right_side, diagonal, start : Tensor
        [tasks, ...]; the diagonal is the preconditioner.
    iterations : int
        How many.

    Returns
    -------
    Tensor
        [tasks, ...].
    """

    def product(first: Tensor, second: Tensor) -> Tensor:
        return (first * second).flatten(1).sum(dim=1)[:, None, None, None]

    values = start.clone()
    rest = right_side - applied(values)
    scaled = rest / diagonal
    direction = scaled
    size = product(rest, scaled)
    for _ in range(iterations):
        image = applied(direction)
        amount = size / product(direction, image).clamp(min=_TINY)
        values = values + amount * direction
        rest = rest - amount * image
        scaled = rest / diagonal
        now = product(rest, scaled)
        direction = scaled + now / size.clamp(min=_TINY) * direction
        size = now
    return values
