"""The methods to beat do what their names say."""

import numpy as np
import pytest

from core.evaluation.peers import (
    copy_nearest,
    interpolate_morphologically,
    interpolate_signed_distance,
    walk_randomly,
)
from core.network.overlap import dice


def disc(row: float, column: float, radius: float, side: int = 48) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


@pytest.fixture
def cone() -> np.ndarray:
    """A tilted cone: discs that grow and move evenly."""
    return np.stack([disc(18 + z, 22, 6 + z / 2) for z in range(13)])


def drawn(volume: np.ndarray, *slices: int) -> dict[int, np.ndarray]:
    return {index: volume[index] for index in slices}


def test_copying_takes_the_nearest_slice(cone: np.ndarray) -> None:
    filled = copy_nearest(drawn(cone, 0, 12), 13)
    assert np.array_equal(filled[5], cone[0])
    assert np.array_equal(filled[7], cone[12])


def test_signed_distance_follows_a_cone(cone: np.ndarray) -> None:
    examples = drawn(cone, 0, 6, 12)
    filled = interpolate_signed_distance(examples, 13)
    assert dice(filled, cone) > 0.97
    assert dice(filled, cone) > dice(copy_nearest(examples, 13), cone)
    assert all(np.array_equal(filled[index], mask) for index, mask in examples.items())


def test_the_random_walker_follows_the_image_where_the_shape_jumps() -> None:
    truth = np.stack([disc(20, 18, 8)] * 5 + [disc(20, 27, 8)] * 5)
    image = np.where(truth, 0.8, 0.2).astype(np.float32)
    examples = drawn(truth, 0, 9)
    walked = walk_randomly(examples, image, (2.0, 1.0, 1.0))
    assert dice(walked, truth) > 0.97
    assert dice(walked, truth) > dice(interpolate_signed_distance(examples, 10), truth) + 0.05


def test_itk_fills_between_slices(cone: np.ndarray) -> None:
    pytest.importorskip("itk", reason="itk-morphologicalcontourinterpolation is not installed")
    bend = np.stack([disc(20 + 2 * min(z, 12 - z), 22, 9) for z in range(13)])
    filled = interpolate_morphologically(
        [(drawn(cone, 0, 6, 12), 13), (drawn(bend, 0, 6, 12), 13), (drawn(bend, 0, 12), 13)]
    )
    assert [mask.shape for mask in filled] == [cone.shape, bend.shape, bend.shape]
    assert dice(filled[0], cone) > 0.93
    assert dice(filled[1], bend) > 0.93
    # What bends between two examples is only told by the one in between.
    assert dice(filled[2], bend) < dice(filled[1], bend) - 0.05
