"""Random numbers on a generator's device."""

import torch
from torch import Generator, Tensor


def uniform(generator: Generator, low: float, high: float, *shape: int) -> Tensor:
    """Draw float32 numbers evenly from [low, high) on the generator's device."""
    return torch.rand(*shape, generator=generator, device=generator.device) * (high - low) + low


def chance(generator: Generator, probability: float, *shape: int) -> Tensor:
    """Draw bool numbers that are true with a probability."""
    return torch.rand(*shape, generator=generator, device=generator.device) < probability
