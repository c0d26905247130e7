"""UniverSeg as published, in its plain and readable form.

Every value is computed as the paper writes it, once per pair of query and example. The fast engine
computes the same numbers with less arithmetic and is tested against this module.

References
----------
Butoi, Gonzalez Ortiz, Ma, Sabuncu, Guttag, Dalca: "UniverSeg: Universal Medical Image
Segmentation", ICCV 2023.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

ENCODER_BLOCKS = 4
DECODER_BLOCKS = 3
SIDE_MULTIPLE = 2 ** (ENCODER_BLOCKS - 1)
"""Image sides must be divisible by this: the encoder halves them three times."""

NEGATIVE_SLOPE = 0.01
"""Slope of the LeakyReLU for negative values, as in the published network."""


class CrossConvolution(nn.Module):
    """The 3×3 convolution that combines a query with each example.

    Parameters
    ----------
    query_channels, support_channels : int
        Channels of the query and of each example.
    out_channels : int
        Channels of the interaction maps.
    """

    def __init__(self, query_channels: int, support_channels: int, out_channels: int) -> None:
        super().__init__()
        self.cross_conv = nn.Conv2d(
            query_channels + support_channels, out_channels, kernel_size=3, padding=1
        )

    def forward(self, query: Tensor, support: Tensor) -> Tensor:
        """Convolve every pair of query and example.

        Parameters
        ----------
        query : Tensor
            [batch, query_channels, height, width].
        support : Tensor
            [batch, examples, support_channels, height, width].

        Returns
        -------
        Tensor
            [batch, examples, out_channels, height, width].
        """
        pairs = torch.cat([query[:, None].expand(-1, support.shape[1], -1, -1, -1), support], dim=2)
        return _per_example(self.cross_conv, pairs)


class NamedConvolution(nn.Module):
    """A convolution one level deeper, where the published checkpoint has it.

    Parameters
    ----------
    in_channels, out_channels, kernel_size : int
        Of the convolution, which keeps height and width.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size=kernel_size, padding=kernel_size // 2
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve [n, in_channels, height, width]."""
        convolved: Tensor = self.conv(maps)
        return convolved


class SharedConvolution(nn.Module):
    """A 3×3 convolution applied to every map of a set alike.

    Parameters
    ----------
    channels : int
        Channels before and after.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.vmapped = NamedConvolution(channels, channels, kernel_size=3)

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve and apply the LeakyReLU; [..., channels, height, width] of any set."""
        return functional.leaky_relu(
            _per_example(self.vmapped, maps), negative_slope=NEGATIVE_SLOPE
        )


class CrossBlock(nn.Module):
    """One block: interaction of query and examples, averaged for the query, kept per example.

    Parameters
    ----------
    query_channels, support_channels : int
        Channels that enter.
    features : int
        Channels that leave, of both branches.
    """

    def __init__(self, query_channels: int, support_channels: int, features: int) -> None:
        super().__init__()
        self.cross = CrossConvolution(query_channels, support_channels, features)
        self.target = SharedConvolution(features)
        self.support = SharedConvolution(features)

    def forward(
        self, query: Tensor, support: Tensor, added: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Apply the block.

        Parameters
        ----------
        query : Tensor
            [batch, query_channels, height, width].
        support : Tensor
            [batch, examples, support_channels, height, width].
        added : Tensor, optional
            [batch, features, height, width], added to the interaction of every pair: what
            guidance contributes.

        Returns
        -------
        tuple of Tensor
            The query [batch, features, height, width] and the examples
            [batch, examples, features, height, width].
        """
        interaction = self.cross(query, support)
        if added is not None:
            interaction = interaction + added[:, None]
        return self.target(interaction.mean(dim=1)), self.support(interaction)


class UniverSeg(nn.Module):
    """The network: an image, examples of what to outline in it, and the logit of the outline.

    Parameter names and shapes are those of the published checkpoint. Guidance, which the
    published network lacks, enters through one more convolution without bias, `guidance_conv`,
    whose output is added to the first interaction: the same as more input channels of the query,
    and with zero weights the published network to the last bit.

    Parameters
    ----------
    features : int
        Channels of every block; 64 as published.
    guidance_channels : int
        Extra channels of the query; 0 as published.

    References
    ----------
    Butoi et al., "UniverSeg: Universal Medical Image Segmentation", ICCV 2023, section 3.
    """

    def __init__(self, features: int = 64, guidance_channels: int = 0) -> None:
        super().__init__()
        self.features = features
        self.guidance_channels = guidance_channels
        self.enc_blocks = nn.ModuleList(
            [CrossBlock(1, 2, features)]
            + [CrossBlock(features, features, features) for _ in range(ENCODER_BLOCKS - 1)]
        )
        self.dec_blocks = nn.ModuleList(
            [CrossBlock(2 * features, 2 * features, features) for _ in range(DECODER_BLOCKS)]
        )
        self.out_conv = NamedConvolution(features, 1, kernel_size=1)
        if guidance_channels:
            self.guidance_conv = nn.Conv2d(
                guidance_channels, features, kernel_size=3, padding=1, bias=False
            )
            nn.init.zeros_(self.guidance_conv.weight)

    def forward(
        self,
        query: Tensor,
        support_images: Tensor,
        support_labels: Tensor,
        guidance: Tensor | None = None,
    ) -> Tensor:
        """Segment every query of a batch by its own examples.

        Parameters
        ----------
        query : Tensor
            [batch, 1, height, width], values in [0, 1]; sides divisible by 8.
        support_images, support_labels : Tensor
            [batch, examples, 1, height, width], values in [0, 1].
        guidance : Tensor, optional
            [batch, guidance_channels, height, width]; absent means zeros.

        Returns
        -------
        Tensor
            Logits [batch, 1, height, width].

        Raises
        ------
        ValueError
            If guidance is given to a network without guidance channels.
        """
        if guidance is not None and not self.guidance_channels:
            raise ValueError(
                f"guidance: got shape {tuple(guidance.shape)}, but this network has no guidance "
                "channels; expected None"
            )
        added = None if guidance is None else self.guidance_conv(guidance)
        support = torch.cat([support_images, support_labels], dim=2)
        skips = []
        for depth, block in enumerate(self.encoder):
            query, support = block(query, support, added if depth == 0 else None)
            if depth < ENCODER_BLOCKS - 1:
                skips.append((query, support))
                query = _halved(query)
                support = _per_example(_halved, support)
        for block in self.decoder:
            query_skip, support_skip = skips.pop()
            query = torch.cat([upsample(query), query_skip], dim=1)
            support = torch.cat([_per_example(upsample, support), support_skip], dim=2)
            query, support = block(query, support)
        logits: Tensor = self.out_conv(query)
        return logits

    @property
    def encoder(self) -> list[CrossBlock]:
        """The blocks on the way down."""
        return [block for block in self.enc_blocks if isinstance(block, CrossBlock)]

    @property
    def decoder(self) -> list[CrossBlock]:
        """The blocks on the way up."""
        return [block for block in self.dec_blocks if isinstance(block, CrossBlock)]


def upsample(maps: Tensor) -> Tensor:
    """Double height and width of [batch, channels, height, width], bilinear, corners aligned."""
    return functional.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=True)


def _per_example(function: Callable[[Tensor], Tensor], maps: Tensor) -> Tensor:
    """Apply a function of [n, channels, height, width] to maps with more leading dimensions."""
    leading = maps.shape[:-3]
    result = function(maps.reshape(-1, *maps.shape[-3:]))
    return result.reshape(*leading, *result.shape[1:])


def _halved(maps: Tensor) -> Tensor:
    """Halve height and width by 2×2 max pooling."""
    return functional.max_pool2d(maps, 2)
