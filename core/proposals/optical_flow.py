"""Optical flow between slices, and outlines carried along it; many at once, on any device.

References
----------
C. Zach, T. Pock and H. Bischof, "A duality based approach for realtime TV-L1 optical flow", DAGM
2007.
"""

import importlib.util
import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from core.network.cores import on_cores
from core.proposals.pooling import pool_of

_COARSEST: Final = 16
"""Side in pixels below which pictures are not halved any more."""

_ATTACHMENT: Final = 20.0
"""Weight of the images against the smoothness of the flow."""

_TIGHTNESS: Final = 0.3
"""How closely the smooth flow follows the one that matches the images."""

_TIME_STEP: Final = 0.25
"""Of the dual ascent; it converges up to a quarter in two dimensions."""

AT_ONCE: Final = 8
"""Pairs that a core computes at a time, so that its cache holds them."""

_COMPILED: Final = importlib.util.find_spec("numba") is not None
"""Training runs without Numba where there is a graphics card."""

_WARPS, _ITERATIONS, _DUAL_ITERATIONS = 3, 5, 2


def flows_between(pictures: Tensor, others: Tensor) -> Tensor:
    """Find where every pixel of pictures is in others.

    Parameters
    ----------
    pictures, others : Tensor
        float32 [n, side, side], values in [0, 1].

    Returns
    -------
    Tensor
        float32 [n, 2, side / pool, side / pool]: rows and columns to go, in pixels of the
        pictures, for every square of `pool_of` the side pixels.
    """
    if pictures.device.type == "cpu":
        most = min(AT_ONCE, math.ceil(len(pictures) / torch.get_num_threads()))
        parts = list(zip(pictures.split(most), others.split(most), strict=True))
        return torch.cat(on_cores(lambda part: _flows_at_once(*part), parts))
    return _flows_at_once(pictures, others)


def _flows_at_once(pictures: Tensor, others: Tensor) -> Tensor:
    """Do what `flows_between` does for as many pairs as a core computes at a time."""
    pool = pool_of(pictures.shape[-1])
    both = torch.stack([pictures, others], dim=1)
    levels = [functional.avg_pool2d(both, pool) if pool > 1 else both]
    while min(levels[-1].shape[-2:]) >= 2 * _COARSEST:
        levels.append(functional.avg_pool2d(levels[-1], 2))
    flow = both.new_zeros(len(both), 2, *levels[-1].shape[-2:])
    for level in reversed(levels):
        if flow.shape[-2:] != level.shape[-2:]:
            size = (level.shape[-2], level.shape[-1])
            flow = 2 * functional.interpolate(flow, size, mode="bilinear")
        flow = _refined(flow, level[:, 0], level[:, 1])
    return flow * pool


def carried(distances: Tensor, flows: Tensor) -> Tensor:
    """Carry outlines to pictures along the flow from there to the outlines' own pictures.

    Parameters
    ----------
    distances : Tensor
        Signed distances to the outlines, float32 [n, side, side].
    flows : Tensor
        From `flows_between` (the outlines' new pictures, their own pictures).

    Returns
    -------
    Tensor
        float32 [n, side, side].
    """
    size = (distances.shape[-2], distances.shape[-1])
    if flows.shape[-2:] != size:
        flows = functional.interpolate(flows, size, mode="bilinear")
    return _warped(distances, flows)


def _refined(flow: Tensor, picture: Tensor, other: Tensor) -> Tensor:
    """Improve flows [n, 2, height, width] on one level of the pyramid."""
    if flow.device.type == "cpu" and _COMPILED:
        from core.proposals.optical_flow_kernel import refined_on_processor

        steps = (_WARPS, _ITERATIONS, _DUAL_ITERATIONS)
        weights = (_ATTACHMENT, _TIGHTNESS, _TIME_STEP)
        return refined_on_processor(flow, picture, other, steps, weights)
    return _refined_anywhere(flow, picture, other)


def _refined_anywhere(flow: Tensor, picture: Tensor, other: Tensor) -> Tensor:
    """Improve flows with PyTorch's own operations."""
    dual = flow.new_zeros(len(flow), 2, 2, *flow.shape[2:])
    for _ in range(_WARPS):
        moved = _warped(other, flow)
        gradient = torch.stack(torch.gradient(moved, dim=(1, 2)), dim=1)
        steepness = gradient.square().sum(dim=1)
        steepness = torch.where(steepness == 0, 1.0, steepness)
        difference = moved - picture - (gradient * flow).sum(dim=1)
        for _ in range(_ITERATIONS):
            flow, dual = _iterated(flow, dual, difference, gradient, steepness)
    return flow


def _iterated(
    flow: Tensor, dual: Tensor, difference: Tensor, gradient: Tensor, steepness: Tensor
) -> tuple[Tensor, Tensor]:
    """Match the images once and smooth; the flow and its dual, in and out."""
    bound = _ATTACHMENT * _TIGHTNESS
    rest = difference + (gradient * flow).sum(dim=1)
    step = (rest / steepness).clamp(-bound, bound)
    matched = flow - step[:, None] * gradient
    flow = matched
    for _ in range(_DUAL_ITERATIONS):
        slope = _forward_differences(flow)
        norm = slope.square().sum(dim=2, keepdim=True).sqrt()
        dual = (dual - _TIME_STEP * slope) / (1 + norm * (_TIME_STEP / _TIGHTNESS))
        flow = matched - _divergence(dual)
    return flow, dual


def _forward_differences(flow: Tensor) -> Tensor:
    """Differences to the next row and column, 0 at the end: [n, 2, 2, height, width]."""
    down = functional.pad(flow[:, :, 1:] - flow[:, :, :-1], (0, 0, 0, 1))
    right = functional.pad(flow[:, :, :, 1:] - flow[:, :, :, :-1], (0, 1))
    return torch.stack([down, right], dim=2)


def _divergence(dual: Tensor) -> Tensor:
    """Sum of the backward differences of [n, 2, 2, height, width]: [n, 2, height, width]."""
    down, right = dual[:, :, 0], dual[:, :, 1]
    above = functional.pad(down[:, :, :-1], (0, 0, 1, 0))
    left = functional.pad(right[:, :, :, :-1], (1, 0))
    return down + right - above - left


def _warped(maps: Tensor, flow: Tensor) -> Tensor:
    """Take maps [n, height, width] from where the flow [n, 2, height, width] points."""
    height, width = maps.shape[-2:]
    rows = torch.arange(height, device=maps.device, dtype=maps.dtype)[:, None] + flow[:, 0]
    columns = torch.arange(width, device=maps.device, dtype=maps.dtype) + flow[:, 1]
    places = torch.stack(
        [2 * columns / max(1, width - 1) - 1, 2 * rows / max(1, height - 1) - 1], dim=-1
    )
    return functional.grid_sample(maps[:, None], places, padding_mode="border", align_corners=True)[
        :, 0
    ]
