"""How planes across the slices lie in the patient, also where slices are shifted (gantry tilt).

A plane goes through the same row, or the same column, of all slices. Where slices are shifted
against each other it is not upright on them, and each slice begins at another place along it.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.dicom.geometry import Geometry, direction_letters

Axis = Literal["row", "column"]
AXES: tuple[Axis, ...] = ("row", "column")


def slice_shifts(geometry: Geometry) -> NDArray[np.float64]:
    """How far slices are shifted against the first one.

    Parameters
    ----------
    geometry : Geometry
        Of the series.

    Returns
    -------
    numpy.ndarray, shape (slices, 2)
        Along the rows (in the direction in which columns are counted) and along the columns, in mm.
    """
    away = geometry.positions - geometry.positions[0]
    return np.stack([away @ geometry.row_direction, away @ geometry.column_direction], axis=1)


def upright_letters(geometry: Geometry, axis: Axis) -> tuple[str, str]:
    """Name the patient's sides at both ends of a plane across the slices.

    Parameters
    ----------
    geometry : Geometry
        Of the series.
    axis : {"row", "column"}
        What of each slice lies on the plane.

    Returns
    -------
    tuple of str
        Where the first slice lies and where the last one does, as `direction_letters` gives them;
        blank where the series has no place in the patient.
    """
    if not geometry.in_patient:
        return ("", "")
    along = geometry.row_direction if axis == "row" else geometry.column_direction
    way = geometry.positions[-1] - geometry.positions[0]
    way = way - (way @ along) * along
    length = float(np.linalg.norm(way))
    way = way / length if length > 0 else geometry.normal
    return direction_letters(-way), direction_letters(way)
