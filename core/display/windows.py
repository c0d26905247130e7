"""Window and level: which range of modality values is shown from black to white."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from core.dicom.series import Series, Window
from core.display.grey import automatic_window

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
"""Usual windows of CT, in HU."""

_KNOWN: WeakKeyDictionary[Series, Mapping[str, Window]] = WeakKeyDictionary()


def window_choices(series: Series) -> Mapping[str, Window]:
    """Windows to choose from, the most fitting first; found once for each series in memory.

    Parameters
    ----------
    series : Series
        With its pixels.

    Returns
    -------
    mapping of str to Window
        By name: what the file suggests, presets for CT, and automatic, which comes first for MR
        and before presets where CT is not in Hounsfield units.
    """
    known = _KNOWN.get(series)
    if known is None:
        known = _KNOWN[series] = _find_choices(series)
    return known


def _find_choices(series: Series) -> dict[str, Window]:
    choices: dict[str, Window] = {}
    for number, window in enumerate(series.windows, start=1):
        name = "From the file" if len(series.windows) == 1 else f"From the file {number}"
        choices[f"{name} ({window.name})" if window.name else name] = window
    presets = {window.name: window for window in CT_WINDOWS}
    automatic = {AUTOMATIC: automatic_window(series.volume)}
    match series.summary.kind_of_values:
        case "CT":
            return choices | presets | automatic
        case "CT without Hounsfield units":  # often Hounsfield units all the same
            return choices | automatic | presets
        case "MR":  # windows of its files are often stale after rescaling; percentiles never are
            return automatic | choices
    return choices | automatic
