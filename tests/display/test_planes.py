"""Planes across the slices of a series whose slices are shifted against each other."""

from typing import Any

import numpy as np
import pytest

from core.dicom.geometry import Geometry
from core.display.planes import slice_shifts, upright_letters

_ANGLE = np.radians(20)


def tilted(**changes: Any) -> Geometry:
    """A gantry tilted by 20° about the rows; the table moves along the patient by 5 mm."""
    down = np.array([0.0, np.cos(_ANGLE), np.sin(_ANGLE)])
    positions = np.array([-100.0, -80.0, 0.0]) + np.arange(4)[:, None] * np.array([0.0, 0.0, 5.0])
    return Geometry(np.eye(3)[0], down, positions, (0.8, 0.8), 64, 64, **changes)


def test_slices_of_a_tilted_gantry_are_shifted_along_their_columns() -> None:
    geometry = tilted()
    shifts = slice_shifts(geometry)
    assert shifts[:, 0] == pytest.approx(np.zeros(4))
    assert shifts[:, 1] == pytest.approx(np.arange(4) * 5 * np.sin(_ANGLE))
    along_normal = (geometry.positions - geometry.positions[0]) @ geometry.normal
    assert np.hypot(shifts[:, 1], along_normal) == pytest.approx(np.arange(4) * 5.0)


def test_a_plane_through_a_row_of_all_slices_is_coronal_although_the_slices_are_tilted() -> None:
    geometry = tilted()
    assert upright_letters(geometry, "row") == ("F", "H")
    # The other plane is shown upright on the slices.
    assert upright_letters(geometry, "column") == ("FP", "HA")


def test_one_slice_and_a_series_without_a_place() -> None:
    geometry = tilted()
    one = Geometry(np.eye(3)[0], np.eye(3)[1], geometry.positions[:1], (1.0, 1.0), 8, 8)
    assert upright_letters(one, "row") == ("F", "H")
    assert slice_shifts(one).tolist() == [[0, 0]]
    assert upright_letters(tilted(in_patient=False), "row") == ("", "")
