"""Window and level: which range of modality values is shown from black to white."""

import numpy as np
from numpy.typing import NDArray

from core.dicom.series import Series, Window

AUTOMATIC = "Automatic"
CUSTOM = "Custom"

CT_WINDOWS: tuple[Window, ...] = (
    Window(40, 400, "Abdomen"),
    Window(60, 160, "Liver"),
    Window(-600, 1500, "Lung"),
    Window(40, 450, "Mediastinum"),
    Window(400, 1800, "Bone"),
    Window(40, 80, "Brain"),
)
"""Usual windows of CT, in HU.

References
----------
Radiopaedia and the manuals of common workstations agree on these within some ten HU.
"""

_SAMPLES = 200_000  # enough pixels for percentiles that look the same as those of all


def automatic_window(volume: NDArray[np.int16] | NDArray[np.float32]) -> Window:
    """Window from the 1st to the 99th percentile of a whole series.

    Parameters
    ----------
    volume : numpy.ndarray, shape (slices, rows, columns)
        Modality values.

    Returns
    -------
    Window
        At least one modality unit wide.
    """
    values = volume.reshape(-1)
    low, high = np.percentile(values[:: max(1, values.size // _SAMPLES)], (1, 99))
    return Window(float(low + high) / 2, max(1.0, float(high - low)), AUTOMATIC)


def window_choices(series: Series) -> dict[str, Window]:
    """Windows to choose from, the most fitting first.

    Parameters
    ----------
    series : Series
        With its pixels.

    Returns
    -------
    dict of str to Window
        By name: for CT the presets, then what the file suggests; otherwise the file, then
        automatic.
    """
    choices: dict[str, Window] = {}
    if series.summary.modality == "CT":
        choices.update({window.name: window for window in CT_WINDOWS})
    for number, window in enumerate(series.windows, start=1):
        name = "From the file" if len(series.windows) == 1 else f"From the file {number}"
        choices[f"{name} ({window.name})" if window.name else name] = window
    choices[AUTOMATIC] = automatic_window(series.volume)
    if series.summary.modality == "MR":
        # Windows stored with MR files are often stale after rescaling; the percentiles never are.
        choices = {AUTOMATIC: choices.pop(AUTOMATIC)} | choices
    return choices


def to_gray(
    image: NDArray[np.int16] | NDArray[np.float32], window: Window, *, inverted: bool = False
) -> NDArray[np.uint8]:
    """Gray values of a slice.

    Parameters
    ----------
    image : numpy.ndarray, shape (rows, columns)
        Modality values.
    window : Window
        Range shown from black to white.
    inverted : bool
        Whether low values are bright (MONOCHROME1).

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        0 to 255.
    """
    low = window.center - window.width / 2
    gray = np.clip((image.astype(np.float32) - low) * (255 / window.width), 0, 255)
    return (255 - gray if inverted else gray).astype(np.uint8)
