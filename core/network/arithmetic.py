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
        fine = self._cut(counts, height // 2, width // 2)
        coarse = self._cut(counts, height // 4, width // 4)
        chunks = [fine, *[coarse] * (len(self._encoder) - 1)]
        query, shared = self._first_queries(inputs, mean_pairs)
        first_total = torch.empty_like(shared)
        flat = [term for of_query in terms for term in of_query]
        pairs: Iterable[Tensor] = self._first_pairs(shared, flat, fine, first_total)

        query_skips: list[Tensor] = [query]
        skips: list[list[Tensor]] = []
        for depth, (block, level) in enumerate(zip(self._encoder, chunks, strict=True)):
            if depth:
                pairs = _recut(map(self._steps.pool, skips[-1]), level)
            query = self._steps.pool(query)
            query, outputs = self._pass(block, query, zip(pairs), level, counts)
            query_skips.append(query)
            skips.append(outputs)

        query_skips.pop()
        outputs = skips.pop()
        for block, level in zip(self._decoder, reversed(chunks[:-1]), strict=True):
            query = torch.cat([self._steps.upsample(query), query_skips.pop()], dim=-1)
            below = map(self._steps.upsample, _recut(outputs, level))
            both = zip(below, _drained(skips.pop()), strict=True)
            query, outputs = self._pass(block, query, both, level, counts)

        last_total = query.new_empty(query.shape, dtype=torch.float32)
        for chunk, maps in zip(fine, outputs, strict=True):
            self._add_sums(chunk, maps, last_total)
        together = [
            self._steps.upsample(query),
            query_skips.pop(),
            self._steps.upsample(self._mean(last_total, counts)),
            _unplaned(self._mean(first_total, counts)),
        ]
        maps = self._last_target.activated(self._last(torch.cat(together, dim=-1)))
        return functional.linear(maps.float(), self._out_weight, self._out_bias)[..., 0]

    def _first_queries(self, images: Tensor, mean_pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Pass queries through the first block; also what it adds to every example's term."""
        both = torch.cat([images, mean_pairs], dim=1).to(self._device, self._dtype)
        both = both.permute(0, 2, 3, 1).contiguous()
        query = self._first_target.activated(self._first_mean(both))
        of_query = self._first_query(both[..., : images.shape[1]].contiguous())
        return query, _planes(self._first_shared(of_query)).float()

    def _first_pairs(
        self, shared: Tensor, terms: Sequence[Tensor], chunks: Sequence[Chunk], total: Tensor
    ) -> Iterator[Tensor]:
        """Pass pairs through the first block, pooled; chunk by chunk, as they are asked for."""
        for chunk in chunks:
            pooled = shared.new_empty((len(chunk), *shared.shape[2:]), dtype=self._dtype)
            for span in chunk.spans:
                self._steps.add_first_block(
                    terms[chunk.start + span.start : chunk.start + span.stop],
                    shared[span.query],
                    total[span.query],
                    pooled[span.start : span.stop],
                    span.begins,
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
        total = of_query.new_empty(of_query.shape, dtype=torch.float32)
        outputs = []
        for chunk, parts in zip(chunks, inputs, strict=True):
            interaction = of_query.new_empty((len(chunk), *of_query.shape[1:]))
            for span in chunk.spans:
                interaction[span.start : span.stop] = of_query[span.query]
            for convolution, maps in zip(block.inputs, parts, strict=True):
                interaction = convolution.added_to(interaction, maps)
            self._add_sums(chunk, interaction, total)
            outputs.append(block.support.activated(interaction))
        return block.target.activated(self._mean(total, counts)), outputs

    def _add_sums(self, chunk: Chunk, maps: Tensor, total: Tensor) -> None:
        """Add each query's sum over its pairs in a chunk to total [queries, ...]."""
        for span in chunk.spans:
            self._steps.add_sum(maps[span.start : span.stop], total[span.query], span.begins)

    def _mean(self, total: Tensor, counts: Sequence[int]) -> Tensor:
        """Divide sums over pairs, float32, by the number of pairs."""
        divisors = torch.tensor(counts, dtype=torch.float32, device=total.device)
        return total.div_(divisors.view(-1, *[1] * (total.ndim - 1))).to(self._dtype)

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


def _unplaned(planes: Tensor) -> Tensor:
    """Undo `_planes`."""
    count, _, height, width, channels = planes.shape
    squares = planes.view(count, 2, 2, height, width, channels).permute(0, 3, 1, 4, 2, 5)
    return squares.reshape(count, 2 * height, 2 * width, channels)


def _recut(parts: Iterable[Tensor], chunks: Sequence[Chunk]) -> list[Tensor]:
    """Join the pairs of all parts and cut them into chunks."""
    joined = torch.cat(list(parts))
    return [joined[chunk.start : chunk.stop] for chunk in chunks]


def _drained(parts: list[Tensor]) -> Iterator[Tensor]:
    """Yield and forget, so that memory is free again as soon as a part was used."""
    parts.reverse()
    while parts:
        yield parts.pop()
