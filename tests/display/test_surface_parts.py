"""The surface of a segment, parted where drawn and proposed slices meet."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from core.dicom.geometry import Geometry
from core.display.surface_parts import part_surface
from core.display.surfaces import Surface, make_surface

SLICES, SIDE = 30, 48


def stack(step: float = 2.0, shear: float = 0.0) -> Geometry:
    places = np.arange(SLICES) * step
    positions = np.stack([np.zeros(SLICES), shear * places, places], axis=1)
    return Geometry(np.eye(3)[0], np.eye(3)[1], positions, (1.0, 1.0), SIDE, SIDE)


def cone(slices: range) -> list[tuple[int, NDArray[np.bool_]]]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return [(index, np.hypot(rows - 24, columns - 24) < 4 + index / 2) for index in slices]


def area(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> float:
    a, b, c = (vertices[faces[:, one]].astype(np.float64) for one in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def open_edges(faces: NDArray[np.int32]) -> NDArray[np.intp]:
    """Edges of one triangle only, shape (edges, 2)."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    counts = Counter(map(tuple, edges.tolist()))
    return np.array([edge for edge, count in counts.items() if count == 1])


@pytest.mark.parametrize("shear", [0.0, 0.4])
@pytest.mark.parametrize("most", [2_000_000, 8_000])
def test_both_parts_end_in_a_straight_line_and_fill_the_surface(shear: float, most: int) -> None:
    geometry = stack(shear=shear)
    surface = make_surface(cone(range(3, 25)), geometry, most)
    drawn, proposed = [*range(3, 10), 16, 17], [*range(10, 16), *range(18, 25)]
    vertices, faces, others = part_surface(surface, proposed, geometry)
    whole = area(surface.vertices, surface.faces)
    assert area(vertices, faces) + area(vertices, others) == pytest.approx(whole, rel=1e-4)
    assert len(open_edges(np.concatenate([faces, others]))) == 0
    heights = vertices[open_edges(faces)] @ geometry.normal
    # Slices lie 2 mm apart: the kinds meet half way between 9 and 10, 15 and 16, 17 and 18.
    assert set(np.round(heights.ravel(), 3)) == {19.0, 31.0, 35.0}
    for part, slices in ((faces, drawn), (others, proposed)):
        reached = (vertices @ geometry.normal)[part]
        ends = [(2 * index - 1, 2 * index + 1) for index in slices]
        middle = reached.mean(axis=1)
        assert all(any(low <= one <= high for low, high in ends) for one in middle)


def test_one_kind_alone_keeps_its_surface() -> None:
    geometry = stack()
    surface = make_surface(cone(range(3, 8)), geometry)
    vertices, faces, others = part_surface(surface, [], geometry)
    assert np.array_equal(vertices, surface.vertices)
    assert np.array_equal(faces, surface.faces)
    assert others.shape == (0, 3)
    vertices, faces, others = part_surface(surface, range(3, 8), geometry)
    assert faces.shape == (0, 3)
    assert np.array_equal(others, surface.faces)


def test_no_surface_has_no_parts() -> None:
    nothing = Surface(
        np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), np.zeros(0, np.intp)
    )
    vertices, faces, others = part_surface(nothing, [], stack())
    assert vertices.shape == faces.shape == others.shape == (0, 3)
