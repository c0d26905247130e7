import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.path import Path as Polygon

from core.formats.contours import fill_contours, mask_contours


@settings(max_examples=300, deadline=None, derandomize=True)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=24)))
def test_filling_the_contours_gives_the_mask_back(mask: np.ndarray) -> None:
    assert np.array_equal(fill_contours(mask_contours(mask), *mask.shape), mask)


def ring(size: int = 40) -> np.ndarray:
    rows, columns = np.ogrid[:size, :size]
    distance = np.hypot(rows - 20, columns - 18)
    return (distance < 15) & ~(distance < 8) | (distance < 3)


def test_a_hole_is_joined_to_what_surrounds_it_and_an_island_in_it_is_not() -> None:
    contours = mask_contours(ring())
    assert len(contours) == 2
    outer, island = sorted(contours, key=len, reverse=True)
    # The channel is walked twice, and its ends occur twice; it touches no centre of a pixel.
    points, times = np.unique(outer, axis=0, return_counts=True)
    (first, second) = points[times == 2]
    assert first[0] == second[0] and first[0] % 1 == 0.5
    assert np.abs(island - (20, 18)).max() < 3


def test_matplotlib_finds_the_same_pixels_inside() -> None:
    random = np.random.default_rng(0)
    mask = ring() | (random.random((40, 40)) > 0.9)
    centres = np.argwhere(np.ones_like(mask))
    inside = np.zeros(mask.size, int)
    for contour in mask_contours(mask):
        inside += Polygon(np.r_[contour, contour[:1]], closed=True).contains_points(centres)
    assert np.array_equal(inside.reshape(mask.shape) % 2 == 1, mask)


def test_contours_have_no_superfluous_points() -> None:
    mask = np.zeros((20, 30), bool)
    mask[4:15, 3:28] = True
    (contour,) = mask_contours(mask)
    assert len(contour) == 8
    assert contour.min() == pytest.approx(2.5) and contour.max() == pytest.approx(27.5)


def test_nothing_has_no_contours() -> None:
    assert mask_contours(np.zeros((5, 5), bool)) == []
