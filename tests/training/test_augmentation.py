"""Augmentation: what is shown of the intensities, and what stays unseen."""

import numpy as np
import torch
from torch import Generator

from core.proposals.intensity import contrast_around, scale
from core.training.augmentation import augment_images, show_structure


def drawn_tasks() -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy images whose left half is the structure, a little brighter than the rest."""
    generator = Generator().manual_seed(1)
    masks = torch.zeros(40, 4, 16, 16, dtype=torch.bool)
    masks[..., :8] = True
    images = 0.4 + 0.05 * torch.rand(masks.shape, generator=generator) + 0.1 * masks
    images[:, :, 0, 0], images[:, :, 0, 1] = 0.0, 1.0
    return images, masks


def test_most_tasks_are_shown_as_in_use_and_the_others_unchanged() -> None:
    images, masks = drawn_tasks()
    shown = show_structure(Generator().manual_seed(2), images, masks[:, :-1])
    changed = (shown != images).flatten(1).any(dim=1)
    assert 10 < changed.sum() < 35
    for before, after, mask in zip(images[changed], shown[changed], masks[changed], strict=True):
        contrast = contrast_around(before[:-1].numpy(), mask[:-1].numpy())
        # Percentiles come from a histogram of 2048 values.
        expected = scale(before.numpy(), contrast)
        np.testing.assert_allclose(after.numpy(), expected, atol=0.02)
    assert float(shown[changed].std()) > 1.5 * float(images.std())


def test_the_images_given_stay_as_they_are() -> None:
    images, masks = drawn_tasks()
    before = images.clone()
    show_structure(Generator().manual_seed(2), images, masks[:, :-1])
    assert torch.equal(images, before)


def test_some_tasks_have_the_resolution_of_small_structures() -> None:
    noise = torch.rand(60, 2, 64, 64, generator=Generator().manual_seed(3))
    changed = augment_images(Generator().manual_seed(4), noise)
    steps = changed.diff(dim=-1).abs().mean(dim=(1, 2, 3)) / noise.diff(dim=-1).abs().mean()
    # What was enlarged is smooth; all else keeps the noise of its pixels.
    assert 5 < (steps < 0.3).sum() < 35
    assert changed.min() >= 0 and changed.max() <= 1
