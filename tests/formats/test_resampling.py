"""Masks brought from one stack of planes to another, against scipy's nearest-neighbour sampling."""

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from core.dicom.geometry import Geometry
from core.formats.resampling import Planes, are_parallel, nearest_plane, resample_masks
from tests.support.synthetic_series import AXIAL, OBLIQUE, SAGITTAL

SLICES, ROWS, COLUMNS = 7, 24, 30


def directions(orientation: tuple[float, ...], turn: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    row, column = row / np.linalg.norm(row), column / np.linalg.norm(column)
    cosine, sine = np.cos(turn), np.sin(turn)
    return cosine * row + sine * column, cosine * column - sine * row


def stack(
    orientation: tuple[float, ...],
    step: Any,
    spacing: tuple[float, float],
    offset: float = 0.0,
    turn: float = 0.0,
    flip: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[float, float]]:
    row, column = directions(orientation, turn)
    if flip:
        row = -row
    normal = np.cross(row, column)
    start = np.array([3.0, -7.0, 11.0]) + offset * (row + column)
    positions = start + np.arange(SLICES)[:, None] * step * normal
    return row, column, positions, spacing


def masks(seed: int = 0) -> np.ndarray:
    volume = gaussian_filter(np.random.default_rng(seed).normal(size=(SLICES, ROWS, COLUMNS)), 2)
    return volume > 0


@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE], ids=["axial", "oblique"])
@pytest.mark.parametrize(
    ("step", "spacing", "offset", "turn", "flip"),
    [
        (2.0, (0.8, 0.8), 0.0, 0.0, False),
        (1.3, (1.1, 0.7), 2.9, 0.0, False),
        (3.1, (0.5, 0.9), 1.7, 0.3, False),
        (2.3, (0.9, 0.9), -12.3, 0.0, True),
    ],
)
def test_every_pixel_takes_the_nearest_pixel_of_the_nearest_plane(
    orientation: tuple[float, ...],
    step: float,
    spacing: tuple[float, float],
    offset: float,
    turn: float,
    flip: bool,
) -> None:
    row, column, positions, pixel_spacing = stack(orientation, 2.0, (0.8, 0.8))
    planes = Planes(row, column, positions, pixel_spacing, 2.0)
    volume = masks()
    target = stack(orientation, step, spacing, offset, turn, flip)
    geometry = Geometry(*target, rows=ROWS, columns=COLUMNS)
    assert are_parallel(planes, geometry)
    found = resample_masks(dict(enumerate(volume)), planes, geometry)

    axes = np.stack([planes.normal * 2.0, column * pixel_spacing[0], row * pixel_spacing[1]], 1)
    for index, corner in enumerate(geometry.positions):
        points = (
            corner
            + np.arange(ROWS)[:, None, None] * spacing[0] * geometry.column_direction
            + np.arange(COLUMNS)[None, :, None] * spacing[1] * geometry.row_direction
        )
        place = np.linalg.solve(axes, (points - positions[0]).reshape(-1, 3).T) - 1e-6
        # Beyond the last centre a plane or pixel still reaches half a step.
        expected = map_coordinates(
            np.pad(volume, 1).astype(np.uint8), np.rint(place) + 1, order=0, cval=0
        ).reshape(ROWS, COLUMNS)
        assert np.array_equal(found.get(index, np.zeros((ROWS, COLUMNS), bool)), expected > 0)


def test_masks_on_the_slices_themselves_stay_as_they_are() -> None:
    row, column, positions, spacing = stack(OBLIQUE, 2.0, (0.8, 0.7))
    volume = masks(1)
    found = resample_masks(
        dict(enumerate(volume)),
        Planes(row, column, positions, spacing, 2.0),
        Geometry(row, column, positions, spacing, ROWS, COLUMNS),
    )
    assert all(np.array_equal(found[index], volume[index]) for index in range(SLICES))


def test_a_plane_reaches_halfway_to_the_next_and_no_farther() -> None:
    distances = np.array([0.0, 5.0, 20.0])
    assert nearest_plane(distances, 5.0, 2.4) == 0
    assert nearest_plane(distances, 5.0, 2.6) == 1
    assert nearest_plane(distances, 5.0, 7.6) is None
    assert nearest_plane(distances, 5.0, -2.6) is None


def test_planes_of_another_direction_are_not_parallel() -> None:
    row, column, positions, spacing = stack(AXIAL, 2.0, (1.0, 1.0))
    planes = Planes(row, column, positions, spacing, 2.0)
    assert not are_parallel(planes, Geometry(*stack(SAGITTAL, 2.0, (1.0, 1.0)), ROWS, COLUMNS))
    assert are_parallel(planes, Geometry(*stack(AXIAL, 2.0, (1.0, 1.0), flip=True), ROWS, COLUMNS))
