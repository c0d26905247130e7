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
from core.network.definition import ENCODER_BLOCKS, CrossBlock, UniverSeg
from core.network.pairs import Chunk, cut
from core.network.steps import Steps


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


class _Mean:
    """The mean over the pairs of each query, which come chunk by chunk.

    Parameters
    ----------
    steps : Steps
        How to compute it.
    counts : sequence of int
        Pairs of each query.
    like : Tensor
        [queries, height, width, channels], as the result is to be.

    Attributes
    ----------
    result : Tensor
        Complete when all chunks were added.
    """

    def __init__(self, steps: Steps, counts: Sequence[int], like: Tensor) -> None:
        self.result = torch.empty_like(like)
        self._total = torch.empty_like(like, dtype=torch.float32)
        self._steps, self._counts = steps, counts

    def add(self, chunk: Chunk, maps: Tensor) -> None:
        """Add the maps of a chunk, [pairs, height, width, channels]."""
        for span in chunk.spans:
            self._steps.average(
                maps[span.start : span.stop],
                self._total[span.query],
                self.result[span.query],
                span.begins,
                self._counts[span.query] if span.ends else 0,
            )


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
    steps : Steps
        How to compute what lies between the convolutions.
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
        steps: Steps,
        chunk_pixels: int,
    ) -> None:
        self._device, self._dtype, self._fused = device, dtype, fused
        self._steps = steps
        self._chunk_pixels = chunk_pixels
        first, *inner, last = [*network.encoder, *network.decoder]
        weight, bias = _parameters(first.cross.cross_conv)
        of_query, of_example = weight[:, :1], weight[:, 1:]
        if network.guidance_channels:
            of_query = torch.cat([of_query, network.guidance_conv.weight], dim=1)
        self._first_query = self._convolution(of_query, bias)
        self._first_example = self._convolution(of_example, None)
        self._first_mean = self._convolution(torch.cat([of_query, of_example], dim=1), bias)
        self._first_target = self._convolution(*_parameters(first.target.vmapped.conv))
        weight, bias = _parameters(first.support.vmapped.conv)
        self._first_shared = self._convolution(weight, bias)
        self._first_term = self._convolution(weight, None)
        blocks = [self._block(block, network.features) for block in inner]
        self._encoder = blocks[: ENCODER_BLOCKS - 1]
        self._decoder = blocks[ENCODER_BLOCKS - 1 :]
        self._last = self._convolution(*_parameters(last.cross.cross_conv))
        self._last_target = self._convolution(*_parameters(last.target.vmapped.conv))
        self._out_weight, self._out_bias = _parameters(network.out_conv.conv)
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
        channels = self._out_weight.shape[1]
        fine = self._cut(counts, height // 2, width // 2)
        coarse = self._cut(counts, height // 4, width // 4)
        chunks = [fine, *[coarse] * (len(self._encoder) - 1)]
        query, shared = self._first_queries(inputs, mean_pairs)
        first_mean = torch.empty_like(shared)
        flat = [term for of_query in terms for term in of_query]
        pairs: Iterable[Tensor] = self._first_pairs(shared, flat, fine, counts, first_mean)

        query_skips: list[Tensor] = [query]
        skips: list[list[Tensor]] = []
        for depth, (block, level) in enumerate(zip(self._encoder, chunks, strict=True)):
            if depth:
                pairs = self._pooled(skips[-1], level)
            query = self._pool(query)
            query, outputs = self._pass(block, query, zip(pairs), level, counts)
            query_skips.append(query)
            skips.append(outputs)

        query_skips.pop()
        outputs = skips.pop()
        for block, level in zip(self._decoder, reversed(chunks[:-1]), strict=True):
            query = self._doubled(query, parts=2)
            query[..., channels:] = query_skips.pop()
            below = map(self._doubled, _recut(outputs, level))
            both = zip(below, _drained(skips.pop()), strict=True)
            query, outputs = self._pass(block, query, both, level, counts)

        mean = _Mean(self._steps, counts, query)
        for chunk, maps in zip(fine, outputs, strict=True):
            mean.add(chunk, maps)
        query = self._doubled(query, parts=4)
        query[..., channels : 2 * channels] = query_skips.pop()
        self._steps.upsample(mean.result, query, 2 * channels)
        _unplane(first_mean, query[..., 3 * channels :])
        maps = self._last_target.activated(self._last(query))
        return functional.linear(maps.float(), self._out_weight, self._out_bias)[..., 0]

    def _first_queries(self, images: Tensor, mean_pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Pass queries through the first block; also what it adds to every example's term."""
        both = torch.cat([images, mean_pairs], dim=1).to(self._device, self._dtype)
        both = both.permute(0, 2, 3, 1).contiguous()
        query = self._first_target.activated(self._first_mean(both))
        of_query = self._first_query(both[..., : images.shape[1]].contiguous())
        return query, _planes(self._first_shared(of_query))

    def _first_pairs(
        self,
        shared: Tensor,
        terms: Sequence[Tensor],
        chunks: Sequence[Chunk],
        counts: Sequence[int],
        mean: Tensor,
    ) -> Iterator[Tensor]:
        """Pass pairs through the first block, pooled; chunk by chunk, as they are asked for."""
        total = torch.empty_like(shared, dtype=torch.float32)
        for chunk in chunks:
            pooled = shared.new_empty((len(chunk), *shared.shape[2:]))
            for span in chunk.spans:
                self._steps.first_block(
                    terms[chunk.start + span.start : chunk.start + span.stop],
                    shared[span.query],
                    pooled[span.start : span.stop],
                    total[span.query],
                    mean[span.query],
                    span.begins,
                    counts[span.query] if span.ends else 0,
                )
            yield pooled

    def _pass(
        self,
        block: _Block,
        query: Tensor,
        inputs: Iterable[tuple[Tensor, ...]],
        chunks: Sequence[Chunk],
        counts: Sequence[int],
    ) -> tuple[Tensor, list[Tensor]]:
        """Pass queries and, chunk by chunk, their pairs through a block."""
        of_query = block.query(query)
        mean = _Mean(self._steps, counts, of_query)
        outputs = []
        for chunk, parts in zip(chunks, inputs, strict=True):
            interaction = of_query.new_empty((len(chunk), *of_query.shape[1:]))
            for span in chunk.spans:
                interaction[span.start : span.stop] = of_query[span.query]
            for convolution, maps in zip(block.inputs, parts, strict=True):
                interaction = convolution.added_to(interaction, maps)
            mean.add(chunk, interaction)
            outputs.append(block.support.activated(interaction))
        return block.target.activated(mean.result), outputs

    def _pool(self, maps: Tensor) -> Tensor:
        count, height, width, channels = maps.shape
        pooled = maps.new_empty((count, height // 2, width // 2, channels))
        self._steps.pool(maps, pooled)
        return pooled

    def _pooled(self, parts: Sequence[Tensor], chunks: Sequence[Chunk]) -> list[Tensor]:
        """Pool the pairs of all parts and cut them into chunks."""
        _, height, width, channels = parts[0].shape
        pooled = parts[0].new_empty((chunks[-1].stop, height // 2, width // 2, channels))
        start = 0
        for maps in parts:
            self._steps.pool(maps, pooled[start : start + len(maps)])
            start += len(maps)
        return [pooled[chunk.start : chunk.stop] for chunk in chunks]

    def _doubled(self, maps: Tensor, parts: int = 1) -> Tensor:
        """Upsample; with room for as many channels again as there are other parts."""
        count, height, width, channels = maps.shape
        doubled = maps.new_empty((count, 2 * height, 2 * width, parts * channels))
        self._steps.upsample(maps, doubled, 0)
        return doubled

    def _cut(self, counts: Sequence[int], height: int, width: int) -> list[Chunk]:
        size = max(1, self._chunk_pixels // (height * width))
        return cut(counts, size)

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
            target=self._convolution(*_parameters(block.target.vmapped.conv)),
            support=self._convolution(*_parameters(block.support.vmapped.conv)),
        )


def _parameters(convolution: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that has both, as all of the network's have."""
    weight, bias = convolution.parameters()
    return weight, bias


def _planes(maps: Tensor) -> Tensor:
    """Sort [n, height, width, c] into [n, 4, height / 2, width / 2, c] by place in 2×2 squares."""
    count, height, width, channels = maps.shape
    squares = maps.view(count, height // 2, 2, width // 2, 2, channels)
    return squares.permute(0, 2, 4, 1, 3, 5).reshape(count, 4, height // 2, width // 2, channels)


def _unplane(planes: Tensor, maps: Tensor) -> None:
    """Undo `_planes`, into maps, which may be channels of wider maps."""
    height, width = planes.shape[2:4]
    squares = maps.unflatten(1, (height, 2)).unflatten(3, (width, 2))
    squares.copy_(planes.unflatten(1, (2, 2)).permute(0, 3, 1, 4, 2, 5))


def _recut(parts: Sequence[Tensor], chunks: Sequence[Chunk]) -> list[Tensor]:
    """Join the pairs of all parts and cut them into chunks."""
    joined = parts[0] if len(parts) == 1 else torch.cat(list(parts))
    return [joined[chunk.start : chunk.stop] for chunk in chunks]


def _drained(parts: list[Tensor]) -> Iterator[Tensor]:
    """Yield and forget, so that memory is free again as soon as a part was used."""
    parts.reverse()
    while parts:
        yield parts.pop()
