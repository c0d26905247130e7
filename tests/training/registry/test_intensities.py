"""Real shapes in synthetic intensities: what changes, and what stays."""

import torch
from torch import Generator, Tensor

from core.training.registry.intensities import synthetic_intensities

SIDE = 48


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def bands(tasks: int, images: int) -> Tensor:
    """Dark left, grey middle, bright right."""
    row = torch.tensor([0.0, 0.5, 1.0]).repeat_interleave(SIDE // 3)
    return row.expand(tasks, images, SIDE, SIDE).clone()


def disks(tasks: int, images: int) -> Tensor:
    axis = torch.arange(SIDE) - SIDE / 2
    disk = axis[:, None] ** 2 + axis**2 < (SIDE / 5) ** 2
    return disk.expand(tasks, images, SIDE, SIDE).clone()


def drawn(images: Tensor, masks: Tensor, volume: bool, own: Tensor, seed: int = 0) -> Tensor:
    families = torch.full((len(images),), volume)
    return synthetic_intensities(seeded(seed), images, masks, families, own)


def test_images_keep_their_shape_and_range_and_the_same_seed_draws_them_again() -> None:
    images, masks = bands(5, 3), disks(5, 3)
    own = torch.ones(5, 3, dtype=torch.bool)
    first, again, other = (drawn(images, masks, True, own, seed) for seed in (1, 1, 2))
    assert first.shape == images.shape
    assert first.isfinite().all()
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_structure_that_the_image_does_not_show_becomes_visible_in_most_tasks() -> None:
    tasks = 200
    images, masks = torch.full((tasks, 2, SIDE, SIDE), 0.5), disks(tasks, 2)
    result = drawn(images, masks, True, torch.ones(tasks, 2, dtype=torch.bool))
    middle, far = masks[:, 0], ~masks[:, 0]
    inside = (result[:, 0] * middle).sum(dim=(1, 2)) / middle.sum(dim=(1, 2))
    outside = (result[:, 0] * far).sum(dim=(1, 2)) / far.sum(dim=(1, 2))
    visible = ((inside - outside).abs() > 0.1).float().mean()
    assert 0.4 < visible < 0.9


def test_regions_of_the_real_image_stay_apart_whatever_the_contrast() -> None:
    tasks = 100
    images, masks = bands(tasks, 1), torch.zeros(tasks, 1, SIDE, SIDE, dtype=torch.bool)
    result = drawn(images, masks, True, torch.ones(tasks, 1, dtype=torch.bool))
    inner = slice(3, SIDE // 3 - 3)
    left, right = (part[..., inner].mean(dim=(1, 2, 3)) for part in result.split(SIDE // 3, 3)[::2])
    assert ((left - right).abs() > 0.1).float().mean() > 0.6
    # Now one side is brighter, now the other.
    assert 0.1 < (left > right).float().mean() < 0.9


def brightness_between(volume: bool, own: Tensor) -> Tensor:
    """How far apart the brightness of the structure is on the first two images and the last two."""
    tasks = len(own)
    images, masks = torch.zeros(tasks, 4, SIDE, SIDE), torch.ones(tasks, 4, SIDE, SIDE)
    images[..., SIDE // 2 :], masks[..., SIDE // 2 :] = 0.7, 0.0
    result = drawn(images, masks.bool(), volume, own)
    mean = result[..., 3 : SIDE // 2 - 3].mean(dim=(2, 3))
    return torch.stack([(mean[:, 0] - mean[:, 1]).abs(), (mean[:, 2] - mean[:, 3]).abs()]).mean(1)


def test_slices_of_one_scan_are_shown_alike_and_other_patients_less_so() -> None:
    everything = torch.ones(150, 4, dtype=torch.bool)
    of_a_volume = brightness_between(True, everything)
    last_two = torch.tensor([False, False, True, True]).expand(150, 4)
    of_teachers, of_the_query = brightness_between(False, last_two)
    assert of_teachers > 1.5 * of_a_volume.max()
    assert of_teachers > 1.2 * of_the_query
