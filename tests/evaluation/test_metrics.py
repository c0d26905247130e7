"""Agreement of masks, checked against values worked out by hand."""

import numpy as np
import pytest
from scipy import ndimage

from core.evaluation.metrics import bootstrap_interval, hausdorff_95_mm, worst_slice_dice


def box(*sides: slice) -> np.ndarray:
    mask = np.zeros((6, 20, 20), dtype=bool)
    mask[sides] = True
    return mask


def test_the_worst_slice_is_found() -> None:
    truth = box(slice(0, 4), slice(5, 15), slice(5, 15))
    mask = truth.copy()
    mask[2, 5:10] = False
    assert worst_slice_dice(mask[:4], truth[:4]) == pytest.approx(2 / 3)


def test_surface_distance_is_in_millimetres() -> None:
    first = box(slice(2, 4), slice(5, 15), slice(5, 10))
    moved = box(slice(2, 4), slice(5, 15), slice(8, 13))
    assert hausdorff_95_mm(first, moved, (1.0, 1.0, 0.5)) == pytest.approx(1.5)
    assert hausdorff_95_mm(first, first, (1.0, 1.0, 1.0)) == 0.0


def test_surface_distance_to_nothing_is_infinite() -> None:
    assert hausdorff_95_mm(box(slice(0, 2)), box(slice(0, 0)), (1, 1, 1)) == float("inf")
    assert hausdorff_95_mm(box(slice(0, 0)), box(slice(0, 0)), (1, 1, 1)) == 0.0


def test_the_interval_holds_the_mean_and_narrows_with_more_values() -> None:
    generator = np.random.default_rng(0)
    few, many = generator.normal(0.8, 0.1, 5), generator.normal(0.8, 0.1, 500)
    low, high = bootstrap_interval(many)
    assert low < many.mean() < high
    assert high - low < np.subtract(*bootstrap_interval(few)[::-1])


def test_surface_distances_are_those_of_a_distance_transform() -> None:
    spacing = (2.5, 0.7, 0.8)
    random = np.random.default_rng(1)
    first, second = (
        ndimage.binary_opening(random.random((8, 30, 30)) < 0.8, iterations=1) for _ in range(2)
    )
    surfaces = [one & ~ndimage.binary_erosion(one) for one in (first, second)]
    distances = [
        ndimage.distance_transform_edt(~surfaces[1 - number], sampling=spacing)[surfaces[number]]
        for number in (0, 1)
    ]
    expected = np.percentile(np.concatenate(distances), 95)
    assert hausdorff_95_mm(first, second, spacing) == pytest.approx(expected)
