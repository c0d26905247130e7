"""The neighbourhood of a structure: the square that the network sees, and the way back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

SIDE = 128
"""Pixels along each side of what the network sees."""

MARGIN = 0.15
"""Room left on each side of the examples, as a share of their extent: structures move."""

MIN_SIDE_PIXELS = 16
"""A crop covers at least this many original pixels, so that specks keep some surroundings."""


@dataclass(frozen=True)
class Crop:
    """A square in mm over a slice, resampled to `SIDE` × `SIDE`, the same for all slices.

    Attributes
    ----------
    center : tuple of float
        Row and column of the centre, in original pixels whose centres have whole numbers.
    side_mm : float
        Length of each side in mm.
    shape : tuple of int
        Rows and columns of a slice.
    pixel_spacing : tuple of float
        Distance between rows and between columns, in mm.
    """

    center: tuple[float, float]
    side_mm: float
    shape: tuple[int, int]
    pixel_spacing: tuple[float, float]

    @property
    def pixel_mm(self) -> float:
        """Size of one pixel of the network's input in mm."""
        return self.side_mm / SIDE

    @property
    def scale(self) -> float:
        """Size of one pixel of the network's input in pixels of the slice."""
        return self.pixel_mm / min(self.pixel_spacing)

    @cached_property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the original pixels whose centres lie in the crop."""
        return (self._span(0), self._span(1))

    def images(self, images: np.ndarray) -> np.ndarray:
        """Resample images with antialiasing; beyond the edge their border goes on.

        Parameters
        ----------
        images : np.ndarray
            float32 [..., row, column].

        Returns
        -------
        np.ndarray
            float32 [..., `SIDE`, `SIDE`].
        """
        return _resampled(images, *self._image_weights)

    def masks(self, masks: np.ndarray) -> np.ndarray:
        """Resample masks with antialiasing and threshold at one half; nothing lies beyond the edge.

        Parameters
        ----------
        masks : np.ndarray
            bool [..., row, column].

        Returns
        -------
        np.ndarray
            bool [..., `SIDE`, `SIDE`].
        """
        weights = (self._inward(axis, repeat_edge=False) for axis in (0, 1))
        return _resampled(np.asarray(masks, np.float32), *weights) >= 0.5

    def restore(self, maps: np.ndarray) -> np.ndarray:
        """Resample maps of the network, such as logits, to the original pixels of `window`.

        Parameters
        ----------
        maps : np.ndarray
            float32 [..., `SIDE`, `SIDE`].

        Returns
        -------
        np.ndarray
            float32 [..., rows of the window, columns of the window].
        """
        return _resampled(maps, *self._outward_weights)

    def whole(self, part: np.ndarray, outside: float = 0) -> np.ndarray:
        """Place masks or scores of `window` on whole slices.

        Parameters
        ----------
        part : np.ndarray
            [..., rows of the window, columns of the window].
        outside : float
            Value of all other pixels.

        Returns
        -------
        np.ndarray
            [..., row, column], of the same type.
        """
        result = np.full((*part.shape[:-2], *self.shape), outside, part.dtype)
        result[(..., *self.window)] = part
        return result

    @cached_property
    def _image_weights(self) -> tuple[np.ndarray, np.ndarray]:
        return self._inward(0, repeat_edge=True), self._inward(1, repeat_edge=True)

    @cached_property
    def _outward_weights(self) -> tuple[np.ndarray, np.ndarray]:
        return self._outward(0), self._outward(1)

    def _grid(self, axis: int) -> tuple[float, float]:
        """Where the network's first pixel lies and how far its pixels are apart, in pixels."""
        step = self.pixel_mm / self.pixel_spacing[axis]
        return self.center[axis] - (SIDE - 1) / 2 * step, step

    def _span(self, axis: int) -> slice:
        half = self.side_mm / self.pixel_spacing[axis] / 2
        first = max(int(np.ceil(self.center[axis] - half)), 0)
        last = min(int(np.floor(self.center[axis] + half)), self.shape[axis] - 1)
        return slice(first, last + 1)

    def _inward(self, axis: int, *, repeat_edge: bool) -> np.ndarray:
        first, step = self._grid(axis)
        return _weights(first + step * np.arange(SIDE), step, self.shape[axis], repeat_edge)

    def _outward(self, axis: int) -> np.ndarray:
        first, step = self._grid(axis)
        span = self.window[axis]
        return _weights((np.arange(span.start, span.stop) - first) / step, 1 / step, SIDE, True)


def crop_around(masks: Iterable[np.ndarray], spacing: tuple[float, float, float]) -> Crop:
    """Choose the crop for a segment: around everything drawn of it, with room to move.

    Parameters
    ----------
    masks : iterable of np.ndarray
        bool [row, column], at least one of them not empty.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.

    Returns
    -------
    Crop
        Inside the slice as far as it fits.

    Raises
    ------
    ValueError
        If no mask has a pixel.
    """
    union = np.logical_or.reduce(list(masks))
    if not union.any():
        raise ValueError("masks: all are empty; expected at least one with a pixel")
    pixel_spacing = (float(spacing[1]), float(spacing[2]))
    centers, lengths = [], []
    for axis in (0, 1):
        hit = np.flatnonzero(union.any(axis=1 - axis))
        centers.append((hit[0] + hit[-1]) / 2)
        lengths.append((hit[-1] - hit[0] + 1) * pixel_spacing[axis])
    side = max(max(lengths) * (1 + 2 * MARGIN), MIN_SIDE_PIXELS * max(pixel_spacing))
    side = min(side, max(n * mm for n, mm in zip(union.shape, pixel_spacing, strict=True)))
    for axis, (count, mm) in enumerate(zip(union.shape, pixel_spacing, strict=True)):
        half = side / mm / 2
        room = (half - 0.5, count - 0.5 - half)
        # A crop wider than the slice is centred on it; any other is pushed inside.
        centers[axis] = (
            (count - 1) / 2 if room[0] > room[1] else float(np.clip(centers[axis], *room))
        )
    shape = (int(union.shape[0]), int(union.shape[1]))
    return Crop((float(centers[0]), float(centers[1])), float(side), shape, pixel_spacing)


def whole_slice(shape: Sequence[int], spacing: tuple[float, float, float]) -> Crop:
    """Make the crop that covers whole slices.

    Parameters
    ----------
    shape : sequence of int
        Rows and columns.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.

    Returns
    -------
    Crop
        A square as wide as the longer side.
    """
    rows, columns = int(shape[0]), int(shape[1])
    side = max(rows * spacing[1], columns * spacing[2])
    center = ((rows - 1) / 2, (columns - 1) / 2)
    return Crop(center, float(side), (rows, columns), (float(spacing[1]), float(spacing[2])))


def _weights(positions: np.ndarray, step: float, count: int, repeat_edge: bool) -> np.ndarray:
    """Weights [len(positions), count] of a triangle filter as wide as the coarser grid's pixels.

    With positions closer together than input pixels this is linear interpolation; farther apart,
    the filter grows so that no input pixel is skipped.
    """
    width = max(1.0, step)
    low = int(np.floor(positions.min() - width))
    high = int(np.ceil(positions.max() + width))
    inputs = np.arange(low, high + 1)
    weights = np.maximum(0.0, 1 - np.abs(inputs - positions[:, None]) / width)
    weights /= weights.sum(axis=1, keepdims=True)
    result = np.zeros((len(positions), count), np.float32)
    if repeat_edge:
        np.add.at(result.T, np.clip(inputs, 0, count - 1), weights.T.astype(np.float32))
    else:
        inside = (inputs >= 0) & (inputs < count)
        result[:, inputs[inside]] = weights[:, inside]
    return result


def _resampled(maps: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Weigh rows and columns, without those far from the crop, whose weights are zero.

    PyTorch multiplies, since NumPy's threads would not keep to the core of the one that calls.
    """
    inside, beside = _used(rows), _used(columns)
    part = torch.from_numpy(np.asarray(maps[..., inside, beside], np.float32))
    down, across = torch.from_numpy(rows[:, inside]), torch.from_numpy(columns[:, beside])
    result: np.ndarray = (down @ part @ across.T).numpy()
    return result


def _used(weights: np.ndarray) -> slice:
    """Find the columns of weights that are not all zero, and those between them."""
    used = np.flatnonzero(weights.any(axis=0))
    return slice(int(used[0]), int(used[-1]) + 1)
