"""Random numbers on a generator's device."""

import torch
from torch import Generator, Tensor
from torch.nn import functional

_KNOTS = 6


def uniform(generator: Generator, low: float, high: float, *shape: int) -> Tensor:
    """Draw float32 numbers evenly from [low, high) on the generator's device."""
    return torch.rand(*shape, generator=generator, device=generator.device) * (high - low) + low


def chance(generator: Generator, probability: float, *shape: int) -> Tensor:
    """Draw bool numbers that are true with a probability."""
    return torch.rand(*shape, generator=generator, device=generator.device) < probability


def smooth_fields(generator: Generator, count: int, side: int) -> Tensor:
    """Draw fields that change slowly over a picture: float32 [count, side, side], σ of about 1."""
    knots = torch.randn(count, 1, _KNOTS, _KNOTS, generator=generator, device=generator.device)
    fields = functional.interpolate(knots, (side, side), mode="bicubic", align_corners=True)
    return fields[:, 0]
