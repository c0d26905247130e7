"""On which slice of a series each contour of a structure set lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.dicom.geometry import Geometry

# Coordinates are rounded to hundredths of a millimetre or finer, unless they show otherwise.
_ROUNDING_MM = 0.01


@dataclass(frozen=True, eq=False)
class PlanarContour:
    """A closed contour.

    Parameters
    ----------
    points : numpy.ndarray, shape (points, 3)
        LPS in mm.
    slices : tuple of int
        Indices of the slices whose images it names.
    names_image : bool
        Whether it names any image, of the series or not.
    """

    points: np.ndarray
    slices: tuple[int, ...]
    names_image: bool


def contours_by_slice(
    contours: Sequence[PlanarContour], geometry: Geometry, *, of_other_series: bool
) -> dict[int, list[PlanarContour]]:
    """Give each slice its contours.

    A contour that names an image lies on it, however its coordinates are rounded; one that names
    an image outside the stack is left out, unless the file is `of_other_series`. For the others the
    position counts: each plane of contours goes to the nearest slice that reaches it, the lower one
    halfway between two, and each slice takes the nearest of these planes.
    """
    placed: dict[int, list[PlanarContour]] = {}
    free = []
    for contour in contours:
        if contour.slices:
            placed.setdefault(_nearest(contour, geometry), []).append(contour)
        elif of_other_series or not contour.names_image:
            free.append(contour)
    nearest: dict[int, tuple[float, list[PlanarContour]]] = {}
    rounding = _rounding(free, geometry)
    for distance, plane in _planes(free, geometry, rounding):
        index = _slice_that_reaches(distance, geometry, rounding)
        if index is None or index in placed:
            continue
        away = abs(distance - float(geometry.positions[index] @ geometry.normal))
        if index not in nearest or away < nearest[index][0]:
            nearest[index] = away, plane
    return placed | {index: plane for index, (_, plane) in nearest.items()}


def _nearest(contour: PlanarContour, geometry: Geometry) -> int:
    """Return the nearest of the slices that a contour names."""
    distance = _distance(contour, geometry)
    return min(
        contour.slices,
        key=lambda index: abs(float(geometry.positions[index] @ geometry.normal) - distance),
    )


def _distance(contour: PlanarContour, geometry: Geometry) -> float:
    return float((contour.points @ geometry.normal).mean())


def _rounding(contours: Sequence[PlanarContour], geometry: Geometry) -> float:
    """Return how far apart along the normal rounding may set contours of one plane.

    Only coordinates of oblique planes scatter: those along an axis are all rounded alike.
    """
    if not contours or np.abs(geometry.normal).max() > 1 - 1e-9:
        return _ROUNDING_MM
    points = np.concatenate([contour.points for contour in contours])
    for step in (1.0, 0.1):
        if np.allclose(points, np.round(points / step) * step, rtol=0, atol=1e-6):
            return step * float(np.abs(geometry.normal).sum())
    return _ROUNDING_MM * float(np.abs(geometry.normal).sum())


def _planes(
    contours: Sequence[PlanarContour], geometry: Geometry, rounding: float
) -> list[tuple[float, list[PlanarContour]]]:
    """Group contours of one plane; return the distance of each plane along the normal with them."""
    ordered = sorted(contours, key=lambda contour: _distance(contour, geometry))
    planes: list[list[PlanarContour]] = []
    for contour in ordered:
        if planes and (
            _distance(contour, geometry) - _distance(planes[-1][0], geometry) <= rounding
        ):
            planes[-1].append(contour)
        else:
            planes.append([contour])
    return [
        (float(np.mean([_distance(contour, geometry) for contour in plane])), plane)
        for plane in planes
    ]


def _slice_that_reaches(distance: float, geometry: Geometry, rounding: float) -> int | None:
    places = geometry.positions @ geometry.normal
    away = np.abs(places - distance)
    index = int(np.flatnonzero(away <= away.min() + rounding)[0])
    down, up = geometry.slice_reach[index]
    reach = down if distance < places[index] else up
    return index if away[index] <= reach + rounding else None
