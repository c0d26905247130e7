"""Pairs of queries and examples, cut into chunks that stay in a processor's cache."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some consecutive pairs: either all pairs of some queries, or a part of one query's.

    Attributes
    ----------
    start, stop : int
        Which pairs.
    first, last : int
        The queries they belong to, both included.
    begins : bool
        Whether no earlier chunk holds pairs of these queries.
    owners : Tensor
        int64 [pairs]: the query of every pair.
    membership : Tensor
        [queries, pairs] of 0 and 1: which pairs belong to which of these queries.
    """

    start: int
    stop: int
    first: int
    last: int
    begins: bool
    owners: Tensor
    membership: Tensor

    def __len__(self) -> int:
        return self.stop - self.start


def cut(counts: Sequence[int], size: int, device: torch.device, dtype: torch.dtype) -> list[Chunk]:
    """Cut the pairs of queries into chunks.

    Parameters
    ----------
    counts : sequence of int
        Examples of every query; pairs are ordered by query.
    size : int
        Most pairs in a chunk.
    device : torch.device
        Where to put the tensors.
    dtype : torch.dtype
        Precision of the membership.

    Returns
    -------
    list of Chunk
        In the pairs' order.
    """
    chunks: list[Chunk] = []
    start, query = 0, 0
    while query < len(counts):
        last = query
        while last + 1 < len(counts) and sum(counts[query : last + 2]) <= size:
            last += 1
        held = counts[query : last + 1]
        for offset in range(0, sum(held), size):
            pairs = min(size, sum(held) - offset)
            owners = torch.repeat_interleave(torch.arange(query, last + 1), torch.tensor(held))
            owners = owners[offset : offset + pairs]
            membership = owners[None, :] == torch.arange(query, last + 1)[:, None]
            begin = start + offset
            chunks.append(
                Chunk(
                    begin, begin + pairs, query, last, offset == 0,
                    owners.to(device), membership.to(device, dtype),
                )
            )  # fmt: skip
        start += sum(held)
        query = last + 1
    return chunks


class Mean:
    """The mean of maps over each query's pairs, gathered chunk by chunk in float32.

    The sums are products with rows of ones and zeros: PyTorch's own reductions over the first
    dimension take many times longer in bfloat16.

    Parameters
    ----------
    counts : sequence of int
        Examples of every query.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = counts
        self._total: Tensor | None = None

    def add(self, chunk: Chunk, maps: Tensor) -> None:
        """Take the maps [pairs of the chunk, ...] in."""
        sums = chunk.membership @ maps.reshape(len(chunk), -1)
        if self._total is None:
            self._total = sums.new_empty((len(self._counts), *maps.shape[1:]), dtype=torch.float32)
        rows = self._total.view(len(self._counts), -1)[chunk.first : chunk.last + 1]
        if chunk.begins:
            rows.copy_(sums)
        else:
            rows.add_(sums)

    def result(self, dtype: torch.dtype) -> Tensor:
        """The means [queries, ...] of all that was taken in."""
        if self._total is None:
            raise RuntimeError("a mean of nothing")
        counts = torch.tensor(self._counts, dtype=torch.float32, device=self._total.device)
        return self._total.div_(counts.view(-1, *[1] * (self._total.ndim - 1))).to(dtype)
