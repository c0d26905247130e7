"""Guidance channels: exact distances, squashed alike at every size."""

import numpy as np
import torch

from core.network.guidance import distance_channel, prior_channel, signed_distance


def measured(mask: np.ndarray) -> np.ndarray:
    """Signed distance by comparing every pixel with every other."""
    places = np.argwhere(np.ones_like(mask))
    inside = mask.ravel()
    apart = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    to_outside = apart[:, ~inside].min(axis=1)
    to_inside = apart[:, inside].min(axis=1)
    return np.where(inside, to_outside - 0.5, 0.5 - to_inside).reshape(mask.shape)


def test_distances_are_exact() -> None:
    masks = np.random.default_rng(3).random((2, 3, 9, 13)) > 0.8
    found = signed_distance(torch.from_numpy(masks)).numpy()
    expected = np.stack([[measured(mask) for mask in masks_] for masks_ in masks])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_empty_and_full_masks_are_far_from_any_outline() -> None:
    masks = torch.stack([torch.zeros(8, 16), torch.ones(8, 16)]).bool()
    found = signed_distance(masks)
    assert (found[0] < -20).all()
    assert (found[1] > 20).all()


def test_no_masks_have_no_distances() -> None:
    assert signed_distance(torch.zeros(0, 8, 8, dtype=torch.bool)).shape == (0, 8, 8)


def test_channels_look_the_same_at_every_size() -> None:
    distance = torch.linspace(-30, 30, 7)
    torch.testing.assert_close(prior_channel(distance, 64), prior_channel(2 * distance, 128))
    torch.testing.assert_close(distance_channel(distance, 64), distance_channel(2 * distance, 128))
