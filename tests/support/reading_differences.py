"""How Slicewise's reading of a series differs from another one: in place, value or number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from core.dicom.series import Series
from tests.support.independent_readings import ReadVolume

Difference = Literal["place", "value", "number"]
"""Pixels lie elsewhere; they have other values; or slices are not there at all."""

# NIfTI keeps matrices and values in single precision.
_PLACE_TOLERANCE_MM = 0.01
_VALUE_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class _Slice:
    """Values [row, column] and, where the place is known, LPS of every pixel [row, column, 3]."""

    path: Path
    values: np.ndarray
    points: np.ndarray | None


def differences(series: Iterable[Series], read: Sequence[ReadVolume]) -> set[Difference]:
    """Compare every slice with the volumes that another program read, pixel by pixel.

    A slice agrees when each of its pixels lies on a pixel of one of the volumes and has its value.
    Slices whose place Slicewise does not claim to know need the values alone, whatever way up.
    Where files were read one by one, slices of files that could not be read are left out.
    """
    slices = [one for whole in series for one in _slices_of(whole)]
    found: set[Difference] = set()
    for one in slices:
        candidates = [
            volume for volume in read if volume.path is None or volume.path.name == one.path.name
        ]
        if not candidates:
            continue
        if one.points is None:
            if not any(_has_values(one.values, volume) for volume in candidates):
                found.add("value")
            continue
        outcomes = {_agreement(one, volume) for volume in candidates}
        if "" not in outcomes:
            # Values that lie elsewhere are right, and something else lies in their place.
            is_elsewhere = any(_has_values(one.values, volume) for volume in candidates)
            found.add("value" if "value" in outcomes and not is_elsewhere else "place")
    for volume in read:
        for k in range(volume.values.shape[2]):
            plane = volume.values[:, :, k]
            if not any(_is_same_picture(one.values, plane) for one in slices):
                found.add("number")
    return found


def _slices_of(series: Series) -> Iterable[_Slice]:
    geometry = series.geometry
    between_rows, between_columns = geometry.pixel_spacing
    rows, columns = np.mgrid[: geometry.rows, : geometry.columns][..., None]
    offsets = (
        columns * between_columns * geometry.row_direction
        + rows * between_rows * geometry.column_direction
    )
    for record, values, position in zip(
        series.slices, series.volume, geometry.positions, strict=True
    ):
        yield _Slice(record.path, values, position + offsets if geometry.in_patient else None)


def _agreement(one: _Slice, volume: ReadVolume) -> Difference | Literal[""]:
    """Return in what a slice differs from a volume; "" where it agrees."""
    assert one.points is not None
    try:
        inverse = np.linalg.inv(volume.matrix)
    except np.linalg.LinAlgError:
        return "place"
    indices = np.rint(one.points @ inverse[:3, :3].T + inverse[:3, 3])
    back = indices @ volume.matrix[:3, :3].T + volume.matrix[:3, 3]
    inside = np.all((indices >= 0) & (indices < volume.values.shape))
    if not inside or np.abs(back - one.points).max() > _PLACE_TOLERANCE_MM:
        return "place"
    i, j, k = indices.astype(int).transpose(2, 0, 1)
    return "" if _are_close(one.values, volume.values[i, j, k]) else "value"


def _has_values(values: np.ndarray, volume: ReadVolume) -> bool:
    return any(
        _is_same_picture(values, volume.values[:, :, k]) for k in range(volume.values.shape[2])
    )


def _is_same_picture(values: np.ndarray, plane: np.ndarray) -> bool:
    """Compare values [row, column] with a plane [i, j], whichever way it is turned over."""
    turned = plane.T
    return any(
        _are_close(values, other)
        for other in (turned, turned[::-1], turned[:, ::-1], turned[::-1, ::-1])
    )


def _are_close(values: np.ndarray, others: np.ndarray) -> bool:
    if values.shape != others.shape:
        return False
    scale = max(1.0, float(np.abs(others).max()))
    return bool(np.abs(values - others).max() <= _VALUE_TOLERANCE * scale)
