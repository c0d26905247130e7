"""Operations on the masks of one segment over all slices together.

Volumes are bool [slices, rows, columns]. Lengths are in mm and volumes in mm³, whatever the
distances between slices, rows and columns are, also where they differ from slice to slice, and
where slices are shifted against each other. Voxels are connected where they share a face, an edge
or a corner. What lies beyond the borders of the series is unknown, so that nothing is removed for
its sake.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.segments.shifted_slices import (
    as_slices,
    moved,
    pixels_within,
    shift_in_pixels,
    straightened,
)

Volume = NDArray[np.bool_]
"""Bool [slices, rows, columns]."""

_TOUCHING = np.ones((3, 3, 3), dtype=np.bool_)
# Files give positions as decimals of limited length: slices 5 mm apart may be 5.0001 mm apart.
_ROUNDED_MM = 1e-3
# Of the standard deviation, as `scipy.ndimage.gaussian_filter` does it.
_GAUSSIAN_REACH = 4.0


@dataclass(frozen=True, eq=False)
class VoxelGrid:
    """Where the voxels of a series lie.

    Attributes
    ----------
    positions : numpy.ndarray, shape (slices,)
        Of the slices along their normal in mm, growing.
    thickness : numpy.ndarray, shape (slices,)
        How much of the normal each slice stands for, in mm.
    pixel_spacing : tuple of float
        Distance between rows, then between columns, in mm.
    shifts : numpy.ndarray, shape (slices, 2)
        How far the slices are shifted, along their rows, then along their columns, in mm.
    """

    positions: NDArray[np.float64]
    thickness: NDArray[np.float64]
    pixel_spacing: tuple[float, float]
    shifts: NDArray[np.float64]

    @cached_property
    def voxel_mm3(self) -> NDArray[np.float64]:
        """Volume of one voxel of each slice in mm³, shape (slices,)."""
        return self.thickness * self.pixel_spacing[0] * self.pixel_spacing[1]

    @cached_property
    def pixel_shifts(self) -> NDArray[np.float64]:
        """How far the slices are shifted in rows and columns, shape (slices, 2)."""
        return shift_in_pixels(self.shifts, self.pixel_spacing)

    def volume_mm3(self, mask: Volume) -> float:
        """Volume that a mask marks, in mm³."""
        return float(np.count_nonzero(mask, axis=(1, 2)) @ self.voxel_mm3)

    def near(self, first: int, last: int, distance: float) -> slice:
        """Slices between two and those within a distance of them."""
        low = self.positions[first] - distance - _ROUNDED_MM
        high = self.positions[last] + distance + _ROUNDED_MM
        start, stop = np.searchsorted(self.positions, [low, high])
        return slice(int(start), int(stop))

    def sideways(self, first: int, last: int, distance: float) -> NDArray[np.intp]:
        """Rows and columns by which slices within a distance of some are shifted against them."""
        near = self.near(first, last, distance)
        own = slice(first, last + 1)
        away = np.abs(self.positions[own, None] - self.positions[None, near])
        shifts = np.abs(self.pixel_shifts[own, None] - self.pixel_shifts[None, near])
        reached = shifts[away <= distance + _ROUNDED_MM]
        return np.ceil(reached.max(axis=0, initial=0.0)).astype(np.intp)


def keep_largest_part(mask: Volume, grid: VoxelGrid) -> Volume:
    """Remove everything that is not connected with the part of the largest volume.

    Parameters
    ----------
    mask : numpy.ndarray
        Bool [slices, rows, columns].
    grid : VoxelGrid
        Where its voxels lie.

    Returns
    -------
    numpy.ndarray
        Bool [slices, rows, columns].
    """
    labels, sizes = _parts(mask, grid)
    if len(sizes) < 2:
        return mask.copy()
    return np.asarray(labels == 1 + np.argmax(sizes))


def remove_islands(mask: Volume, grid: VoxelGrid, smallest_mm3: float) -> Volume:
    """Remove connected parts that are smaller than a volume; parameters as for `keep_largest_part`.

    Parameters
    ----------
    mask, grid
        As for `keep_largest_part`.
    smallest_mm3 : float
        Parts of this volume and larger ones stay.

    Returns
    -------
    numpy.ndarray
        Bool [slices, rows, columns].
    """
    labels, sizes = _parts(mask, grid)
    # Sums of decimals: a part of exactly this volume stays.
    stays = np.concatenate([[False], sizes >= smallest_mm3 * (1 - 1e-9)])
    return stays[labels]


def fill_holes(mask: Volume) -> Volume:
    """Fill what the mask encloses within a slice, slice by slice."""
    filled: Volume = mask.copy()
    box = _box(mask)
    if box is not None:
        filled[box] = [ndimage.binary_fill_holes(plane) for plane in mask[box]]
    return filled


def fill_cavities(mask: Volume, grid: VoxelGrid) -> Volume:
    """Fill what the mask encloses on all sides, above and below included; parameters as above."""
    filled: Volume = mask.copy()
    box = _box(mask)
    if box is not None:
        part = mask[box]
        laid, corners = straightened(part, grid.pixel_shifts[box[0]])
        filled[box] = as_slices(ndimage.binary_fill_holes(laid), corners, part.shape[1:])
    return filled


def smooth(mask: Volume, grid: VoxelGrid, deviation_mm: float) -> Volume:
    """Smooth the surface, within slices and between them.

    A Gaussian is applied to the mask, and what is more than half inside is marked. Details that are
    smaller than the standard deviation vanish, dents of that size are filled.

    Parameters
    ----------
    mask, grid
        As for `keep_largest_part`.
    deviation_mm : float
        Standard deviation of the Gaussian in mm; above 0.

    Returns
    -------
    numpy.ndarray
        Bool [slices, rows, columns].

    Raises
    ------
    ValueError
        If the deviation is not above 0.
    """
    if not deviation_mm > 0:
        raise ValueError("Smoothing needs a length above 0 mm.")
    smoothed: Volume = np.zeros_like(mask)
    box = _box(mask, grid, _GAUSSIAN_REACH * deviation_mm)
    if box is None:
        return smoothed
    sigma = [deviation_mm / step for step in grid.pixel_spacing]
    planes = np.stack(
        [
            ndimage.gaussian_filter(plane.astype(np.float32), sigma, mode="nearest")
            for plane in mask[box]
        ]
    )
    at = grid.positions[box[0]]
    away = (at[:, None] - at[None, :]) / deviation_mm
    weights = np.exp(-0.5 * away**2) * grid.thickness[box[0]]
    weights[np.abs(away) > _GAUSSIAN_REACH] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    smoothed[box] = _weighted(planes, weights, grid.pixel_shifts[box[0]]) > 0.5
    return smoothed


def add_margin(mask: Volume, grid: VoxelGrid, margin_mm: float) -> Volume:
    """Grow the mask by a margin in all directions, or shrink it where the margin is below 0.

    A voxel is added where the centre of a marked one lies within the margin, and removed where the
    centre of one that is not marked does.

    Parameters
    ----------
    mask, grid
        As for `keep_largest_part`.
    margin_mm : float
        In mm.

    Returns
    -------
    numpy.ndarray
        Bool [slices, rows, columns].
    """
    reach = abs(margin_mm)
    box = _box(mask, grid, reach)
    changed: Volume = mask.copy()
    if box is None or reach == 0:
        return changed
    part, result = mask[box], changed[box]
    at, shifts = grid.positions[box[0]], grid.shifts[box[0]]
    grows = margin_mm > 0
    for index, plane in enumerate(part):
        seeds = plane if grows else ~plane
        if not seeds.any():
            continue
        distances = ndimage.distance_transform_edt(~seeds, sampling=grid.pixel_spacing)
        for other, left in _within(at, index, reach):
            shift = shifts[index] - shifts[other]
            is_shifted = np.abs(shift).max() > _ROUNDED_MM
            reached = (
                pixels_within(seeds, shift, grid.pixel_spacing, left)
                if is_shifted
                else (distances <= left)
            )
            result[other][reached] = grows
    return changed


def keep_values(mask: Volume, values: NDArray[np.generic], low: float, high: float) -> Volume:
    """Remove voxels whose values lie outside a range.

    Parameters
    ----------
    mask : numpy.ndarray
        Bool [slices, rows, columns].
    values : numpy.ndarray
        Numbers of the same shape, in modality units.
    low, high : float
        Range, both included.

    Returns
    -------
    numpy.ndarray
        Bool [slices, rows, columns].

    Raises
    ------
    ValueError
        If the range is empty.
    """
    if low > high:
        raise ValueError("The lower value is above the upper one.")
    kept: Volume = mask.copy()
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        kept[index] &= (values[index] >= low) & (values[index] <= high)
    return kept


def _parts(mask: Volume, grid: VoxelGrid) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Number of the connected part of every voxel, 0 outside, and volumes of the parts in mm³."""
    laid, corners = straightened(mask, grid.pixel_shifts)
    labels, parts = ndimage.label(laid, structure=_TOUCHING)
    labels = as_slices(labels, corners, mask.shape[1:])
    sizes = np.zeros(parts)
    for plane, size in zip(labels, grid.voxel_mm3, strict=True):
        sizes += size * np.bincount(plane.ravel(), minlength=parts + 1)[1:]
    return labels, sizes


def _box(
    mask: Volume, grid: VoxelGrid | None = None, around_mm: float = 0.0
) -> tuple[slice, slice, slice] | None:
    """Smallest box around a mask and what lies within a distance; None around nothing."""
    found = ndimage.find_objects(mask.view(np.int8))
    if not found:
        return None
    planes, rows, columns = found[0]
    if grid is None:
        return planes, rows, columns
    more = grid.sideways(planes.start, planes.stop - 1, around_mm)
    wide = []
    for one, step, shifted in zip((rows, columns), grid.pixel_spacing, more, strict=True):
        around = 1 + int(np.ceil(around_mm / step)) + int(shifted)
        wide.append(slice(max(0, one.start - around), one.stop + around))
    return grid.near(planes.start, planes.stop - 1, around_mm), wide[0], wide[1]


def _weighted(
    planes: NDArray[np.float32], weights: NDArray[np.float64], shifts: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Sum of all slices at the places of each, with a row of weights for each."""
    weights = weights.astype(np.float32)
    if not np.ptp(shifts, axis=0).any():
        return np.asarray(np.tensordot(weights, planes, axes=1), dtype=np.float32)
    summed: NDArray[np.float32] = np.zeros_like(planes)
    for index, row in enumerate(weights):
        for other in np.flatnonzero(row):
            summed[index] += row[other] * moved(planes[other], shifts[other] - shifts[index])
    return summed


def _within(
    positions: NDArray[np.float64], index: int, reach: float
) -> Iterator[tuple[int, float]]:
    """Slices within reach of one, and how far the reach goes within each of them, in mm."""
    away = np.abs(positions - positions[index])
    for other in np.flatnonzero(away <= reach + _ROUNDED_MM):
        left = np.sqrt(max(0.0, reach**2 - float(away[other]) ** 2))
        yield int(other), float(left) + _ROUNDED_MM
