"""On which slice of a series each contour of a structure set lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.dicom.geometry import Geometry
from core.formats.image_references import NamedImages

# Coordinates are rounded to hundredths of a millimetre or finer, unless they show otherwise.
_ROUNDING_MM = 0.01


@dataclass(frozen=True, eq=False)
class PlanarContour:
    """A closed contour.

    Parameters
    ----------
    points : numpy.ndarray, shape (points, 3)
        LPS in mm.
    named : NamedImages
        The images that it says it was drawn on.
    """

    points: np.ndarray
    named: NamedImages


@dataclass(frozen=True, eq=False)
class PlacedContours:
    """Contours on the slices of a series.

    Parameters
    ----------
    by_slice : dict of int to list of PlanarContour
        By slice index.
    elsewhere : int
        Contours that name images of other stacks only.
    beyond : int
        Contours that reach no slice.
    between : int
        Contours between slices that have a nearer one.
    beside : int
        Contours that lie further from their slice than the rounding of coordinates explains.
    furthest : float
        Largest distance in mm of a contour from its slice.
    """

    by_slice: dict[int, list[PlanarContour]]
    elsewhere: int = 0
    beyond: int = 0
    between: int = 0
    beside: int = 0
    furthest: float = 0.0


def place_contours(
    contours: Sequence[PlanarContour], geometry: Geometry, *, of_other_series: bool
) -> PlacedContours:
    """Give each slice its contours.

    A contour that names an image lies on it, however its coordinates are rounded; one that names
    an image outside the stack is left out, unless the file is `of_other_series`. For the others the
    position counts: each plane of contours goes to the nearest slice that reaches it, the lower one
    halfway between two, and each slice takes the nearest of these planes.
    """
    placed: dict[int, list[PlanarContour]] = {}
    free = []
    elsewhere = 0
    for contour in contours:
        if contour.named.slices:
            placed.setdefault(_nearest(contour, geometry), []).append(contour)
        elif of_other_series or not contour.named.names_image:
            free.append(contour)
        else:
            elsewhere += 1
    nearest: dict[int, tuple[float, list[PlanarContour]]] = {}
    rounding = _rounding(free, geometry)
    beyond = 0
    for distance, plane in _planes(free, geometry, rounding):
        index = _slice_that_reaches(distance, geometry, rounding)
        if index is None:
            beyond += len(plane)
            continue
        away = abs(distance - _place(index, geometry))
        if index not in placed and (index not in nearest or away < nearest[index][0]):
            nearest[index] = away, plane
    placed |= {index: plane for index, (_, plane) in nearest.items()}
    distances = np.array(
        [
            abs(_distance(contour, geometry) - _place(index, geometry))
            for index, plane in placed.items()
            for contour in plane
        ]
    )
    # As for frames of a segmentation: half a pixel, or a tenth of the way to the next slice.
    tolerance = min(0.5 * min(geometry.pixel_spacing), 0.1 * geometry.slice_spacing)
    return PlacedContours(
        placed,
        elsewhere=elsewhere,
        beyond=beyond,
        between=len(contours) - elsewhere - beyond - len(distances),
        beside=int((distances > max(tolerance, rounding)).sum()),
        furthest=float(distances.max(initial=0.0)),
    )


def _nearest(contour: PlanarContour, geometry: Geometry) -> int:
    """Return the nearest of the slices that a contour names."""
    distance = _distance(contour, geometry)
    return min(contour.named.slices, key=lambda index: abs(_place(index, geometry) - distance))


def _place(index: int, geometry: Geometry) -> float:
    return float(geometry.positions[index] @ geometry.normal)


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
