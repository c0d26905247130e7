from collections.abc import Iterable

import numpy as np
import pytest

from core.proposals.interpolation import between_examples, example_distances


def disc(
    center: tuple[float, float],
    radius: float,
    spacing: tuple[float, float] = (1.0, 1.0),
    shape: tuple[int, int] = (60, 60),
) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    return (y * spacing[0] - center[0]) ** 2 + (x * spacing[1] - center[1]) ** 2 < radius**2


def interpolated(
    masks: dict[int, np.ndarray], slices: Iterable[int], spacing: tuple[float, float] = (1.0, 1.0)
) -> dict[int, np.ndarray]:
    """Signed distances of the slices that the masks tell anything of."""
    distances = example_distances(masks, spacing)
    found = {index: between_examples(distances, index) for index in slices}
    return {index: distance for index, distance in found.items() if distance is not None}


def test_a_cone_is_filled_in() -> None:
    """Discs of radius 6 and 18 have one of radius 12 half-way."""
    masks = {2: disc((30, 30), 6), 8: disc((30, 30), 18)}
    found = interpolated(masks, range(20))
    assert sorted(found) == [3, 4, 5, 6, 7]
    for index, distance in found.items():
        radius = 6 + 12 * (index - 2) / 6
        assert (distance > 0).sum() == pytest.approx(np.pi * radius**2, rel=0.06)


def test_pixels_that_are_not_square_are_measured_in_millimetres() -> None:
    """A tall and a wide bar: half-way, both have shrunk by the same length in mm."""
    tall, wide = np.zeros((2, 80, 40), bool)
    tall[20:60, 18:22] = True
    wide[38:42, 10:30] = True
    half = interpolated({0: tall, 2: wide}, [1], (1.0, 2.0))[1] > 0
    height = np.flatnonzero(half.any(axis=1)).size * 1.0
    width = np.flatnonzero(half.any(axis=0)).size * 2.0
    assert height == pytest.approx(width, abs=2.0)


def test_nearer_examples_count_more() -> None:
    masks = {0: disc((20, 30), 10), 10: disc((30, 30), 10)}
    found = interpolated(masks, [1, 9])
    assert (found[1] > 0)[masks[0]].mean() > 0.9
    assert (found[9] > 0)[masks[10]].mean() > 0.9


def test_nothing_is_invented_beyond_the_outermost_examples() -> None:
    masks = {3: disc((30, 30), 9), 6: disc((30, 30), 9)}
    assert sorted(interpolated(masks, range(12))) == [4, 5]


def test_an_example_is_interpolated_from_the_others() -> None:
    masks = {3: disc((30, 30), 9), 5: disc((20, 40), 4), 7: disc((30, 30), 9)}
    found = interpolated(masks, [5])
    del masks[5]
    assert np.array_equal(found[5], interpolated(masks, [5])[5])


def test_a_structure_vanishes_half_way_to_where_it_is_not() -> None:
    masks = {0: disc((30, 30), 10), 8: np.zeros((60, 60), bool), 12: np.zeros((60, 60), bool)}
    found = interpolated(masks, range(13))
    areas = [int((found[index] > 0).sum()) for index in range(1, 8)]
    assert areas == sorted(areas, reverse=True)
    assert areas[2] > 0 and areas[3:] == [0, 0, 0, 0]
    assert not set(found) & {9, 10, 11}


def test_the_other_way_round_is_the_same() -> None:
    masks = {0: disc((25, 30), 10), 7: disc((35, 28), 6), 9: np.zeros((60, 60), bool)}
    mirrored = {9 - index: mask for index, mask in masks.items()}
    found = interpolated(masks, range(10))
    back = interpolated(mirrored, range(10))
    assert sorted(9 - index for index in back) == sorted(found)
    for index, distance in found.items():
        assert np.allclose(back[9 - index], distance, atol=1e-5)


def test_a_mask_that_fills_the_slice_is_no_problem() -> None:
    found = interpolated({0: np.ones((20, 30), bool), 4: np.ones((20, 30), bool)}, [2])
    assert (found[2] > 0).all()
