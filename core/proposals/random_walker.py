"""Filling between two drawn slices from the images: a random walk that avoids edges.

References
----------
L. Grady, "Random walks for image segmentation", IEEE Transactions on Pattern Analysis and Machine
Intelligence 28(11), 2006.
"""

import importlib.util
from collections.abc import Callable
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from core.proposals.pooling import pool_of

_BETA: Final = 100.0
"""How much an edge of the images hinders the walk, per standard deviation of their values."""

_COMPILED: Final = importlib.util.find_spec("numba") is not None
"""Training runs without Numba where there is a graphics card."""


def walk_between(
    images: Tensor,
    first: Tensor,
    last: Tensor,
    step: Tensor,
    iterations: int = 60,
    *,
    done: Callable[[int], None] = lambda slices: None,
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
    done : callable
        Called during the work with how many slices a part of it stands for; it may raise an
        exception to end the work.

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
        # The hardest edge lets a little through, so that every pixel can be reached.
        return torch.exp(-hindrance * slope.square()) + torch.finfo(slope.dtype).eps

    # The unit of length is the smaller of the two distances.
    shortest = (step / pool).clamp(max=1.0)[:, None, None, None]
    along = conductance(1, (step / pool)[:, None, None, None] / shortest)
    inner = slice(1, -1)
    down = conductance(2, 1 / shortest)[:, inner]
    right = conductance(3, 1 / shortest)[:, inner]
    total = along[:, :-1] + along[:, 1:]
    for beside, axis in ((down, 2), (right, 3)):
        total = total + _after(beside, axis) + _before(beside, axis)

    weights = _Weights(total, along[:, 1:-1], down, right)
    inflow = torch.zeros_like(total)
    inflow[:, 0] += along[:, 0] * ends[:, 0]
    inflow[:, -1] += along[:, -1] * ends[:, 1]
    share = torch.linspace(0, 1, images.shape[1], device=images.device)[inner, None, None]
    start = (1 - share) * ends[:, :1] + share * ends[:, 1:]
    if images.device.type == "cpu" and _COMPILED:
        found = _solved_on_processor(weights, inflow, start, iterations, done)
    else:
        found = _solved(weights, inflow, start, iterations)
        done(len(start) * start.shape[1])
    found = found.clamp(0, 1)
    if pool > 1:
        found = functional.interpolate(found, (side, side), mode="bilinear")
    return found


def _after(weights: Tensor, axis: int) -> Tensor:
    """Conductance from every pixel to the next along an axis; 0 from the last."""
    return functional.pad(weights, (0, 0, 0, 1) if axis == 2 else (0, 1))


def _before(weights: Tensor, axis: int) -> Tensor:
    """Conductance from every pixel to the one before along an axis; 0 from the first."""
    return functional.pad(weights, (0, 0, 1, 0) if axis == 2 else (1, 0))


class _Weights(NamedTuple):
    """Conductances between pixels, and the sum of those around each.

    Attributes
    ----------
    total : Tensor
        [tasks, inner, side, side].
    within : Tensor
        From every inner slice to the next, [tasks, inner − 1, side, side].
    down, right : Tensor
        To the next row and to the next column.
    """

    total: Tensor
    within: Tensor
    down: Tensor
    right: Tensor


_Residual = tuple[Tensor, Tensor, Tensor, Tensor]


def _solved_on_processor(
    weights: _Weights,
    inflow: Tensor,
    start: Tensor,
    iterations: int,
    done: Callable[[int], None],
) -> Tensor:
    """Do what `_solved` does in compiled loops, one task after the other."""
    from core.proposals.random_walker_kernel import solved_on_processor

    slices = start.shape[1]
    passed = iter(range(iterations * len(start)))

    def one_more() -> None:
        place = next(passed) % iterations
        done(slices * (place + 1) // iterations - slices * place // iterations)

    tasks = zip(zip(*weights, strict=True), inflow, start, strict=True)
    return torch.stack([solved_on_processor(*task, iterations, one_more) for task in tasks])


def _solved(
    weights: _Weights,
    inflow: Tensor,
    start: Tensor,
    iterations: int,
) -> Tensor:
    """Solve for the probability in every pixel by preconditioned conjugate gradients.

    Parameters
    ----------
    weights : _Weights
        The matrix; its diagonal is the preconditioner.
    inflow, start : Tensor
        [tasks, inner, side, side]: what comes from the drawn slices, and a first guess.
    iterations : int
        How many.

    Returns
    -------
    Tensor
        [tasks, inner, side, side].
    """
    rest = inflow - _applied(weights, start)
    direction = rest / weights.total
    state = (start, rest, direction, _product(rest, direction))
    for _ in range(iterations):
        state = _advanced(state, weights)
    return state[0]


def _advanced(state: _Residual, weights: _Weights) -> _Residual:
    """Take one step of the conjugate gradients: values, rest, direction, and the rest's size."""
    values, rest, direction, size = state
    image = _applied(weights, direction)
    amount = _ratio(size, _product(direction, image))
    values = values + amount * direction
    rest = rest - amount * image
    scaled = rest / weights.total
    now = _product(rest, scaled)
    direction = scaled + _ratio(now, size) * direction
    return values, rest, direction, now


def _applied(weights: _Weights, values: Tensor) -> Tensor:
    """Multiply by the matrix: what leaves every pixel, less what comes from its neighbours."""
    total, within, down, right = weights
    result = total * values
    result[:, :-1] -= within * values[:, 1:]
    result[:, 1:] -= within * values[:, :-1]
    result[:, :, :-1] -= down * values[:, :, 1:]
    result[:, :, 1:] -= down * values[:, :, :-1]
    result[:, :, :, :-1] -= right * values[:, :, :, 1:]
    result[:, :, :, 1:] -= right * values[:, :, :, :-1]
    return result


def _product(first: Tensor, second: Tensor) -> Tensor:
    """Scalar product of every task, [tasks, 1, 1, 1]."""
    return (first * second).flatten(1).sum(dim=1)[:, None, None, None]


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """Divide; 0 where everything is solved already."""
    return torch.where(whole > 0, part / whole, 0.0)
