"""Masks of one stack of planes on the slices of another, by the nearest plane and pixel."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.dicom.geometry import Geometry, plane_normal

_PARALLEL = 1 - 1e-4
_ROUNDING_MM = 1e-3


@dataclass(frozen=True, eq=False)
class Planes:
    """Parallel planes of pixels, patient coordinates LPS in mm.

    Parameters
    ----------
    row_direction, column_direction : numpy.ndarray, shape (3,)
        Unit vectors along which the column index and the row index grow.
    positions : numpy.ndarray, shape (planes, 3)
        Centre of the first pixel of each plane, in any order.
    pixel_spacing : tuple of float
        Between rows, then between columns, in mm.
    step : float
        Distance between neighbouring planes in mm, which ends how far a plane reaches.
    """

    row_direction: np.ndarray
    column_direction: np.ndarray
    positions: np.ndarray
    pixel_spacing: tuple[float, float]
    step: float

    @property
    def normal(self) -> np.ndarray:
        """Unit vector across the planes, shape (3,)."""
        return plane_normal(self.row_direction, self.column_direction)


def are_parallel(planes: Planes, geometry: Geometry) -> bool:
    """Tell whether planes lie in the same direction as slices, from whichever side."""
    return bool(abs(planes.normal @ geometry.normal) > _PARALLEL)


def nearest_plane(distances: np.ndarray, step: float, wanted: float) -> int | None:
    """Find the plane nearest to a place along the normal, if it reaches that far.

    Parameters
    ----------
    distances : numpy.ndarray, shape (planes,)
        Of the planes along the normal in mm.
    step : float
        Distance between neighbouring planes in mm: each reaches half of it.
    wanted : float
        Place along the same normal in mm.
    """
    index = int(np.argmin(np.abs(distances - wanted)))
    return index if abs(distances[index] - wanted) <= step / 2 + _ROUNDING_MM else None


def resample_masks(
    masks: Mapping[int, np.ndarray], planes: Planes, geometry: Geometry
) -> dict[int, np.ndarray]:
    """Bring masks from planes onto parallel slices.

    Each slice takes the nearest plane, each pixel the nearest pixel of that plane.

    Parameters
    ----------
    masks : mapping of int to numpy.ndarray of bool, shape (rows, columns)
        By index of the plane; planes without a mask are empty.
    planes : Planes
        Where the masks lie; `are_parallel` to the slices.
    geometry : Geometry
        Where the slices lie.

    Returns
    -------
    dict of int to numpy.ndarray of bool
        By slice index; only slices with a pixel.
    """
    distances = planes.positions @ geometry.normal
    found = {}
    for index, position in enumerate(geometry.positions):
        plane = nearest_plane(distances, planes.step, float(position @ geometry.normal))
        mask = masks.get(plane) if plane is not None else None
        if plane is None or mask is None:
            continue
        resampled = _pixels(mask, planes, planes.positions[plane], geometry, position)
        if resampled.any():
            found[index] = resampled
    return found


def even_grid(geometry: Geometry) -> Geometry:
    """Return planes in even steps for slices that lie in uneven ones.

    The planes have the pixels of the slices. They begin with the first slice and are as far apart
    as the two nearest slices, so that every slice has a plane of its own.
    """
    gaps = geometry.slice_gaps
    step = float(gaps.min())
    planes = int(np.floor(gaps.sum() / step + 0.5)) + 1
    # Along the mean step from slice to slice, which a tilted gantry shifts within the plane.
    across = geometry.affine[:3, 2]
    across = across / float(across @ geometry.normal) * step
    positions = geometry.positions[0] + np.arange(planes)[:, None] * across
    return replace(geometry, positions=positions)


def masks_on_grid(
    masks: Mapping[int, np.ndarray], geometry: Geometry, grid: Geometry
) -> dict[int, np.ndarray]:
    """Bring masks of slices onto the planes of a grid, each from the nearest slice that reaches it.

    Parameters
    ----------
    masks : mapping of int to numpy.ndarray of bool, shape (rows, columns)
        By slice index.
    geometry : Geometry
        Of the slices; a gap between them that no slice reaches (`Geometry.slice_reach`) stays
        empty.
    grid : Geometry
        From `even_grid`.

    Returns
    -------
    dict of int to numpy.ndarray of bool
        By index of the plane; only planes with a pixel.
    """
    slices = Planes(
        geometry.row_direction,
        geometry.column_direction,
        geometry.positions,
        geometry.pixel_spacing,
        geometry.slice_spacing,
    )
    places = geometry.positions @ geometry.normal
    found = {}
    for plane, position in enumerate(grid.positions):
        distance = float(position @ geometry.normal)
        index = int(np.argmin(np.abs(places - distance)))
        down, up = geometry.slice_reach[index]
        reach = down if distance < places[index] else up
        mask = masks.get(index)
        if mask is None or abs(distance - places[index]) > reach + _ROUNDING_MM:
            continue
        pixels = _pixels(mask, slices, geometry.positions[index], grid, position)
        if pixels.any():
            found[plane] = pixels
    return found


def _pixels(
    mask: np.ndarray, planes: Planes, corner: np.ndarray, geometry: Geometry, position: np.ndarray
) -> np.ndarray:
    """Look up the nearest pixel of a plane for each pixel of a slice."""
    rows = np.arange(geometry.rows)[:, None]
    columns = np.arange(geometry.columns)[None, :]
    indices = []
    for direction, spacing, length in (
        (planes.column_direction, planes.pixel_spacing[0], mask.shape[0]),
        (planes.row_direction, planes.pixel_spacing[1], mask.shape[1]),
    ):
        start = (position - corner) @ direction
        along_rows = geometry.column_direction @ direction * geometry.pixel_spacing[0]
        along_columns = geometry.row_direction @ direction * geometry.pixel_spacing[1]
        exact = (start + rows * along_rows + columns * along_columns) / spacing
        # A pixel halfway between two takes the lower one, whatever rounding does to the half.
        index = np.ceil(exact - 0.5 - 1e-6).astype(np.int64)
        indices.append(np.where((index >= 0) & (index < length), index, -1))
    inside = (indices[0] >= 0) & (indices[1] >= 0)
    return mask[indices[0], indices[1]] & inside
