"""Intensities as the network sees them: the same in training, proposals and evaluation."""

import numpy as np
from scipy import ndimage

CT_RANGE = (-500.0, 1000.0)
"""Hounsfield units that are distinguished in CT; everything beyond is clipped."""

PERCENTILES = (0.5, 99.5)
"""Percentiles of the whole series that become 0 and 1 where units mean nothing."""

STRUCTURE_PERCENTILES = (2.0, 98.0)
"""Percentiles of a structure's own values that bound their range."""

LEAST_ROOM = 0.01
"""Room on either side of that range where it is a single value; else as much as it is wide."""

_SURROUNDINGS = 8.0
"""Of evened brightness: standard deviation in pixels of the neighbourhood whose mean is taken out.
Vessels of a retina gain as much by 4, 6 and 12 as by 8 (docs/training.md)."""

_SPREADS = 8.0
"""Local standard deviations between 0 and 1: hardly any pixel is beyond, and the contrast around
the structure is chosen afterwards."""


def prepare(volume: np.ndarray, modality: str) -> np.ndarray:
    """Map a whole series to [0, 1], as one and never slice by slice: a tissue keeps its value.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units (Hounsfield units for CT), any numeric type.
    modality : str
        DICOM Modality (0008,0060), such as ``"CT"``; another word where CT is not in Hounsfield
        units (`core.dicom.series.SeriesSummary.kind_of_values`).

    Returns
    -------
    np.ndarray
        float32 [slice, row, column], values in [0, 1]; 0 where a value is not a number.
    """
    return scale(volume, value_range(volume, modality))


def value_range(volume: np.ndarray, modality: str) -> tuple[float, float]:
    """Choose the values of a series that become 0 and 1.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    modality : str
        As `prepare` takes it.

    Returns
    -------
    tuple of float
        `CT_RANGE` for CT in Hounsfield units; else the percentiles of all finite values, (0, 1) if
        there are none.
    """
    if modality == "CT":
        return CT_RANGE
    values = np.asarray(volume)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if not values.size:
        return (0.0, 1.0)
    low, high = np.percentile(values, PERCENTILES)
    return (float(low), float(high))


def scale(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Map modality units linearly to [0, 1] and clip.

    Parameters
    ----------
    values : np.ndarray
        Any shape and numeric type; slices of a series.
    limits : tuple of float
        What becomes 0 and what becomes 1, from `value_range` of the whole series.

    Returns
    -------
    np.ndarray
        float32, the same shape; 0 where a value is not a number.
    """
    low, high = limits
    width = max(high - low, float(np.finfo(np.float32).tiny))
    scaled = np.array(values, np.float32)
    scaled -= np.float32(low)
    scaled /= np.float32(width)
    if np.asarray(values).dtype.kind == "f":
        scaled[np.isnan(scaled)] = 0.0
    return np.clip(scaled, 0.0, 1.0, out=scaled)


def contrast_around(images: np.ndarray, masks: np.ndarray) -> tuple[float, float]:
    """Choose the values between which a structure stands out best from its surroundings.

    A range that has room for air and bone leaves little of it to soft tissues that differ by a few
    units. So the range of the structure's own values is spread, with as much again on either side.

    Parameters
    ----------
    images : np.ndarray
        [example, row, column], values in [0, 1]: the structure's neighbourhood.
    masks : np.ndarray
        bool, the same shape.

    Returns
    -------
    tuple of float
        What becomes 0 and what becomes 1; the range of the images where no mask has a pixel.
    """
    bounds = (float(images.min()), float(images.max()))
    inside = images[masks]
    if inside.size:
        low, high = np.percentile(inside, STRUCTURE_PERCENTILES)
        room = max(high - low, LEAST_ROOM)
        bounds = (max(bounds[0], float(low) - room), min(bounds[1], float(high) + room))
    return bounds


def evened(images: np.ndarray) -> np.ndarray:
    """Even out brightness and contrast, so that what is thin looks alike in light and in shade.

    Parameters
    ----------
    images : np.ndarray
        [picture, row, column], values in [0, 1].

    Returns
    -------
    np.ndarray
        float32, the same shape, values in [0, 1]; one half where a pixel is as bright as its
        surroundings.
    """
    around = _blurred(images, _SURROUNDINGS)
    rest = images - around
    spread = np.sqrt(_blurred(rest * rest, 2 * _SURROUNDINGS)) + LEAST_ROOM
    return np.clip(0.5 + rest / spread / _SPREADS, 0.0, 1.0).astype(np.float32)


def _blurred(images: np.ndarray, width: float) -> np.ndarray:
    """Blur each picture for itself."""
    blurred: np.ndarray = ndimage.gaussian_filter(images, (0, width, width), mode="nearest")
    return blurred
