from typing import Any

import numpy as np
import pytest

from core.dicom.geometry import Geometry, direction_letters
from tests.support.synthetic_series import AXIAL, CORONAL, OBLIQUE, SAGITTAL


def make_geometry(
    orientation: tuple[float, ...] = AXIAL,
    slices: int = 4,
    step: tuple[float, float, float] = (0.0, 0.0, 2.5),
    **changes: Any,
) -> Geometry:
    settings: dict[str, Any] = {
        "row_direction": np.array(orientation[:3]),
        "column_direction": np.array(orientation[3:]),
        "positions": np.array([np.array(step) * index for index in range(slices)]) + [10, -20, 30],
        "pixel_spacing": (0.5, 0.75),
        "rows": 8,
        "columns": 6,
    }
    return Geometry(**(settings | changes))


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (AXIAL, ("R", "L", "A", "P")),
        (SAGITTAL, ("A", "P", "H", "F")),
        (CORONAL, ("R", "L", "H", "F")),
        ((-1.0, 0, 0, 0, 1, 0), ("L", "R", "A", "P")),
    ],
)
def test_letters_name_the_edges_of_orthogonal_planes(
    orientation: tuple[float, ...], letters: tuple[str, str, str, str]
) -> None:
    assert make_geometry(orientation).orientation_letters == letters


def test_letters_of_an_oblique_plane_put_the_strongest_direction_first() -> None:
    assert direction_letters(np.array([0.6, -0.8, 0.0])) == "AL"
    left, right, _, _ = make_geometry(OBLIQUE).orientation_letters
    assert right == "LPF" and left == "RAH"


def test_no_letters_are_claimed_without_a_place_in_the_patient() -> None:
    assert make_geometry(in_patient=False).orientation_letters == ("", "", "", "")


def test_affine_takes_column_row_and_slice_to_the_patient() -> None:
    affine = make_geometry().affine
    # Pixel spacing is between rows first, and a column index moves along the row.
    assert np.allclose(affine @ [2, 3, 1, 1], [10 + 2 * 0.75, -20 + 3 * 0.5, 32.5, 1])


def test_affine_of_a_tilted_stack_keeps_every_position() -> None:
    geometry = make_geometry(step=(0.0, 0.4, 2.5))
    for index, position in enumerate(geometry.positions):
        assert np.allclose(geometry.affine @ [0, 0, index, 1], [*position, 1])
    assert geometry.tilt == pytest.approx(np.degrees(np.arctan2(0.4, 2.5)))
    assert geometry.slice_spacing == pytest.approx(2.5)


def test_spacing_is_the_median_gap_and_ordered_like_the_volume() -> None:
    positions = np.array([[0, 0, z] for z in (0.0, 2.0, 4.0, 10.0)])
    geometry = make_geometry(positions=positions)
    assert geometry.spacing == (2.0, 0.5, 0.75)
    assert geometry.slice_gaps.tolist() == [2, 2, 6]


def test_a_single_slice_is_as_far_from_the_next_as_it_is_thick() -> None:
    geometry = make_geometry(slices=1, slice_thickness=3.5)
    assert geometry.slice_spacing == 3.5
    assert np.allclose(geometry.affine[:3, 2], [0, 0, 3.5])


def test_volumes_are_measured_where_it_is_known_how_much_each_slice_stands_for() -> None:
    assert make_geometry(slices=1, slice_thickness=3.5).measures_volume
    assert not make_geometry(slices=1, has_thickness=False).measures_volume
    assert make_geometry(slices=2, has_thickness=False).measures_volume
    assert not make_geometry(slices=2, in_patient=False).measures_volume
