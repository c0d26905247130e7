"""A second series at the position of the first: FLAIR next to T1, PET next to CT."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from core.dicom.errors import DicomError
from core.dicom.geometry import Geometry
from core.dicom.series import Series, SeriesSummary

_ROUNDING = 1e-6
_LONGEST_SIDE = 768  # pixels up to which a finer second series is sampled finer


@dataclass(frozen=True, eq=False)
class SecondSlice:
    """A second series, resampled onto the plane of a slice.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (rows, columns)
        Units of the second series, on the pixels of the first or on a finer grid over them.
    is_covered : numpy.ndarray of bool, shape (rows, columns)
        Where the second series has data.
    slices : tuple of int
        Slices of the second series that are shown: one where planes are parallel, none outside.
    away : float
        Largest distance in mm between a pixel and the slice that it is taken from.
    """

    values: np.ndarray
    is_covered: np.ndarray
    slices: tuple[int, ...]
    away: float

    @property
    def nearest(self) -> int | None:
        """The slice that is shown, where it is one."""
        return self.slices[0] if len(self.slices) == 1 else None


def fitting_series(summary: SeriesSummary, found: Iterable[SeriesSummary]) -> list[SeriesSummary]:
    """Choose the series that can be shown with one: others in its frame of reference."""
    return [other for other in found if reason_against(summary, other) is None]


def reason_against(summary: SeriesSummary, other: SeriesSummary) -> str | None:
    """Say why a series cannot be shown with another; None where it can."""
    if other.uid == summary.uid:
        return "it is the series itself"
    for candidate, name in ((summary, "the open series"), (other, "it")):
        if candidate.frame_of_reference_uid is None or not candidate.geometry.in_patient:
            return f"{name} has no position in the patient"
    if other.frame_of_reference_uid != summary.frame_of_reference_uid:
        return "it has another frame of reference"
    return None


def sampling_factor(summary: SeriesSummary, second: SeriesSummary) -> int:
    """How many times finer than the first series to sample, so that a finer second one is sharp."""
    wanted = round(min(summary.pixel_spacing) / min(second.pixel_spacing))
    return max(1, min(wanted, _LONGEST_SIDE // max(summary.rows, summary.columns)))


def second_slice(
    summary: SeriesSummary,
    index: int,
    second: Series,
    *,
    finer: int = 1,
    outside: float | None = None,
) -> SecondSlice:
    """Resample a second series onto the plane of a slice, whatever its own planes are.

    Each pixel takes the nearest slice of the second series and is interpolated within it, so that
    parallel slices are shown as they are and never mixed.

    Parameters
    ----------
    summary : SeriesSummary
        The series whose slice is shown.
    index : int
        The slice.
    second : Series
        The second series.
    finer : int
        Pixels to sample along each side of a pixel of the first series.
    outside : float, optional
        Value where the second series has no data; by default its lowest.

    Raises
    ------
    DicomError
        When the two do not share a frame of reference.
    """
    if not fitting_series(summary, [second.summary]):
        raise DicomError(
            "The two series do not share a frame of reference, so their positions cannot be "
            "compared."
        )
    points = _pixel_centres(summary.geometry, index, finer)
    slices, rows, columns, distances, is_covered = _grid_positions(points, second.geometry)
    values = map_coordinates(
        second.volume, [slices, rows, columns], np.float32, order=1, mode="nearest"
    )
    if not is_covered.all():
        values[~is_covered] = second.volume.min() if outside is None else outside
    shown = np.unique(slices[is_covered])
    away = float(distances[is_covered].max(initial=0))
    return SecondSlice(values, is_covered, tuple(int(number) for number in shown), away)


def _pixel_centres(geometry: Geometry, index: int, finer: int) -> np.ndarray:
    """Centres of the pixels of a slice, shape (rows, columns, 3) × finer, LPS in mm."""
    between_rows, between_columns = geometry.pixel_spacing
    row, column = (
        (np.arange(size * finer) + 0.5) / finer - 0.5 for size in (geometry.rows, geometry.columns)
    )
    rows = row[:, None, None] * between_rows * geometry.column_direction
    columns = column[None, :, None] * between_columns * geometry.row_direction
    return geometry.positions[index] + rows + columns


def _grid_positions(points: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, ...]:
    """Slice, row and column of points in a stack, mm to the slice, and whether it reaches there."""
    distances = geometry.positions @ geometry.normal
    wanted = points @ geometry.normal
    after = np.clip(np.searchsorted(distances, wanted), 1, max(1, len(distances) - 1))
    before = after - 1
    after = np.minimum(after, len(distances) - 1)
    is_later = np.abs(distances[after] - wanted) < np.abs(distances[before] - wanted)
    slices = np.where(is_later, after, before)
    away = np.abs(distances[slices] - wanted)
    is_covered = away <= geometry.slice_spacing / 2 + _ROUNDING
    offsets = points - geometry.positions[slices]
    rows = offsets @ geometry.column_direction / geometry.pixel_spacing[0]
    columns = offsets @ geometry.row_direction / geometry.pixel_spacing[1]
    for position, size in ((rows, geometry.rows), (columns, geometry.columns)):
        is_covered &= (position >= -0.5 - _ROUNDING) & (position <= size - 0.5 + _ROUNDING)
    return slices, rows, columns, away, is_covered
