"""What lies between the convolutions: the steps of the engine, with PyTorch's own operations.

They run on any device. On a processor with matrix instructions they take longer than the
convolutions, since each needs several passes over memory; `core.network.kernels` has the same
steps in one pass each. Maps are [n, height, width, channels].
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.network import definition


@dataclass(frozen=True)
class Steps:
    """The steps, in one way to compute them.

    Attributes
    ----------
    name : str
        What computes them, for descriptions.
    first_block : callable
        See `first_block`.
    average : callable
        See `average`.
    pool : callable
        See `pool`.
    upsample : callable
        See `upsample`.
    """

    name: str
    first_block: Callable[[Sequence[Tensor], Tensor, Tensor, Tensor, Tensor, bool, int], None]
    average: Callable[[Tensor, Tensor, Tensor, bool, int], None]
    pool: Callable[[Tensor, Tensor], None]
    upsample: Callable[[Tensor, Tensor, int], None]


def first_block(
    terms: Sequence[Tensor],
    shared: Tensor,
    pooled: Tensor,
    total: Tensor,
    mean: Tensor,
    begins: bool,
    divisor: int,
) -> None:
    """Pass pairs of one query through the first block: add, LeakyReLU, pool, and average.

    Parameters
    ----------
    terms : sequence of Tensor
        [4, height, width, channels] of every pair's example.
    shared : Tensor
        [4, height, width, channels]: what the query adds to every term.
    pooled : Tensor
        [pairs, height, width, channels]: takes the maximum over the four planes.
    total, mean, begins, divisor
        See `average`; [4, height, width, channels].
    """
    if begins:
        total.zero_()
    for term, largest in zip(terms, pooled, strict=True):
        maps = functional.leaky_relu_(shared.float() + term, definition.NEGATIVE_SLOPE)
        total += maps
        largest.copy_(
            torch.maximum(torch.maximum(maps[0], maps[1]), torch.maximum(maps[2], maps[3]))
        )
    if divisor:
        mean.copy_(total / divisor)


def average(maps: Tensor, total: Tensor, mean: Tensor, begins: bool, divisor: int) -> None:
    """Average over the pairs of one query, which come in several calls.

    The sum is a product with a row of ones: PyTorch's own sum over the first dimension takes many
    times longer in bfloat16 on a processor.

    Parameters
    ----------
    maps : Tensor
        [pairs, height, width, channels].
    total : Tensor
        float32 [height, width, channels]: keeps the sum from call to call.
    mean : Tensor
        [height, width, channels]: takes the mean with the last pairs.
    begins : bool
        Whether these are the query's first pairs, so that the total begins with them.
    divisor : int
        With the query's last pairs the number of all its pairs; 0 while more are to come.
    """
    ones = maps.new_ones((1, maps.shape[0]))
    sums = (ones @ maps.reshape(maps.shape[0], -1)).view(total.shape)
    if begins:
        total.copy_(sums)
    else:
        total += sums
    if divisor:
        mean.copy_(total / divisor)


def pool(maps: Tensor, pooled: Tensor) -> None:
    """Take the maximum of every 2×2 square.

    Parameters
    ----------
    maps : Tensor
        [n, height, width, channels].
    pooled : Tensor
        [n, height / 2, width / 2, channels]: takes the result.
    """
    count, height, width, channels = maps.shape
    rows = maps.view(count, height // 2, 2, width, channels)
    rows = torch.maximum(rows[:, :, 0], rows[:, :, 1])
    columns = rows.view(count, height // 2, width // 2, 2, channels)
    torch.maximum(columns[:, :, :, 0], columns[:, :, :, 1], out=pooled)


def upsample(maps: Tensor, joined: Tensor, first: int) -> None:
    """Double height and width as the plain definition does.

    Parameters
    ----------
    maps : Tensor
        [n, height, width, channels].
    joined : Tensor
        [n, 2 × height, 2 × width, at least first + channels]: takes the result among its
        channels.
    first : int
        Channel of joined with which the result begins.
    """
    doubled = definition.upsample(maps.permute(0, 3, 1, 2))
    joined[..., first : first + maps.shape[3]] = doubled.permute(0, 2, 3, 1)


PORTABLE = Steps("PyTorch", first_block, average, pool, upsample)
"""The steps of this module."""
