"""Exact rasters of brush strokes and polygons.

A pixel belongs to a shape when its centre does. Shapes are given in coordinates of their own, with
the affine map from pixel indices: the centre of the pixel in column `c` and row `r` lies at
``matrix @ (c, r, 1)``. So a brush that is round on the screen is exact on pixels that are not
square, and on strokes that were stretched or turned afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Points [count, (x, y)]."""

Affine = NDArray[np.float64]
"""Map [2, 3] from pixel indices (column, row, 1) to the coordinates of a shape."""

_TOUCHING = 1e-9  # a pixel centre this close outside the edge lies on it, but for rounding
_CHUNK = 1 << 17  # pairs of a piece and a row computed at once


class TooMuchWork(ValueError):
    """A shape would take too long to draw."""


@dataclass(frozen=True)
class Cover:
    """Pixels that a shape covers.

    Attributes
    ----------
    first_row : int
        Row of the image that the first row of `pixels` stands for.
    pixels : numpy.ndarray
        Bool [rows the shape may reach, columns of the image].
    work : int
        What it took to compute, about a tenth of a microsecond each.
    """

    first_row: int
    pixels: NDArray[np.bool_]
    work: int


def cover_by_stroke(
    lines: list[Points],
    radius: float,
    matrix: Affine,
    shape: tuple[int, int],
    *,
    most_work: int,
) -> Cover:
    """Pixels within `radius` of any of the lines: what a round brush covers.

    Every row of pixels crosses the neighbourhood of a straight piece in one interval, because that
    neighbourhood is convex; so the work grows with the number of rows, not of pixels.

    Parameters
    ----------
    lines : list of numpy.ndarray
        Polylines [points, (x, y)] in the coordinates of the shape; one point is a dot.
    radius : float
        Half the width of the brush, in the coordinates of the shape.
    matrix : numpy.ndarray
        Map [2, 3] from pixel indices to the coordinates of the shape; invertible.
    shape : tuple of int
        Rows and columns of the image.
    most_work : int
        Upper bound of `Cover.work`.

    Returns
    -------
    Cover
        What is covered.

    Raises
    ------
    TooMuchWork
        If it would take more than `most_work`.
    """
    starts, ends = _pieces(lines)
    y = np.stack([_to_pixels(starts, matrix)[:, 1], _to_pixels(ends, matrix)[:, 1]])
    reach = radius * np.hypot(*np.linalg.inv(matrix[:, :2])[1]) + _TOUCHING
    first = _at_or_after(y.min(axis=0) - reach, shape[0])
    stop = _at_or_after(np.nextafter(y.max(axis=0) + reach, np.inf), shape[0])
    window = _window(first, stop, shape[1], most_work)
    if window is None:
        return _nothing(shape)
    changes = np.zeros((window.stop - window.start, shape[1] + 1), dtype=np.int32)
    for piece, row in _pairs(first, stop):
        low, high = _crossings(starts[piece], ends[piece], row, radius, matrix)
        left = _at_or_after(low, shape[1])
        past = _at_or_after(np.nextafter(high, np.inf), shape[1])
        hit = left < past
        line = (row[hit] - window.start) * changes.shape[1]
        np.add.at(changes.ravel(), line + left[hit], 1)
        np.add.at(changes.ravel(), line + past[hit], -1)
    pixels = np.cumsum(changes[:, :-1], axis=1) > 0
    return Cover(window.start, pixels, _work(first, stop, changes.size))


def cover_by_polygon(
    corners: Points, matrix: Affine, shape: tuple[int, int], *, most_work: int
) -> Cover:
    """Pixels inside a closed polygon, by the non-zero winding rule of HTML canvases.

    Parameters
    ----------
    corners : numpy.ndarray
        Corners [count, (x, y)] in the coordinates of the shape; the last joins the first.
    matrix, shape, most_work
        As for `cover_by_stroke`.

    Returns
    -------
    Cover
        What is covered.

    Raises
    ------
    TooMuchWork
        If it would take more than `most_work`.
    """
    starts = _to_pixels(corners, matrix)
    ends = np.roll(starts, -1, axis=0)
    # An edge crosses a row where its lower end is before or on it and its upper end is past it.
    first = _at_or_after(np.minimum(starts[:, 1], ends[:, 1]), shape[0])
    stop = _at_or_after(np.maximum(starts[:, 1], ends[:, 1]), shape[0])
    window = _window(first, stop, shape[1], most_work)
    if window is None:
        return _nothing(shape)
    windings = np.zeros((window.stop - window.start, shape[1] + 1), dtype=np.int32)
    # From the same end whichever way it is walked: neighbours share an edge to the last bit.
    down = (ends[:, 1] > starts[:, 1])[:, np.newaxis]
    tops, bottoms = np.where(down, starts, ends), np.where(down, ends, starts)
    turns = np.where(down[:, 0], 1, -1).astype(np.int32)
    for edge, row in _pairs(first, stop):
        (x, y), (end_x, end_y) = tops[edge].T, bottoms[edge].T
        column = _at_or_after(x + (row - y) * (end_x - x) / (end_y - y), shape[1])
        crossing = (row - window.start) * windings.shape[1] + column
        np.add.at(windings.ravel(), crossing, turns[edge])
    pixels = np.cumsum(windings[:, :-1], axis=1) != 0
    return Cover(window.start, pixels, _work(first, stop, windings.size))


def _to_pixels(points: Points, matrix: Affine) -> Points:
    """Points as fractional pixel indices (column, row)."""
    indices: Points = (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    return indices


def _at_or_after(positions: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """First of `count` rows or columns at or after each position; `count` where there is none."""
    return np.ceil(np.clip(positions, 0, count)).astype(np.intp)


def _window(
    first: NDArray[np.intp], stop: NDArray[np.intp], columns: int, most_work: int
) -> range | None:
    """Rows that any piece touches, or None; raises TooMuchWork."""
    touching = first < stop
    if not touching.any():
        return None
    rows = range(int(first[touching].min()), int(stop[touching].max()))
    work = _work(first, stop, len(rows) * (columns + 1))
    if work > most_work:
        raise TooMuchWork(f"A shape that takes {work} steps is more than the {most_work} allowed.")
    return rows


def _work(first: NDArray[np.intp], stop: NDArray[np.intp], pixels: int) -> int:
    """Pairs of a piece and a row, plus the pixels of the window, which are cheaper."""
    return int(np.maximum(0, stop - first).sum()) + pixels // 32


def _nothing(shape: tuple[int, int]) -> Cover:
    return Cover(0, np.zeros((0, shape[1]), dtype=np.bool_), 0)


def _pairs(
    first: NDArray[np.intp], stop: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield pieces and the rows that they touch as index arrays, some at a time."""
    counts = np.maximum(0, stop - first)
    group = np.cumsum(counts) // _CHUNK
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1, [counts.size]])
    for start, end in pairwise(bounds):
        count = counts[start:end]
        piece = np.repeat(np.arange(start, end), count)
        before = np.repeat(np.cumsum(count) - count, count)
        yield piece, first[piece] + np.arange(piece.size) - before


def _pieces(lines: list[Points]) -> tuple[Points, Points]:
    """Both ends of each straight piece; a dot is a piece of length 0."""
    starts = [line[:-1] if len(line) > 1 else line for line in lines]
    ends = [line[1:] if len(line) > 1 else line for line in lines]
    return np.concatenate(starts), np.concatenate(ends)


def _crossings(
    starts: Points, ends: Points, row: NDArray[np.intp], radius: float, matrix: Affine
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interval of (fractional) columns in which each row lies within `radius` of each piece.

    An interval that is empty has its low end above its high end.
    """
    reach = radius + _TOUCHING
    along = matrix[:, 0]  # one column to the right
    origin = matrix[:, 1] * row[:, np.newaxis] + matrix[:, 2]  # column 0 of the row
    low_start, high_start = _disc_crossing(origin - starts, along, reach)
    low_end, high_end = _disc_crossing(origin - ends, along, reach)
    low_band, high_band = _band_crossing(origin - starts, along, ends - starts, reach)
    return (
        np.minimum(np.minimum(low_start, low_end), low_band),
        np.maximum(np.maximum(high_start, high_end), high_band),
    )


def _disc_crossing(
    origin: Points, along: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where |origin + c · along| ≤ radius, as an interval of c."""
    square = along @ along
    middle = -(origin @ along) / square
    nearest = origin + middle[:, np.newaxis] * along
    rest = (radius**2 - np.einsum("ij,ij->i", nearest, nearest)) / square
    half = np.sqrt(np.maximum(rest, 0))
    return (
        np.where(rest >= 0, middle - half, np.inf),
        np.where(rest >= 0, middle + half, -np.inf),
    )


def _band_crossing(
    origin: Points, along: NDArray[np.float64], piece: Points, radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where origin + c · along lies beside the piece and within `radius`, as an interval of c."""
    length = np.hypot(piece[:, 0], piece[:, 1])
    unit = piece / np.where(length > 0, length, 1)[:, np.newaxis]
    across = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    low_beside, high_beside = _between(
        np.einsum("ij,ij->i", origin, unit), unit @ along, np.zeros_like(length), length
    )
    low_near, high_near = _between(
        np.einsum("ij,ij->i", origin, across),
        across @ along,
        np.full_like(length, -radius),
        np.full_like(length, radius),
    )
    low = np.maximum(low_beside, low_near)
    high = np.minimum(high_beside, high_near)
    none = (low > high) | (length == 0)
    return np.where(none, np.inf, low), np.where(none, -np.inf, high)


def _between(
    value: NDArray[np.float64],
    slope: NDArray[np.float64],
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where lowest ≤ value + c · slope ≤ highest, as an interval of c."""
    flat = np.abs(slope) < 1e-12
    safe = np.where(flat, 1.0, slope)
    at_lowest, at_highest = (lowest - value) / safe, (highest - value) / safe
    inside = (lowest <= value) & (value <= highest)
    low = np.where(flat, np.where(inside, -np.inf, np.inf), np.minimum(at_lowest, at_highest))
    high = np.where(flat, np.where(inside, np.inf, -np.inf), np.maximum(at_lowest, at_highest))
    return low, high
