"""Surfaces of segments: where they lie in the patient, and how large they are."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from core.dicom.geometry import Geometry
from core.display.surfaces import Surface, make_surface

ROW, COLUMN, NORMAL = np.eye(3)


def stack(
    places: list[float],
    side: int = 64,
    pixel: tuple[float, float] = (1.0, 1.0),
    shear: float = 0.0,
) -> Geometry:
    """Slices at places along z, moved along y by the shear for each mm."""
    origin = np.array([-20.0, 10.0, 0.0])
    positions = np.stack([origin + np.array([0, shear * one, one]) for one in places])
    return Geometry(ROW, COLUMN, positions, pixel, side, side, slice_thickness=2.0)


def ball(
    geometry: Geometry, centre: NDArray[np.float64], radius: float
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Pixels of each slice whose centres lie within a ball, in patient coordinates."""
    rows, columns = np.mgrid[: geometry.rows, : geometry.columns]
    height, width = geometry.pixel_spacing
    for index, position in enumerate(geometry.positions):
        points = (
            position
            + columns[..., None] * width * geometry.row_direction
            + rows[..., None] * height * geometry.column_direction
        )
        yield index, np.linalg.norm(points - centre, axis=2) <= radius


def volume(surface: Surface) -> float:
    """Enclosed volume in mm³ by the divergence theorem; negative were the faces turned inwards."""
    a, b, c = (surface.vertices[surface.faces[:, one]].astype(np.float64) for one in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def area(surface: Surface) -> float:
    """Area in mm²."""
    a, b, c = (surface.vertices[surface.faces[:, one]].astype(np.float64) for one in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def box(surface: Surface) -> NDArray[np.float64]:
    """Lowest and highest coordinates."""
    return np.stack([surface.vertices.min(axis=0), surface.vertices.max(axis=0)])


@pytest.mark.parametrize("shear", [0.0, 0.3])
@pytest.mark.parametrize(("pixel", "step"), [((1.0, 1.0), 1.0), ((0.8, 1.2), 2.5)])
def test_a_ball_has_the_volume_the_area_and_the_place_of_a_ball(
    pixel: tuple[float, float], step: float, shear: float
) -> None:
    geometry = stack([step * one for one in range(round(60 / step))], pixel=pixel, shear=shear)
    centre, radius = np.array([10.0, 40.0, 30.0]), 18.0
    surface = make_surface(ball(geometry, centre, radius), geometry)
    assert volume(surface) == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)
    # Marching cubes of whole pixels keeps their steps, which have more area than the ball.
    assert 1 < area(surface) / (4 * np.pi * radius**2) < 1.2
    reached = np.linalg.norm(surface.vertices - centre, axis=1)
    assert np.abs(reached - radius).max() < max(step, *pixel)


def test_a_large_segment_is_computed_from_larger_blocks() -> None:
    geometry = stack([float(one) for one in range(60)])
    centre, radius = np.array([10.0, 40.0, 30.0]), 25.0
    fine = make_surface(ball(geometry, centre, radius), geometry)
    coarse = make_surface(ball(geometry, centre, radius), geometry, most_voxels=20_000)
    assert len(coarse.faces) < len(fine.faces) / 3
    assert volume(coarse) == pytest.approx(volume(fine), rel=0.03)
    assert np.abs(box(coarse) - box(fine)).max() < 2
    assert area(coarse) < area(fine)


def square(*slices: int) -> list[tuple[int, NDArray[np.bool_]]]:
    mask = np.zeros((64, 64), dtype=np.bool_)
    mask[10:30, 20:40] = True
    return [(index, mask) for index in slices]


def test_one_slice_is_as_thick_as_it_reaches() -> None:
    geometry = stack([0.0, 3.0, 6.0, 9.0])
    surface = make_surface(square(2), geometry)
    assert np.allclose(box(surface), [[-0.5, 19.5, 4.5], [19.5, 39.5, 7.5]])
    assert set(surface.slices) == {2}
    alone = make_surface(square(0), stack([5.0]))
    assert np.allclose(box(alone)[:, 2], [4, 6])


def test_uneven_slices_reach_half_way_to_their_neighbours() -> None:
    geometry = stack([0.0, 2.0, 5.0, 7.0, 9.0])
    surface = make_surface(square(1, 2), geometry)
    assert np.allclose(box(surface)[:, 2], [1, 6])
    assert set(surface.slices) == {1, 2}


def test_where_slices_are_missing_the_surface_is_closed_on_both_sides() -> None:
    geometry = stack([0.0, 2.0, 4.0, 20.0, 22.0, 24.0])
    surface = make_surface(square(1, 2, 3, 4), geometry)
    heights = surface.vertices[:, 2]
    assert not ((heights > 5 + 1e-3) & (heights < 19 - 1e-3)).any()
    assert volume(surface) == pytest.approx(20 * 20 * 8, rel=0.03)


def test_a_narrow_gap_is_closed_too() -> None:
    geometry = stack([0.0, 2.0, 4.0, 7.2, 9.2, 11.2])
    heights = make_surface(square(1, 2, 3, 4), geometry).vertices[:, 2]
    assert not ((heights > 5.3) & (heights < 5.9)).any()


def test_parts_apart_and_empty_slices_between_them() -> None:
    geometry = stack([float(one) for one in range(10)])
    surface = make_surface(square(1, 2, 6, 7), geometry)
    assert volume(surface) == pytest.approx(20 * 20 * 4, rel=0.03)
    assert set(surface.slices) == {1, 2, 6, 7}


def test_nothing_marked_gives_no_surface() -> None:
    geometry = stack([0.0, 1.0])
    for masks in ([], [(0, np.zeros((64, 64), dtype=np.bool_))]):
        surface = make_surface(masks, geometry)
        assert surface.vertices.shape == surface.faces.shape == (0, 3)
