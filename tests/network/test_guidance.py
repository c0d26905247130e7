"""Guidance channels are squashed alike at every size."""

import torch

from core.network.guidance import distance_channel, prior_channel


def test_channels_look_the_same_at_every_size() -> None:
    distance = torch.linspace(-30, 30, 7)
    torch.testing.assert_close(prior_channel(distance, 64), prior_channel(2 * distance, 128))
    torch.testing.assert_close(distance_channel(distance, 64), distance_channel(2 * distance, 128))
