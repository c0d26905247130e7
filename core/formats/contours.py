"""From masks to closed contours, as RT structure sets hold them.

Contours run halfway between the centres of pixels inside and outside a mask. So exactly the
pixels of the mask have their centres inside, and filling the contours by the even-odd rule gives
the mask back bit for bit. Holes are joined to what surrounds them by a channel without width, for
a structure set knows no holes (PS3.3 C.8.8.6.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skimage.measure import find_contours, label

# Corners of a contour lie on multiples of half a pixel; a border around the mask closes it.
_BORDER = 1

# Bounds the memory that filling takes, whatever contours a file holds.
_EDGES_AT_ONCE = 1024


def mask_contours(mask: np.ndarray) -> list[np.ndarray]:
    """Return the outlines of a mask, holes joined to their surroundings.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (rows, columns)
        One slice of a segment.

    Returns
    -------
    list of numpy.ndarray, shape (points, 2)
        Row and column in pixels, 0 being the centre of the first; closed, without repeating the
        first point. One for each connected part (pixels that touch at a corner count as apart).
    """
    bordered = np.pad(mask, _BORDER).astype(np.float32)
    outlines = [
        _simplified(outline[:-1] - _BORDER)
        for outline in find_contours(
            bordered, 0.5, fully_connected="low", positive_orientation="high"
        )
    ]
    areas = [_signed_area(outline) for outline in outlines]
    # The tracing keeps what is inside on one side, so a hole runs the other way round.
    parts = [outline for outline, area in zip(outlines, areas, strict=True) if area > 0]
    holes = [outline for outline, area in zip(outlines, areas, strict=True) if area < 0]
    if not holes:
        return parts
    # Pixels that touch at a corner only are apart, as `fully_connected` has it above.
    labels = np.pad(label(mask, connectivity=1), _BORDER)
    by_part: dict[int, list[np.ndarray]] = {}
    for hole in holes:
        by_part.setdefault(_owner(hole, labels), []).append(hole)
    return [_joined(part, by_part.get(_owner(part, labels), [])) for part in parts]


def fill_contours(contours: Sequence[np.ndarray], rows: int, columns: int) -> np.ndarray:
    """Return the pixels whose centres lie inside contours, by the even-odd rule.

    Parameters
    ----------
    contours : sequence of numpy.ndarray, shape (points, 2)
        Row and column in pixels, as `mask_contours` returns them.
    rows, columns : int
        Size of the mask.

    Returns
    -------
    numpy.ndarray of bool, shape (rows, columns)
    """
    crossings = np.zeros((rows, columns + 1), np.int64)
    for contour in contours:
        edges = np.concatenate([contour, np.roll(contour, -1, axis=0)], axis=1)
        for begin in range(0, len(edges), _EDGES_AT_ONCE):
            _count_crossings(edges[begin : begin + _EDGES_AT_ONCE], crossings)
    return np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1


@dataclass(frozen=True, eq=False)
class FilledContour:
    """The pixels inside one contour.

    Parameters
    ----------
    place : tuple of slice
        Rows and columns of the slice that `mask` covers.
    mask : numpy.ndarray of bool, shape (rows, columns) of `place`
        True where the centre of the pixel lies inside.
    """

    place: tuple[slice, slice]
    mask: np.ndarray

    def crosses(self, other: "FilledContour") -> bool:
        """Tell whether both share pixels without one lying within the other."""
        shared = self._within(other.place) & other._within(self.place)
        return 0 < shared.sum() < min(self.mask.sum(), other.mask.sum())

    def _within(self, place: tuple[slice, slice]) -> np.ndarray:
        parts = []
        for own, wanted in zip(self.place, place, strict=True):
            start, stop = max(own.start, wanted.start), min(own.stop, wanted.stop)
            parts.append(slice(start - own.start, max(start, stop) - own.start))
        return self.mask[parts[0], parts[1]]


def filled_contour(contour: np.ndarray, rows: int, columns: int) -> FilledContour:
    """Fill one contour on the part of a slice that it covers; parameters as for `fill_contours`."""
    size = (rows, columns)
    corner = np.clip(np.floor(contour.min(axis=0)), 0, size).astype(np.int64)
    end = np.clip(np.ceil(contour.max(axis=0)) + 1, corner, size).astype(np.int64)
    mask = fill_contours([contour - corner], *(end - corner).tolist())
    place = slice(int(corner[0]), int(end[0])), slice(int(corner[1]), int(end[1]))
    return FilledContour(place, mask)


def _count_crossings(edges: np.ndarray, crossings: np.ndarray) -> None:
    """Count, at the first pixel behind it, each place where an edge crosses the middle of a row.

    Parameters
    ----------
    edges : numpy.ndarray, shape (edges, 4)
        Row and column of both ends.
    crossings : numpy.ndarray of int64, shape (rows, columns + 1)
        Added to.
    """
    rows, columns = crossings.shape[0], crossings.shape[1] - 1
    # Half-open, so that a corner on the centre line of a row counts once.
    ends = np.clip(np.ceil(np.sort(edges[:, ::2], axis=1)), 0, rows).astype(np.int64)
    counts = ends[:, 1] - ends[:, 0]
    r0, c0, r1, c1 = np.repeat(edges, counts, axis=0).T
    lines = np.arange(len(r0)) - np.repeat(np.cumsum(counts) - counts - ends[:, 0], counts)
    at = c0 + (lines - r0) * (c1 - c0) / (r1 - r0)
    np.add.at(crossings, (lines, np.clip(np.ceil(at), 0, columns).astype(np.int64)), 1)


def _simplified(outline: np.ndarray) -> np.ndarray:
    """Drop points on straight lines between their neighbours."""
    before = outline - np.roll(outline, 1, axis=0)
    after = np.roll(outline, -1, axis=0) - outline
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return outline[turns != 0]


def _signed_area(outline: np.ndarray) -> float:
    rows, columns = outline.T
    return float(rows @ np.roll(columns, -1) - columns @ np.roll(rows, -1)) / 2


def _owner(outline: np.ndarray, labels: np.ndarray) -> int:
    """Return the label of the part that an outline borders on.

    Every corner lies between a pixel of the part and one outside; `labels` has a border of 1.
    """
    row, column = outline[0] + _BORDER
    beside = labels[
        [int(np.floor(row)), int(np.ceil(row))], [int(np.floor(column)), int(np.ceil(column))]
    ]
    return int(beside.max())


def _joined(part: np.ndarray, holes: Sequence[np.ndarray]) -> np.ndarray:
    """Cut a channel without width to each hole.

    Channels run along the line halfway between two rows, to the left of the top of a hole, so no
    reader finds the centre of a pixel on one. What they meet is the part itself or a hole with a
    higher top, which is joined before.
    """
    tops = [hole[np.lexsort((hole[:, 1], hole[:, 0]))[0]] for hole in holes]
    for row, column, hole in sorted(
        (float(top[0]), float(top[1]), number) for number, top in enumerate(tops)
    ):
        after, met = _met_by(part, row, column)
        start = int(np.flatnonzero((holes[hole] == tops[hole]).all(axis=1))[0])
        around = np.roll(holes[hole], -start, axis=0)
        part = np.concatenate(
            [part[: after + 1], met[None], around, around[:1], met[None], part[after + 1 :]]
        )
    return part


def _met_by(outline: np.ndarray, row: float, column: float) -> tuple[int, np.ndarray]:
    """Go left from a point inside an outline; return the edge met first, and where."""
    begins, ends = outline, np.roll(outline, -1, axis=0)
    low = np.minimum(begins[:, 0], ends[:, 0])
    high = np.maximum(begins[:, 0], ends[:, 0])
    level = begins[:, 0] == ends[:, 0]
    steps = np.where(level, 1.0, ends[:, 0] - begins[:, 0])
    at = begins[:, 1] + (row - begins[:, 0]) * (ends[:, 1] - begins[:, 1]) / steps
    at = np.where(level, np.maximum(begins[:, 1], ends[:, 1]), at)
    at = np.where((low <= row) & (row <= high) & (at < column), at, -np.inf)
    edge = int(np.argmax(at))
    return edge, np.array([row, at[edge]])
