"""Slices that are shifted against each other within their plane, as a tilted gantry leaves them.

Shifts are in mm, along the rows and along the columns of the slices, as
`core.display.planes.slice_shifts` gives them; pixels and steps are counted in rows, then columns.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def shift_in_pixels(
    shifts: NDArray[np.float64], pixel_spacing: tuple[float, float]
) -> NDArray[np.float64]:
    """Shifts in pixels, rows first.

    Parameters
    ----------
    shifts : numpy.ndarray, shape (..., 2)
        In mm, along the rows, then along the columns.
    pixel_spacing : tuple of float
        Distance between rows, then between columns, in mm.

    Returns
    -------
    numpy.ndarray, shape (..., 2)
        How many rows, then how many columns.
    """
    return np.asarray(shifts[..., ::-1] / np.asarray(pixel_spacing))


def straightened(
    volume: NDArray[Any], pixels: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Lay slices above each other as they lie in the patient, to the nearest pixel.

    Parameters
    ----------
    volume : numpy.ndarray, shape (slices, rows, columns)
        Its slices.
    pixels : numpy.ndarray, shape (slices, 2)
        Their shifts, as `shift_in_pixels` gives them.

    Returns
    -------
    volume : numpy.ndarray, shape (slices, more rows, more columns)
        Zero where no slice reaches. The volume itself where nothing is shifted.
    corners : numpy.ndarray of int, shape (slices, 2)
        Row and column in it of the first pixel of each slice, for `as_slices`.
    """
    corners = np.round(pixels).astype(np.intp)
    corners -= corners.min(axis=0)
    if not corners.any():
        return volume, corners
    slices, rows, columns = volume.shape
    more_rows, more_columns = corners.max(axis=0)
    laid = np.zeros((slices, rows + more_rows, columns + more_columns), dtype=volume.dtype)
    for plane, own, (row, column) in zip(laid, volume, corners, strict=True):
        plane[row : row + rows, column : column + columns] = own
    return laid, corners


def as_slices(
    laid: NDArray[Any], corners: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[Any]:
    """Take slices out of what `straightened` returned.

    Parameters
    ----------
    laid : numpy.ndarray, shape (slices, more rows, more columns)
        Slices above each other.
    corners : numpy.ndarray of int, shape (slices, 2)
        As `straightened` returned them.
    shape : tuple of int
        Rows and columns of a slice.

    Returns
    -------
    numpy.ndarray, shape (slices, rows, columns)
        The slices.
    """
    if not corners.any():
        return laid
    rows, columns = shape
    return np.stack(
        [
            plane[row : row + rows, column : column + columns]
            for plane, (row, column) in zip(laid, corners, strict=True)
        ]
    )


def moved(plane: NDArray[np.float32], pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Numbers of one slice at the places of the pixels of another, linearly interpolated.

    Parameters
    ----------
    plane : numpy.ndarray of float32, shape (rows, columns)
        Numbers of one slice.
    pixels : numpy.ndarray, shape (2,)
        How far it is shifted against the other one.

    Returns
    -------
    numpy.ndarray of float32, shape (rows, columns)
        Beyond its border, the number at the border.
    """
    return np.asarray(ndimage.shift(plane, pixels, order=1, mode="nearest"))


def pixels_within(
    marked: NDArray[np.bool_],
    shift: NDArray[np.float64],
    pixel_spacing: tuple[float, float],
    reach: float,
) -> NDArray[np.bool_]:
    """Pixels of one slice that lie within a distance of marked ones of another.

    Parameters
    ----------
    marked : numpy.ndarray of bool, shape (rows, columns)
        Of the other slice.
    shift : numpy.ndarray, shape (2,)
        How far the other slice is shifted against the one, in mm.
    pixel_spacing : tuple of float
        Distance between rows, then between columns, in mm.
    reach : float
        In mm, within the plane.

    Returns
    -------
    numpy.ndarray of bool, shape (rows, columns)
        Exact for the centres of the pixels.
    """
    rows, columns = marked.shape
    height, width = pixel_spacing
    right, down = (float(one) for one in shift)
    # Marked pixels left of each place; the difference of two says whether any lies between.
    counts = np.zeros((rows, columns + 1), dtype=np.int32)
    np.cumsum(marked, axis=1, out=counts[:, 1:])
    places = np.arange(columns)
    found = np.zeros_like(marked)
    first, last = int(np.ceil((-reach - down) / height)), int(np.floor((reach - down) / height))
    for step in range(max(first, 1 - rows), min(last, rows - 1) + 1):
        half = np.sqrt(max(0.0, reach**2 - (step * height + down) ** 2))
        low, high = np.ceil((-half - right) / width), np.floor((half - right) / width)
        if low > high:
            continue
        begin, end = (np.clip(places + at, 0, columns).astype(np.intp) for at in (low, high + 1))
        here = slice(max(0, -step), min(rows, rows - step))
        there = counts[here.start + step : here.stop + step]
        found[here] |= there[:, end] > there[:, begin]
    return found
