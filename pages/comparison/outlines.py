"""Outlines of masks as paths of SVG, in pixels of the slice."""

import numpy as np
from numpy.typing import NDArray
from skimage.measure import find_contours

_BORDER = 1  # closes outlines at the edge of the slice
_CENTER = 0.5  # of the first pixel, seen from the corner of the slice


def outline_path(mask: NDArray[np.bool_]) -> str:
    """Return the outlines of a mask, those of holes included.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (rows, columns)
        One slice of a segment.

    Returns
    -------
    str
        Path data with x along the columns and y along the rows, (0, 0) being the corner of the
        slice; "" for an empty mask. Fill it by the even-odd rule.
    """
    if not mask.any():
        return ""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    top, left = rows[0], columns[0]
    part = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    outlines = find_contours(np.pad(part, _BORDER).astype(np.float32), 0.5)
    offset = np.array([top, left]) - _BORDER + _CENTER
    return "".join(_closed(outline[:-1] + offset) for outline in outlines)


def _closed(points: NDArray[np.float64]) -> str:
    """Path of one outline, without the points that lie on a straight line between two others."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    first, second = points - before, after - points
    turns = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) > 1e-9
    kept = points[turns] if turns.any() else points
    return "M" + "L".join(f"{x:g} {y:g}" for y, x in kept) + "Z"
