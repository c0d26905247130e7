"""Where the voxels of a NIfTI file lie on the slices of a series."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.dicom.geometry import Geometry
from core.formats.nifti_writing import ras_affine

# Affines are stored in single precision, and programs round them further.
_STEP_TOLERANCE = 0.02
_PLACE_TOLERANCE = 0.25


@dataclass(frozen=True)
class AxisOrder:
    """Which axis of a file is column, row and slice, and which of these run backwards."""

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    def in_series(self, voxels: np.ndarray) -> np.ndarray:
        """Turn voxels of the file into [slice, row, column]."""
        flipped = tuple(axis for axis in range(3) if self.flips[axis])
        return np.flip(voxels.transpose(self.axes), flipped).transpose(2, 1, 0)


AS_STORED = AxisOrder((0, 1, 2), (False, False, False))
"""Order of a file that does not say where its voxels lie."""


def states_place(image: Any) -> bool:
    """Tell whether a file says where its voxels lie: by its sform or its qform."""
    codes = (image.header.get(code, 0) for code in ("sform_code", "qform_code"))
    return any(int(code) > 0 for code in codes)


def forms_disagree(image: Any) -> bool:
    """Tell whether sform and qform put the corners of the voxels at different places."""
    if not all(int(image.header.get(code, 0)) > 0 for code in ("sform_code", "qform_code")):
        return False
    ends = np.array([side - 1 for side in image.shape[:3]])
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * ends
    placed = [
        corners @ form[:3, :3].T + form[:3, 3]
        for form in (image.header.get_sform(), image.header.get_qform())
    ]
    smallest = min(abs(float(zoom)) for zoom in image.header.get_zooms()[:3])
    apart = np.linalg.norm(placed[0] - placed[1], axis=1).max()
    return bool(apart > _PLACE_TOLERANCE * smallest)


def axis_order(affine: np.ndarray, shape: tuple[int, ...], geometry: Geometry) -> AxisOrder | None:
    """Match the axes of a file with those of a series.

    Parameters
    ----------
    affine : numpy.ndarray, shape (4, 4)
        Of the file, to RAS in mm; finite.
    shape : tuple of int
        Voxels along the three axes of the file.
    geometry : core.dicom.geometry.Geometry
        Of the series, whose slices lie in even steps.

    Returns
    -------
    AxisOrder or None
        None where the voxels do not lie where the pixels do.
    """
    wanted = (geometry.columns, geometry.rows, len(geometry.positions))
    to_series = np.linalg.inv(ras_affine(geometry)) @ affine
    axes = [int(axis) for axis in np.abs(to_series[:3, :3]).argmax(axis=1)]
    if sorted(axes) != [0, 1, 2] or tuple(shape[axis] for axis in axes) != wanted:
        return None
    steps = [to_series[row, axis] for row, axis in enumerate(axes)]
    ideal = np.zeros((3, 3))
    for row, axis in enumerate(axes):
        ideal[row, axis] = np.sign(steps[row])
    flips = [step < 0 for step in steps]
    first = [wanted[row] - 1.0 if flips[row] else 0.0 for row in range(3)]
    # An axis of length 1 may have any step.
    counted = [axis for axis in range(3) if shape[axis] > 1]
    fits = np.allclose(to_series[:3, counted], ideal[:, counted], atol=_STEP_TOLERANCE)
    last = to_series @ [*(side - 1 for side in shape), 1]
    expected = [wanted[row] - 1 - first[row] for row in range(3)]
    if not (
        fits
        and np.allclose(to_series[:3, 3], first, atol=_PLACE_TOLERANCE)
        and np.allclose(last[:3], expected, atol=_PLACE_TOLERANCE)
    ):
        return None
    return AxisOrder((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))


def resampled_labels(labels: np.ndarray, affine: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Give each pixel of a series the label of the nearest voxel, 0 beyond the last one.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (i, j, k)
        Voxels in the order of the file.
    affine : numpy.ndarray, shape (4, 4)
        From indices of voxels to RAS in mm; invertible.
    geometry : core.dicom.geometry.Geometry
        Of the series; its slices may lie anywhere.

    Returns
    -------
    numpy.ndarray of int, shape (slices, rows, columns)
    """
    to_voxels = np.linalg.inv(affine)
    # From LPS, in which the series is placed.
    to_voxels = to_voxels @ np.diag([-1.0, -1.0, 1.0, 1.0])
    rows = np.arange(geometry.rows)[:, None, None] * geometry.pixel_spacing[0]
    columns = np.arange(geometry.columns)[None, :, None] * geometry.pixel_spacing[1]
    offsets = rows * geometry.column_direction + columns * geometry.row_direction
    found = np.zeros((len(geometry.positions), geometry.rows, geometry.columns), labels.dtype)
    for index, position in enumerate(geometry.positions):
        exact = (offsets + position) @ to_voxels[:3, :3].T + to_voxels[:3, 3]
        # A pixel halfway between two voxels takes the lower one, whatever rounding does.
        nearest = np.ceil(exact - 0.5 - 1e-6).astype(np.int64)
        inside = ((nearest >= 0) & (nearest < labels.shape)).all(axis=-1)
        i, j, k = np.where(inside[..., None], nearest, 0).transpose(2, 0, 1)
        found[index] = np.where(inside, labels[i, j, k], 0)
    return found
