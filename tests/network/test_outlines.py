"""Signed distances are exact, and outlines between others neither collapse nor jump."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from core.network.outlines import between_outlines, enclosing, signed_distance, signed_distances

SIDE = 128


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
    found = signed_distances(torch.from_numpy(masks)).numpy()
    expected = np.stack([[measured(mask) for mask in masks_] for masks_ in masks])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 2.0)])
def test_distance_is_the_way_to_the_nearest_pixel_of_the_other_kind(
    spacing: tuple[float, float],
) -> None:
    mask = np.random.default_rng(0).random((9, 11)) > 0.6
    places = np.argwhere(np.ones_like(mask)) * np.array(spacing)
    between = cdist(places, places).reshape(*mask.shape, *mask.shape)
    distance = signed_distance(mask, 99.0, spacing)
    half = min(spacing) / 2
    for index in np.ndindex(mask.shape):
        nearest = between[index][mask != mask[index]].min()
        assert abs(distance[index]) == pytest.approx(nearest - half, abs=1e-5)
    assert np.array_equal(distance > 0, mask)


def test_without_an_outline_the_distance_is_as_far_as_is_said() -> None:
    nothing = np.zeros((4, 6), bool)
    assert (signed_distance(nothing, 99.0) == -99).all()
    assert (signed_distance(~nothing, 99.0) == 99).all()


def test_empty_and_full_masks_are_far_from_any_outline() -> None:
    masks = torch.stack([torch.zeros(8, 16), torch.ones(8, 16)]).bool()
    found = signed_distances(masks)
    assert (found[0] < -20).all()
    assert (found[1] > 20).all()


def test_no_masks_have_no_distances() -> None:
    assert signed_distances(torch.zeros(0, 8, 8, dtype=torch.bool)).shape == (0, 8, 8)


def disc(y: float, x: float, radius: float) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return (rows - y) ** 2 + (columns - x) ** 2 < radius**2


def outlines_between(first: torch.Tensor, last: torch.Tensor, *shares: float) -> list[torch.Tensor]:
    """Masks between two others."""
    ends = signed_distances(torch.stack([first, last])).clamp(-SIDE / 4, SIDE / 4)
    many = (ends[:, None]).expand(-1, len(shares), -1, -1)
    return list(between_outlines(many[0], many[1], torch.tensor(shares)) > 0)


def overlap(mask: torch.Tensor, truth: torch.Tensor) -> float:
    return float(2 * (mask & truth).sum() / (mask.sum() + truth.sum()))


def test_an_outline_does_not_collapse_between_examples_that_hardly_overlap() -> None:
    (middle,) = outlines_between(disc(40, 50, 12), disc(64, 50, 20), 0.5)
    assert middle.sum() == pytest.approx(torch.pi * 16**2, rel=0.05)
    assert 40 < middle.nonzero()[:, 0].float().mean() < 64


def test_an_outline_of_one_part_moves_along() -> None:
    first, last = disc(30, 40, 10), disc(90, 80, 10)
    early, middle, late = outlines_between(first, last, 0.25, 0.5, 0.75)
    assert overlap(early, disc(45, 50, 10)) > 0.9
    assert overlap(middle, disc(60, 60, 10)) > 0.9
    assert overlap(late, disc(75, 70, 10)) > 0.9


def test_at_its_examples_an_outline_is_theirs() -> None:
    first, last = disc(30, 40, 10), disc(60, 80, 17)
    begin, end = outlines_between(first, last, 0.0, 1.0)
    assert overlap(begin, first) > 0.99
    assert overlap(end, last) > 0.99


def test_parts_stay_where_they_are() -> None:
    one, other = disc(64, 30, 12), disc(64, 98, 12)
    (middle,) = outlines_between(one, one | other, 0.5)
    assert (middle & one).sum() > 0.9 * one.sum()


def test_a_pair_moves_as_one() -> None:
    first = disc(40, 30, 12) | disc(40, 98, 12)
    last = disc(80, 30, 12) | disc(80, 98, 12)
    (middle,) = outlines_between(first, last, 0.5)
    assert overlap(middle, disc(60, 30, 12) | disc(60, 98, 12)) > 0.9


def test_towards_an_absent_structure_the_outline_shrinks_to_nothing() -> None:
    present, absent = disc(60, 60, 20), torch.zeros(SIDE, SIDE, dtype=torch.bool)
    areas = [int(mask.sum()) for mask in outlines_between(present, absent, 0.1, 0.3, 0.6, 1.0)]
    assert areas[0] > areas[1] > areas[2] > areas[3] == 0
    backwards = [int(mask.sum()) for mask in outlines_between(absent, present, 0.9, 0.7)]
    assert backwards == areas[:2]


def test_between_two_absent_outlines_there_is_none() -> None:
    absent = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    (middle,) = outlines_between(absent, absent, 0.5)
    assert not middle.any()


@pytest.mark.parametrize("area", [1, 250, 5000, SIDE * SIDE])
def test_an_outline_is_moved_until_it_encloses_an_area(area: int) -> None:
    order = torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(5))
    distance = order.view(1, SIDE, SIDE) / 100 - 80
    assert int((enclosing(distance, torch.tensor([float(area)])) > 0).sum()) == area


def test_nothing_is_enclosed_where_no_area_is_left() -> None:
    distance = signed_distances(disc(60, 60, 20))[None]
    assert (enclosing(distance, torch.tensor([0.4])) < 0).all()
