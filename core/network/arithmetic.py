"""UniverSeg's result with a fraction of its arithmetic.

With W_u and W_v the parts of an interaction's weight that see the query u and an example v_i, and
A and B the convolutions of the two branches, every block computes

    z_i = W_u * u + b + W_v * v_i        u' = σ(A * mean_i z_i + a)        v_i' = σ(B * z_i + β)

where * is a 3×3 convolution and σ a LeakyReLU. With C channels (64 as published), u and v_i of the
inner blocks are [h, w, C] on the way down and [h, w, 2C] on the way up; z_i, u' and v_i' [h, w, C].

- W_u * u + b is computed once per query, not once per pair.
- In the first block v_i is the example itself, so T_i = B * (W_v * v_i) is computed once per
  example and kept, and v_i' = σ(B * (W_u * u + b) + β + T_i) is one addition and one LeakyReLU.
  There, mean_i (W_v * v_i) is W_v * mean_i v_i.
- The last block's examples are never read, so that block needs only mean_i v_i, and averaging
  commutes with upsampling and concatenation: the block of full size and 4C channels does not
  depend on the number of examples.

An example's image and label enter T_i in separate terms, but both still pass through B, which is
all but a thirtieth of the work: keeping the image's term for other labels would save nothing.

Pairs of query and example are computed in chunks that stay in the processor's cache; a chunk on
the coarser levels, whose maps have a quarter of the pixels or less, holds four times as many pairs.
Maps are [n, height, width, channels]. T_i and what a query adds to it are kept with the four pixels
of every 2×2 square in four planes, [4, height / 2, width / 2, channels], so that pooling them is a
maximum of planes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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

    def encode(self, pairs: Tensor) -> Tensor:
        """Compute the terms of examples that the first block adds for every query.

        Parameters
        ----------
        pairs : Tensor
            float32 [examples, 2, height, width]: image and label.

        Returns
        -------
        Tensor
            [examples, 4, height / 2, width / 2, features]: B * (W_v * v) of the first block, in
            planes.
        """
        count, _, height, width = pairs.shape
        channels = self._out_weight.shape[1]
        shape = (count, 4, height // 2, width // 2, channels)
        terms = torch.empty(shape, dtype=self._dtype, device=self._device)
        size = max(1, self._chunk_pixels // (height * width))
        for part, kept in zip(pairs.split(size), terms.split(size), strict=True):
            maps = part.to(self._device, self._dtype).permute(0, 2, 3, 1).contiguous()
            encoded = self._first_term(self._first_example(maps))
            kept.unflatten(1, (2, 2)).copy_(_squares(encoded))
        return terms

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
        size = max(1, self._chunk_pixels // (height // 2 * (width // 2)))
        fine, coarse = cut(counts, size), cut(counts, 4 * size)
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
            outputs: list[Tensor] = []
            query = self._pass(block, query, zip(pairs), level, counts, _append_to(outputs))
            query_skips.append(query)
            skips.append(outputs)

        query_skips.pop()
        outputs = skips.pop()
        mean = _Mean(self._steps, counts, like=query_skips[1])
        for block, level in zip(self._decoder, reversed(chunks[:-1]), strict=True):
            query = self._doubled(query, parts=2)
            query[..., channels:] = query_skips.pop()
            below = map(self._doubled, _recut(_drained(outputs), level))
            both = zip(below, _drained(skips.pop()), strict=True)
            outputs = []
            take = mean.add if block is self._decoder[-1] else _append_to(outputs)
            query = self._pass(block, query, both, level, counts, take)

        query = self._doubled(query, parts=4)
        query[..., channels : 2 * channels] = query_skips.pop()
        self._steps.upsample(mean.result, query, 2 * channels)
        _squares(query[..., 3 * channels :]).copy_(first_mean.unflatten(1, (2, 2)))
        maps = self._last_target.activated(self._last(query))
        return functional.linear(maps.float(), self._out_weight, self._out_bias)[..., 0]

    def _first_queries(self, images: Tensor, mean_pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Pass queries through the first block; also what it adds to every example's term."""
        both = torch.cat([images, mean_pairs], dim=1).to(self._device, self._dtype)
        both = both.permute(0, 2, 3, 1).contiguous()
        query = self._first_target.activated(self._first_mean(both))
        of_query = self._first_query(both[..., : images.shape[1]].contiguous())
        return query, _squares(self._first_shared(of_query)).reshape(
            len(query), 4, *(side // 2 for side in query.shape[1:3]), query.shape[3]
        )

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
        take: Callable[[Chunk, Tensor], None],
    ) -> Tensor:
        """Pass queries through a block; also their pairs, handed to take chunk by chunk."""
        of_query = block.query(query)
        mean = _Mean(self._steps, counts, of_query)
        for chunk, parts in zip(chunks, inputs, strict=True):
            interaction = of_query.new_empty((len(chunk), *of_query.shape[1:]))
            for span in chunk.spans:
                interaction[span.start : span.stop] = of_query[span.query]
            for convolution, maps in zip(block.inputs, parts, strict=True):
                interaction = convolution.added_to(interaction, maps)
            mean.add(chunk, interaction)
            take(chunk, block.support.activated(interaction))
        return block.target.activated(mean.result)

    def _pool(self, maps: Tensor) -> Tensor:
        count, height, width, channels = maps.shape
        pooled = maps.new_empty((count, height // 2, width // 2, channels))
        self._steps.pool(maps, pooled)
        return pooled

    def _pooled(self, parts: Iterable[Tensor], chunks: Sequence[Chunk]) -> Iterator[Tensor]:
        """Pool parts, one or more of which make a chunk."""
        remaining = iter(parts)
        for chunk in chunks:
            pooled, filled = torch.empty(0), 0
            while filled < len(chunk):
                maps = next(remaining)
                if not filled:
                    _, height, width, channels = maps.shape
                    pooled = maps.new_empty((len(chunk), height // 2, width // 2, channels))
                self._steps.pool(maps, pooled[filled : filled + len(maps)])
                filled += len(maps)
            yield pooled

    def _doubled(self, maps: Tensor, parts: int = 1) -> Tensor:
        """Upsample; with room for as many channels again as there are other parts."""
        count, height, width, channels = maps.shape
        doubled = maps.new_empty((count, 2 * height, 2 * width, parts * channels))
        self._steps.upsample(maps, doubled, 0)
        return doubled

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


def _squares(maps: Tensor) -> Tensor:
    """View [n, height, width, c] as [n, 2, 2, height / 2, width / 2, c]: 2×2 squares in planes."""
    height, width = maps.shape[1:3]
    squares = maps.unflatten(1, (height // 2, 2)).unflatten(3, (width // 2, 2))
    return squares.permute(0, 2, 4, 1, 3, 5)


def _recut(parts: Iterable[Tensor], chunks: Sequence[Chunk]) -> Iterator[Tensor]:
    """Cut parts, each of which makes one or more chunks."""
    remaining, rest = iter(parts), torch.empty(0)
    for chunk in chunks:
        if not len(rest):
            rest = next(remaining)
        yield rest[: len(chunk)]
        rest = rest[len(chunk) :]


def _append_to(parts: list[Tensor]) -> Callable[[Chunk, Tensor], None]:
    return lambda chunk, maps: parts.append(maps)


def _drained(parts: list[Tensor]) -> Iterator[Tensor]:
    """Yield and forget, so that memory is free again as soon as a part was used."""
    parts.reverse()
    while parts:
        yield parts.pop()
