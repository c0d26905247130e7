"""A second series at the position of the first: FLAIR next to T1, PET next to CT."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from core.dicom.errors import DicomError
from core.dicom.geometry import Geometry
from core.dicom.series import Series, SeriesSummary

_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class SliceBeside:
    """What a second series shows on the plane of a slice.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (rows, columns)
        Units of the second series, on the pixels of the first; its lowest value outside of it.
    is_covered : numpy.ndarray of bool, shape (rows, columns)
        Where the second series reaches.
    nearest : int or None
        Slice of the second series nearest to the middle of the plane; None outside of it.
    """

    values: np.ndarray
    is_covered: np.ndarray
    nearest: int | None


def series_beside(summary: SeriesSummary, found: Iterable[SeriesSummary]) -> list[SeriesSummary]:
    """Choose the series that can be shown beside one: others in its frame of reference."""
    return [
        other
        for other in found
        if other.uid != summary.uid
        and other.frame_of_reference_uid is not None
        and other.frame_of_reference_uid == summary.frame_of_reference_uid
        and other.geometry.in_patient
        and summary.geometry.in_patient
    ]


def slice_beside(summary: SeriesSummary, index: int, second: Series) -> SliceBeside:
    """Look up a second series on the plane of a slice, whatever its own planes are.

    Each pixel takes the nearest slice of the second series and is interpolated within it, so that
    parallel slices are shown as they are and never mixed.

    Parameters
    ----------
    summary : SeriesSummary
        The series whose slice is looked at.
    index : int
        The slice.
    second : Series
        The series to show beside it.

    Raises
    ------
    DicomError
        When the two do not share a frame of reference, so that nothing says how they lie.
    """
    if not series_beside(summary, [second.summary]):
        raise DicomError(
            "The two series do not share a frame of reference, so nothing says where one lies in "
            "the other."
        )
    points = _pixel_centres(summary.geometry, index)
    slices, rows, columns, is_covered = _places(points, second.geometry)
    values = map_coordinates(
        second.volume, [slices, rows, columns], np.float32, order=1, mode="nearest"
    )
    values[~is_covered] = second.volume.min()
    middle = tuple(size // 2 for size in is_covered.shape)
    nearest = int(slices[middle]) if is_covered[middle] else None
    return SliceBeside(values, is_covered, nearest)


def _pixel_centres(geometry: Geometry, index: int) -> np.ndarray:
    """Centres of the pixels of a slice, shape (rows, columns, 3), LPS in mm."""
    between_rows, between_columns = geometry.pixel_spacing
    rows = np.arange(geometry.rows)[:, None, None] * between_rows * geometry.column_direction
    columns = np.arange(geometry.columns)[None, :, None] * between_columns * geometry.row_direction
    return geometry.positions[index] + rows + columns


def _places(points: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, ...]:
    """Slice, row and column of points in a stack, and whether it reaches there."""
    distances = geometry.positions @ geometry.normal
    wanted = points @ geometry.normal
    after = np.clip(np.searchsorted(distances, wanted), 1, max(1, len(distances) - 1))
    before = after - 1
    after = np.minimum(after, len(distances) - 1)
    is_later = np.abs(distances[after] - wanted) < np.abs(distances[before] - wanted)
    slices = np.where(is_later, after, before)
    is_covered = np.abs(distances[slices] - wanted) <= geometry.slice_spacing / 2 + _ROUNDING
    offsets = points - geometry.positions[slices]
    rows = offsets @ geometry.column_direction / geometry.pixel_spacing[0]
    columns = offsets @ geometry.row_direction / geometry.pixel_spacing[1]
    for place, size in ((rows, geometry.rows), (columns, geometry.columns)):
        is_covered &= (place >= -0.5 - _ROUNDING) & (place <= size - 0.5 + _ROUNDING)
    return slices, rows, columns, is_covered
