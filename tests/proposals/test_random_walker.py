"""A random walk fills between two drawn slices, from the image."""

import numpy as np
import pytest
import torch
from skimage import segmentation

from core.network.overlap import dice
from core.proposals import random_walker
from core.proposals.random_walker import walk_between


def drifting_disc(
    slices: int = 9, side: int = 64, noise: float = 0.03
) -> tuple[torch.Tensor, torch.Tensor]:
    """A bright disc that moves by 3 pixels a slice on a dark ground: images and true masks."""
    z, y, x = np.mgrid[:slices, :side, :side]
    masks = (y - 32) ** 2 + (x - 20 - 3 * z) ** 2 < 12**2
    random = np.random.default_rng(0)
    images = 0.3 + 0.4 * masks + random.normal(0, noise, masks.shape)
    return torch.from_numpy(images.astype(np.float32)), torch.from_numpy(masks)


def walked(images: torch.Tensor, masks: torch.Tensor, step: float = 2.0) -> torch.Tensor:
    return walk_between(images[None], masks[:1], masks[-1:], torch.tensor([step]))[0]


def test_finds_a_structure_that_moved_away_from_where_it_was_drawn() -> None:
    images, masks = drifting_disc()
    probability = walked(images, masks)
    assert probability.shape == (7, 64, 64)
    for found, truth in zip(probability > 0.5, masks[1:-1], strict=True):
        assert dice(found.numpy(), truth.numpy()) > 0.85


def test_probabilities_are_probabilities() -> None:
    images, masks = drifting_disc(noise=0.2)
    probability = walked(images, masks)
    assert probability.min() >= 0 and probability.max() <= 1
    assert probability.isfinite().all()


def test_the_probabilities_are_those_of_another_implementation() -> None:
    images, masks = drifting_disc()
    seeds = np.zeros(images.shape, np.int32)
    seeds[0], seeds[-1] = (np.where(masks[place].numpy(), 1, 2) for place in (0, -1))
    expected = segmentation.random_walker(
        images.numpy(),
        seeds,
        beta=1000,
        mode="cg_j",
        tol=1e-6,
        spacing=np.array([2.0, 1.0, 1.0]),
        return_full_prob=True,
    )[0][1:-1]
    found = walk_between(images[None], masks[:1], masks[-1:], torch.tensor([2.0]), iterations=200)
    assert np.abs(found[0].numpy() - expected).max() < 0.02


def test_the_usual_iterations_find_the_same_outlines_as_many_more() -> None:
    images, masks = drifting_disc(slices=15)
    usual = walked(images, masks) > 0.5
    many = walk_between(images[None], masks[:1], masks[-1:], torch.tensor([2.0]), iterations=300)
    assert dice(usual.numpy(), (many[0] > 0.5).numpy()) > 0.97


def test_the_other_way_round_is_the_same() -> None:
    images, masks = drifting_disc()
    probability = walked(images, masks)
    back = walked(images.flip(0), masks.flip(0))
    assert (back.flip(0) - probability).abs().max() < 0.05


def test_large_images_are_walked_coarsely_and_keep_their_shape() -> None:
    images, masks = drifting_disc(slices=5, side=128)
    probability = walked(images, masks)
    assert probability.shape == (3, 128, 128)
    assert dice((probability[1] > 0.5).numpy(), masks[2].numpy()) > 0.8


def test_tasks_do_not_influence_one_another() -> None:
    images, masks = drifting_disc()
    other, ground = drifting_disc(noise=0.2)
    both = walk_between(
        torch.stack([images, other]),
        torch.stack([masks[0], ground[2]]),
        torch.stack([masks[-1], ground[5]]),
        torch.tensor([2.0, 1.0]),
    )
    torch.testing.assert_close(both[0], walked(images, masks), atol=1e-3, rtol=0)


@pytest.mark.parametrize("drawn", [False, True])
def test_where_nothing_or_everything_is_drawn_the_answer_is_the_same_everywhere(
    drawn: bool,
) -> None:
    images, _ = drifting_disc(slices=3)
    probability = walked(images, torch.full((3, 64, 64), drawn))
    assert torch.allclose(probability, torch.full_like(probability, float(drawn)), atol=1e-3)


def test_a_constant_image_is_walked_as_well() -> None:
    images, masks = drifting_disc(slices=3)
    assert walked(torch.full_like(images, 0.5), masks).isfinite().all()


def test_compiled_loops_solve_what_pytorchs_operations_solve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images, masks = drifting_disc(slices=6, noise=0.1)
    compiled = walked(images, masks)
    monkeypatch.setattr(random_walker, "_COMPILED", False)
    torch.testing.assert_close(compiled, walked(images, masks), atol=1e-4, rtol=0)


@pytest.mark.parametrize("compiled", [True, False])
def test_it_tells_how_many_slices_it_is_done_with(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random_walker, "_COMPILED", compiled)
    images, masks = drifting_disc(slices=6)
    told: list[int] = []
    walk_between(images[None], masks[:1], masks[-1:], torch.tensor([2.0]), done=told.append)
    assert sum(told) == 4 and min(told) >= 0
