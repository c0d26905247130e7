"""UniverSeg's result with a fraction of its arithmetic.

With W_u and W_v the parts of an interaction's weight that see the query u and an example v_i, and
A and B the convolutions of the two branches, every block computes

    z_i = W_u * u + b + W_v * v_i        u' = σ(A * mean_i z_i + a)        v_i' = σ(B * z_i + β)

The query's part is computed once per query, not once per pair. In the first block v_i is the
example itself, so B * (W_v * v_i) is computed once per example and kept, and mean_i (W_v * v_i) is
W_v * mean_i v_i. The last block's examples are never read, so that block needs only the mean of its
inputs, and averaging commutes with upsampling: the most expensive block does not depend on the
number of examples.

Pairs of query and example are computed in chunks that stay in the processor's cache. Maps are
[n, height, width, channels]. The terms of the first block are kept with the four pixels of every
2×2 square in four planes, so that pooling them is a maximum of planes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.network.convolution import Convolution
from core.network.definition import ENCODER_BLOCKS, NEGATIVE_SLOPE, CrossBlock, UniverSeg, upsample
from core.network.pairs import Chunk, Mean, cut


@dataclass(frozen=True)
class _Block:
    """The convolutions of a block after the first.

    Attributes
    ----------
    query : Convolution
        W_u with the bias b.
    inputs : tuple of Convolution
        W_v, split by what is concatenated: the maps from below, and in the decoder the skip.
    target, support : Convolution
        A with a, and B with β.
    """

    query: Convolution
    inputs: tuple[Convolution, ...]
    target: Convolution
    support: Convolution


class RearrangedNetwork:
    """The network's parameters, split as the rearranged arithmetic needs them.

    Parameters
    ----------
    network : UniverSeg
        The parameters.
    device : torch.device
        Where to compute.
    dtype : torch.dtype
        float32 or bfloat16.
    fused : bool
        Use oneDNN's fused convolutions.
    chunk_pixels : int
        Most pixels of the maps in a chunk: pairs × height × width.
    """

    def __init__(
        self,
        network: UniverSeg,
        device: torch.device,
        dtype: torch.dtype,
        *,
        fused: bool,
        chunk_pixels: int,
    ) -> None:
        self._device, self._dtype, self._fused = device, dtype, fused
        self._chunk_pixels = chunk_pixels
        first, *inner, last = [*network.enc_blocks, *network.dec_blocks]
        weight, bias = _parameters(first.cross.cross_conv)
        of_query, of_example = weight[:, :1], weight[:, 1:]
        if network.guidance_channels:
            of_query = torch.cat([of_query, network.guidance_conv.weight], dim=1)
        self._first_query = self._convolution(of_query, bias)
        self._first_example = self._convolution(of_example, None)
        self._first_mean = self._convolution(torch.cat([of_query, of_example], dim=1), bias)
        self._first_target = self._convolution(*_parameters(first.target.vmapped["conv"]))
        weight, bias = _parameters(first.support.vmapped["conv"])
        self._first_shared = self._convolution(weight, bias)
        self._first_term = self._convolution(weight, None)
        blocks = [self._block(block, network.features) for block in inner]
        self._encoder = blocks[: ENCODER_BLOCKS - 1]
        self._decoder = blocks[ENCODER_BLOCKS - 1 :]
        self._last = self._convolution(*_parameters(last.cross.cross_conv))
        self._last_target = self._convolution(*_parameters(last.target.vmapped["conv"]))
        self._out_weight, self._out_bias = _parameters(network.out_conv["conv"])
        self._out_weight = self._out_weight[:, :, 0, 0].to(device)
        self._out_bias = self._out_bias.to(device)

    def encode(self, pair: Tensor) -> Tensor:
        """Compute the term of an example that the first block adds for every query.

        Parameters
        ----------
        pair : Tensor
            float32 [2, height, width]: image and label.

        Returns
        -------
        Tensor
            [4, height / 2, width / 2, features]: B * (W_v * v) of the first block, in planes.
        """
        maps = pair.to(self._device, self._dtype).permute(1, 2, 0)[None]
        return _planes(self._first_term(self._first_example(maps.contiguous())))[0]

    def predict(
        self, inputs: Tensor, mean_pairs: Tensor, terms: Sequence[Sequence[Tensor]]
    ) -> Tensor:
        """Compute the logits of queries.

        Parameters
        ----------
        inputs : Tensor
            float32 [queries, 1 + guidance_channels, height, width]: image and guidance.
        mean_pairs : Tensor
            float32 [queries, 2, height, width]: the mean over each query's examples.
        terms : sequence of sequence of Tensor
            For every query the encoded terms of its examples.

        Returns
        -------
        Tensor
            float32 [queries, height, width].
        """
        counts = [len(of_query) for of_query in terms]
        height, width = inputs.shape[-2:]
        fine = self._cut(counts, height // 2, width // 2)
        coarse = self._cut(counts, height // 4, width // 4)
        chunks = [fine, *[coarse] * (len(self._encoder) - 1)]
        query, shared = self._first_queries(inputs, mean_pairs)
        first_mean = Mean(counts)
        flat = [term for of_query in terms for term in of_query]
        pairs: Iterable[Tensor] = self._first_pairs(shared, flat, fine, first_mean)

        query_skips: list[Tensor] = [query]
        skips: list[list[Tensor]] = []
        for depth, (block, level) in enumerate(zip(self._encoder, chunks, strict=True)):
            if depth:
                pairs = _recut(map(_pooled, skips[-1]), level)
            mean = Mean(counts)
            skips.append(list(self._interact(block, _pooled(query), zip(pairs), level, mean)))
            query = block.target.activated(mean.result(self._dtype))
            query_skips.append(query)

        query_skips.pop()
        outputs = skips.pop()
        for block, level in zip(self._decoder, reversed(chunks[:-1]), strict=True):
            query = torch.cat([_upsampled(query), query_skips.pop()], dim=-1)
            below = map(_upsampled, _recut(outputs, level))
            both = zip(below, _drained(skips.pop()), strict=True)
            mean = Mean(counts)
            outputs = list(self._interact(block, query, both, level, mean))
            query = block.target.activated(mean.result(self._dtype))

        last_mean = Mean(counts)
        for chunk, maps in zip(fine, outputs, strict=True):
            last_mean.add(chunk, maps)
        return self._logits(query, query_skips.pop(), last_mean, first_mean)

    def _first_queries(self, images: Tensor, mean_pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Pass queries through the first block; also what it adds to every example's term."""
        both = torch.cat([images, mean_pairs], dim=1).to(self._device, self._dtype)
        both = both.permute(0, 2, 3, 1).contiguous()
        query = self._first_target.activated(self._first_mean(both))
        of_query = self._first_query(both[..., : images.shape[1]].contiguous())
        return query, _planes(self._first_shared(of_query))

    def _first_pairs(
        self, shared: Tensor, terms: Sequence[Tensor], chunks: Sequence[Chunk], mean: Mean
    ) -> Iterator[Tensor]:
        """Pass pairs through the first block, pooled; chunk by chunk, as they are asked for."""
        work = shared.new_empty((max(map(len, chunks)), *shared.shape[1:]))
        for chunk in chunks:
            maps = work[: len(chunk)]
            for place, owner in enumerate(chunk.owners):
                torch.add(terms[chunk.start + place], shared[owner], out=maps[place])
            functional.leaky_relu_(maps, NEGATIVE_SLOPE)
            mean.add(chunk, maps)
            yield torch.maximum(
                torch.maximum(maps[:, 0], maps[:, 1]), torch.maximum(maps[:, 2], maps[:, 3])
            )

    def _interact(
        self,
        block: _Block,
        query: Tensor,
        inputs: Iterable[tuple[Tensor, ...]],
        chunks: Sequence[Chunk],
        mean: Mean,
    ) -> Iterator[Tensor]:
        """Pass pairs through a block chunk by chunk; the mean takes the interactions in."""
        of_query = block.query(query)
        for chunk, maps in zip(chunks, inputs, strict=True):
            interaction = of_query.index_select(0, chunk.owners)
            for convolution, part in zip(block.inputs, maps, strict=True):
                interaction = convolution.added_to(interaction, part)
            mean.add(chunk, interaction)
            yield block.support.activated(interaction)

    def _logits(self, query: Tensor, query_skip: Tensor, below: Mean, skip: Mean) -> Tensor:
        """Pass queries through the last block, which needs only the means over the examples."""
        together = [
            _upsampled(query),
            query_skip,
            _upsampled(below.result(self._dtype)),
            _unplaned(skip.result(self._dtype)),
        ]
        maps = self._last_target.activated(self._last(torch.cat(together, dim=-1)))
        return functional.linear(maps.float(), self._out_weight, self._out_bias)[..., 0]

    def _cut(self, counts: Sequence[int], height: int, width: int) -> list[Chunk]:
        size = max(1, self._chunk_pixels // (height * width))
        return cut(counts, size, self._device, self._dtype)

    def _convolution(self, weight: Tensor, bias: Tensor | None) -> Convolution:
        weight = weight.to(self._device, self._dtype)
        bias = None if bias is None else bias.to(self._device, self._dtype)
        return Convolution(weight, bias, fused=self._fused)

    def _block(self, block: CrossBlock, features: int) -> _Block:
        weight, bias = _parameters(block.cross.cross_conv)
        of_query, of_example = weight.chunk(2, dim=1)
        return _Block(
            query=self._convolution(of_query, bias),
            inputs=tuple(
                self._convolution(part, None) for part in of_example.split(features, dim=1)
            ),
            target=self._convolution(*_parameters(block.target.vmapped["conv"])),
            support=self._convolution(*_parameters(block.support.vmapped["conv"])),
        )


def _parameters(convolution: nn.Module) -> tuple[Tensor, Tensor]:
    return convolution.weight, convolution.bias


def _planes(maps: Tensor) -> Tensor:
    """Sort [n, height, width, c] into [n, 4, height / 2, width / 2, c] by place in 2×2 squares."""
    count, height, width, channels = maps.shape
    squares = maps.view(count, height // 2, 2, width // 2, 2, channels)
    return squares.permute(0, 2, 4, 1, 3, 5).reshape(count, 4, height // 2, width // 2, channels)


def _unplaned(planes: Tensor) -> Tensor:
    """Undo `_planes`."""
    count, _, height, width, channels = planes.shape
    squares = planes.view(count, 2, 2, height, width, channels).permute(0, 3, 1, 4, 2, 5)
    return squares.reshape(count, 2 * height, 2 * width, channels)


def _pooled(maps: Tensor) -> Tensor:
    """Take the maximum of every 2×2 square of [n, height, width, channels]."""
    count, height, width, channels = maps.shape
    rows = maps.view(count, height // 2, 2, width, channels)
    rows = torch.maximum(rows[:, :, 0], rows[:, :, 1])
    columns = rows.view(count, height // 2, width // 2, 2, channels)
    return torch.maximum(columns[:, :, :, 0], columns[:, :, :, 1])


def _upsampled(maps: Tensor) -> Tensor:
    """Double height and width of [n, height, width, channels] as the plain definition does."""
    return upsample(maps.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).contiguous()


def _recut(parts: Iterable[Tensor], chunks: Sequence[Chunk]) -> list[Tensor]:
    """Join the pairs of all parts and cut them into chunks."""
    joined = torch.cat(list(parts))
    return [joined[chunk.start : chunk.stop] for chunk in chunks]


def _drained(parts: list[Tensor]) -> Iterator[Tensor]:
    """Yield and forget, so that memory is free again as soon as a part was used."""
    parts.reverse()
    while parts:
        yield parts.pop()
