"""From modality values to the grey levels that a screen shows."""

import numpy as np

from core.dicom.series import Window

_DARKEST_PERCENTILE, _BRIGHTEST_PERCENTILE = 0.5, 99.5
_SAMPLED_VALUES = 1_000_000


def automatic_window(values: np.ndarray) -> Window:
    """Choose a window that shows nearly all values, for images without a scale such as MR.

    Parameters
    ----------
    values : numpy.ndarray
        A slice or a volume in modality units; large ones are sampled.
    """
    step = max(1, values.size // _SAMPLED_VALUES)
    low, high = np.percentile(
        values.ravel()[::step], (_DARKEST_PERCENTILE, _BRIGHTEST_PERCENTILE)
    ).tolist()
    return Window(center=(low + high) / 2, width=max(high - low, 1.0), name="Automatic")


def to_grey(values: np.ndarray, window: Window, *, inverted: bool = False) -> np.ndarray:
    """Map modality values to grey levels.

    Whole numbers by the standard's LINEAR function (PS3.3 C.11.2.1.2.1), which counts values;
    floating point by LINEAR_EXACT (C.11.2.1.3.2), which measures.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, columns)
        Modality units.
    window : Window
        Values below it are black, above it white.
    inverted : bool
        The other way round, as MONOCHROME1 wants.

    Returns
    -------
    numpy.ndarray of uint8, shape (rows, columns)
    """
    counted = 1.0 if values.dtype.kind in "iu" else 0.0
    lowest = window.center - window.width / 2
    # A window of a single value has no slope: what lies above it is white.
    width = max(window.width - counted, 1e-6)
    share = (values.astype(np.float32) - lowest) / width
    grey = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return 255 - grey if inverted else grey
