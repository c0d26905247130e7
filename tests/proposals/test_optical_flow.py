"""Flow follows what moves in the images, as the published algorithm finds it."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.registration import optical_flow_tvl1

from core.network.overlap import dice
from core.proposals import optical_flow
from core.proposals.opinions import bounded_distances
from core.proposals.optical_flow import carried, flows_between
from core.proposals.pooling import pool_of

SIDE = 128


def disc(row: float, column: float, radius: float = 14.0) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return (rows - row) ** 2 + (columns - column) ** 2 < radius**2


def picture_of(mask: torch.Tensor, seed: int = 1) -> torch.Tensor:
    noise = torch.randn(mask.shape, generator=torch.Generator().manual_seed(seed))
    return 0.4 + 0.2 * mask + 0.02 * noise


def flow_between(picture: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return flows_between(picture[None], other[None])[0]


def test_an_outline_is_carried_to_where_its_structure_went() -> None:
    here, there = disc(60, 50), disc(64, 57)
    flow = flows_between(picture_of(there)[None], picture_of(here, 2)[None])
    found = carried(bounded_distances(here[None]), flow)[0] > 0
    assert dice(here.numpy(), there.numpy()) < 0.75
    assert dice(found.numpy(), there.numpy()) > 0.9


def test_where_nothing_moves_an_outline_stays() -> None:
    still = disc(60, 50)
    flow = flows_between(picture_of(still)[None], picture_of(still, 2)[None])
    assert flow.shape == (1, 2, SIDE // 2, SIDE // 2)
    found = carried(bounded_distances(still[None]), flow)[0] > 0
    assert dice(found.numpy(), still.numpy()) > 0.97


def test_pictures_without_any_contrast_move_nothing() -> None:
    flat = torch.full((1, SIDE, SIDE), 0.5)
    assert not flows_between(flat, flat).any()


def test_the_flow_is_that_of_another_implementation() -> None:
    random = np.random.default_rng(0)
    texture = ndimage.gaussian_filter(random.standard_normal((SIDE, SIDE)), 3)
    texture = (texture - texture.min()) / np.ptp(texture)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    places = [rows + 3 * np.sin(columns / 30), columns + 2 * np.cos(rows / 25)]
    moved = ndimage.map_coordinates(texture, places, order=1, mode="nearest")
    pictures = [np.asarray(one, np.float32) for one in (moved, texture)]
    halves = [one.reshape(64, 2, 64, 2).mean(axis=(1, 3)) for one in pictures]
    expected = 2 * optical_flow_tvl1(
        *halves, attachment=20.0, num_warp=3, num_iter=5, dtype=np.float32
    )
    found = flow_between(*map(torch.from_numpy, pictures)).numpy()
    assert np.abs(found - expected).mean() < 0.03


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    pictures = torch.stack([picture_of(disc(60, 40 + 2 * step), step) for step in range(11)])
    together = flows_between(pictures[1:], pictures[:-1])
    alone = torch.stack([flow_between(*pair) for pair in zip(pictures[1:], pictures, strict=False)])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("side", "pool"), [(32, 1), (64, 1), (96, 2), (128, 2), (192, 3)])
def test_pictures_of_any_side_are_averaged_to_about_the_same(side: int, pool: int) -> None:
    assert pool_of(side) == pool
    picture = torch.rand(1, side, side, generator=torch.Generator().manual_seed(1))
    assert flows_between(picture, picture).shape == (1, 2, side // pool, side // pool)


@pytest.mark.parametrize("side", [64, 96, 117, 128])
def test_compiled_loops_find_the_same_flow(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(side)
    texture = ndimage.gaussian_filter(random.standard_normal((11, side, side)), (1, 3, 3))
    pictures = torch.from_numpy(texture.astype(np.float32) * 3 + 0.5)
    others = pictures.roll((2, -1), dims=(1, 2))
    compiled = flows_between(pictures, others)
    monkeypatch.setattr(optical_flow, "_COMPILED", False)
    assert compiled.abs().max() > 1
    assert torch.allclose(flows_between(pictures, others), compiled, atol=2e-3)
