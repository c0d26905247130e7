"""Slices and planes across them as they travel to the browser.

Values become whole numbers from 0 to 65535: value = offset + slope × number. Each row is stored as
differences to the pixel on the left, low bytes first and high bytes after them, and deflated, which
halves what a PNG would take and needs no image decoder that might alter pixels.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEVELS = 65535
_DEFLATE_LEVEL = 1  # higher levels save 3 % and take five times as long


@dataclass(frozen=True)
class Scale:
    """How numbers stand for values.

    Attributes
    ----------
    offset, slope : float
        In modality units: value = offset + slope × number.
    """

    offset: float
    slope: float


def scale_of(volume: NDArray[np.generic]) -> Scale:
    """Scale under which a volume loses nothing that a screen could show.

    Parameters
    ----------
    volume : numpy.ndarray
        [slice, row, column] in modality units. Whole numbers of 16 bits are kept exactly.

    Returns
    -------
    Scale
        From its lowest to its highest value.
    """
    finite = volume if volume.dtype.kind in "iu" else volume[np.isfinite(volume)]
    lowest, highest = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if volume.dtype.kind in "iu" and highest - lowest <= _LEVELS:
        return Scale(lowest, 1.0)
    return Scale(lowest, max(highest - lowest, 1e-12) / _LEVELS)


def pack(values: NDArray[np.generic], scale: Scale) -> bytes:
    """Make an image ready to travel.

    Parameters
    ----------
    values : numpy.ndarray
        [rows, columns] in modality units.
    scale : Scale
        Of the whole volume.

    Returns
    -------
    bytes
        Raw deflate stream (RFC 1951) of the differences.
    """
    numbers = np.nan_to_num((values.astype(np.float64) - scale.offset) / scale.slope)
    whole = np.clip(np.rint(numbers), 0, _LEVELS).astype(np.uint16)
    differences = np.diff(whole, axis=1, prepend=np.uint16(0))
    planes = differences.astype("<u2").view(np.uint8).reshape(-1, 2).T
    deflate = zlib.compressobj(_DEFLATE_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(np.ascontiguousarray(planes).tobytes()) + deflate.flush()
