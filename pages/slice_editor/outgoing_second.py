"""Messages to the editor about the second series: its slices on the planes of the first."""

from typing import Any

import streamlit as st

from core.dicom.errors import DicomError
from core.dicom.series import Series
from core.display.second_series import sampling_factor, second_slice
from core.display.windows import window_choices
from pages.session.work import Work
from pages.slice_editor.client_state import ClientState
from pages.slice_editor.incoming import Outbox
from pages.slice_editor.pixels import Scale, pack, scale_of
from pages.views.banner import series_name
from pages.views.second_series import location_text

_PACKED_SLICES = 32


def second_series_message(
    work: Work, client_state: ClientState, outbox: Outbox, parts: list[bytes]
) -> dict[str, Any] | None:
    """Say how far the second series is read, with the slices of it that were asked for.

    Parameters
    ----------
    work : Work
        Series being worked on.
    client_state : ClientState
        Of this session; updated.
    outbox : Outbox
        The last message from the browser.
    parts : list of bytes
        Packed pixels are added to it.

    Returns
    -------
    dict or None
        None where no second series is chosen.
    """
    second = work.memory.second
    if second is None:
        return None
    summary, key = second.reading.summary, second.opened.key
    message: dict[str, Any] = {
        "key": key,
        "name": series_name(summary),
        "slices": summary.slices,
        "done": second.reading.done,
        "problem": "",
        "picture": None,
        "images": [],
    }
    # Nobody waits for the whole series here: a stroke would have to wait with it.
    if not second.reading.is_finished:
        return message
    try:
        series = second.reading.result()
    except DicomError as error:
        return message | {"problem": str(error)}
    first = work.series.summary
    finer = sampling_factor(first, summary)
    scale = _scale(key, series)
    message["picture"] = {
        "shape": [first.rows * finer, first.columns * finer],
        "offset": scale.offset,
        "slope": scale.slope,
        "counted": series.volume.dtype.kind in "iu",
        "unit": summary.units,
        "inverted": series.inverted,
        "windows": [
            {"name": name, "center": window.center, "width": window.width}
            for name, window in window_choices(series).items()
        ],
    }
    for index, request in outbox.wanted.second:
        if client_state.is_due(outbox, f"second {key}", index, request):
            packed, place = _packed_slice(work.opened.key, key, index, work, series)
            parts.append(packed)
            message["images"].append({"slice": index, "bytes": len(packed), "place": place})
    return message


@st.cache_resource(max_entries=20, show_spinner=False)
def _scale(key: str, _series: Series) -> Scale:
    return scale_of(_series.volume)


@st.cache_data(max_entries=_PACKED_SLICES, show_spinner=False)
def _packed_slice(
    first: str, second: str, index: int, _work: Work, _series: Series
) -> tuple[bytes, str]:
    scale = _scale(second, _series)
    summary = _work.series.summary
    beside = second_slice(
        summary,
        index,
        _series,
        finer=sampling_factor(summary, _series.summary),
        outside=scale.offset,
    )
    return pack(beside.values, scale), location_text(beside, _series.summary)
