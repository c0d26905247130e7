"""The network with gradients: the published definition with its arithmetic rearranged.

The result is that of `core.network.definition.UniverSeg`. A convolution of a concatenation is the
sum of two convolutions, so what concerns the query alone is computed once per query instead of
once per pair; and because the last block passes on only the mean over the examples, that block is
computed on the mean. Everything stays differentiable.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.network.definition import NEGATIVE_SLOPE, CrossBlock, UniverSeg, upsample
from core.network.processor import mixed_precision


def rearranged_forward(
    network: UniverSeg, query: Tensor, support: Tensor, guidance: Tensor | None = None
) -> Tensor:
    """Compute the network's logits with less arithmetic than the plain definition.

    Parameters
    ----------
    network : UniverSeg
        The parameters.
    query : Tensor
        [batch, 1, height, width], values in [0, 1].
    support : Tensor
        [batch, examples, 2, height, width]: image and label of every example.
    guidance : Tensor, optional
        [batch, guidance_channels, height, width].

    Returns
    -------
    Tensor
        Logits [batch, 1, height, width].
    """
    examples = support.shape[1]
    # Examples lead, so that sums over them run over whole contiguous blocks of memory.
    pairs = _channels_last(support.transpose(0, 1).flatten(0, 1))
    query = _channels_last(query)
    added = None if guidance is None else network.guidance_conv(_channels_last(guidance))
    skips: list[tuple[Tensor, Tensor]] = []
    for depth, block in enumerate(network.encoder):
        query, pairs = _block(block, query, pairs, examples, added if depth == 0 else None)
        if depth < len(network.encoder) - 1:
            skips.append((query, pairs))
            query, pairs = functional.max_pool2d(query, 2), functional.max_pool2d(pairs, 2)
    for block in network.decoder[:-1]:
        query_skip, pairs_skip = skips.pop()
        query = torch.cat([upsample(query), query_skip], dim=1)
        pairs = torch.cat([upsample(pairs), pairs_skip], dim=1)
        query, pairs = _block(block, query, pairs, examples, None)
    query_skip, pairs_skip = skips.pop()
    query = torch.cat([upsample(query), query_skip], dim=1)
    mean = torch.cat(
        [upsample(_mean(pairs, examples)), _mean(pairs_skip, examples)],
        dim=1,
    )
    last = network.decoder[-1]
    interaction = last.cross.cross_conv(torch.cat([query, mean], dim=1))
    logits: Tensor = network.out_conv(_activated(last.target.vmapped.conv, interaction))
    return logits


def _block(
    block: CrossBlock, query: Tensor, pairs: Tensor, examples: int, added: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Apply one block; query [batch, …] and pairs [examples × batch, …], both channels_last."""
    weight = block.cross.cross_conv.weight
    query_channels = query.shape[1]
    from_query = functional.conv2d(
        query, weight[:, :query_channels], block.cross.cross_conv.bias, padding=1
    )
    if added is not None:
        from_query = from_query + added
    from_pairs = functional.conv2d(pairs, weight[:, query_channels:], padding=1)
    interaction, mean = _Interaction.apply(from_pairs, from_query)
    return (
        _activated(block.target.vmapped.conv, mean),
        _activated(block.support.vmapped.conv, interaction),
    )


class _Interaction(torch.autograd.Function):
    """Add the query's part to every example's part; also the mean of the sums over the examples.

    Autograd's own reductions over examples take longer than the convolutions on a CPU in
    bfloat16; as products with a row of ones they cost next to nothing.
    """

    @staticmethod
    def forward(context: Any, from_pairs: Tensor, from_query: Tensor) -> tuple[Tensor, Tensor]:
        batch = from_query.shape[0]
        context.batch = batch
        interaction = (from_pairs.unflatten(0, (-1, batch)) + from_query).flatten(0, 1)
        return interaction, _mean(interaction, interaction.shape[0] // batch)

    @staticmethod
    def backward(context: Any, of_interaction: Tensor, of_mean: Tensor) -> tuple[Tensor, Tensor]:
        examples = of_interaction.shape[0] // context.batch
        of_mean = _channels_last(of_mean) / examples
        of_pairs = _channels_last(of_interaction).unflatten(0, (examples, -1)) + of_mean
        of_pairs = of_pairs.flatten(0, 1)
        return of_pairs, _mean(of_pairs, examples) * examples


def _mean(pairs: Tensor, examples: int) -> Tensor:
    """Average [examples × batch, …] over the examples."""
    rows = _channels_last(pairs).permute(0, 2, 3, 1).reshape(examples, -1)
    weights = rows.new_full((1, examples), 1 / examples)
    batch, (channels, height, width) = pairs.shape[0] // examples, pairs.shape[1:]
    return (weights @ rows).view(batch, height, width, channels).permute(0, 3, 1, 2)


def _channels_last(maps: Tensor) -> Tensor:
    """Lay [n, channels, height, width] out with the channels of a pixel side by side."""
    return maps.contiguous(memory_format=torch.channels_last)


def _activated(convolution: nn.Module, maps: Tensor) -> Tensor:
    """Convolve and apply the LeakyReLU."""
    return functional.leaky_relu(convolution(maps), negative_slope=NEGATIVE_SLOPE)


def mixed_logits(
    network: UniverSeg, query: Tensor, support: Tensor, guidance: Tensor | None = None
) -> Tensor:
    """Compute the logits of queries, in bfloat16 where that is faster.

    Only the network is computed so: what makes batches, such as optical flow, needs float32.

    Parameters
    ----------
    network : UniverSeg
        What is trained; may be used by several threads at once.
    query, support, guidance : Tensor
        As `rearranged_forward` takes them.

    Returns
    -------
    Tensor
        float32 [tasks, 1, height, width].
    """
    with mixed_precision(query.device):
        logits = rearranged_forward(network, query, support, guidance)
    return logits.float()
