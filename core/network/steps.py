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
    add_first_block : callable
        See `add_first_block`.
    add_sum : callable
        See `add_sum`.
    pool : callable
        See `pool`.
    upsample : callable
        See `upsample`.
    """

    name: str
    add_first_block: Callable[[Sequence[Tensor], Tensor, Tensor, Tensor, bool], None]
    add_sum: Callable[[Tensor, Tensor, bool], None]
    pool: Callable[[Tensor], Tensor]
    upsample: Callable[[Tensor], Tensor]


def add_first_block(
    terms: Sequence[Tensor], shared: Tensor, total: Tensor, pooled: Tensor, begins: bool
) -> None:
    """Pass pairs of one query through the first block: add, LeakyReLU, sum and pool.

    Parameters
    ----------
    terms : sequence of Tensor
        [4, height, width, channels] of every pair's example.
    shared : Tensor
        float32 [4, height, width, channels]: what the query adds to every term.
    total : Tensor
        float32, of the same shape: takes the sum over the pairs.
    pooled : Tensor
        [pairs, height, width, channels]: takes the maximum over the four planes.
    begins : bool
        Whether the total is to be begun with these pairs instead of carried on.
    """
    if begins:
        total.zero_()
    for term, largest in zip(terms, pooled, strict=True):
        maps = functional.leaky_relu_(shared + term, definition.NEGATIVE_SLOPE)
        total += maps
        largest.copy_(
            torch.maximum(torch.maximum(maps[0], maps[1]), torch.maximum(maps[2], maps[3]))
        )


def add_sum(maps: Tensor, total: Tensor, begins: bool) -> None:
    """Add the sum over the pairs of one query to total.

    A product with a row of ones: PyTorch's own sum over the first dimension takes many times
    longer in bfloat16 on a processor.

    Parameters
    ----------
    maps : Tensor
        [pairs, height, width, channels].
    total : Tensor
        float32 [height, width, channels].
    begins : bool
        Whether the total is to be begun with these pairs instead of carried on.
    """
    ones = maps.new_ones((1, maps.shape[0]))
    sums = (ones @ maps.reshape(maps.shape[0], -1)).view(total.shape)
    if begins:
        total.copy_(sums)
    else:
        total += sums


def pool(maps: Tensor) -> Tensor:
    """Take the maximum of every 2×2 square of [n, height, width, channels]."""
    count, height, width, channels = maps.shape
    rows = maps.view(count, height // 2, 2, width, channels)
    rows = torch.maximum(rows[:, :, 0], rows[:, :, 1])
    columns = rows.view(count, height // 2, width // 2, 2, channels)
    return torch.maximum(columns[:, :, :, 0], columns[:, :, :, 1])


def upsample(maps: Tensor) -> Tensor:
    """Double height and width of [n, height, width, channels] as the plain definition does."""
    doubled = definition.upsample(maps.permute(0, 3, 1, 2))
    return doubled.permute(0, 2, 3, 1).contiguous()


PORTABLE = Steps("PyTorch", add_first_block, add_sum, pool, upsample)
"""The steps of this module."""
