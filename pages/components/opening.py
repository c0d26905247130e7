"""Reading the series that people open: in the background, once for all tabs, with a first look."""

from pathlib import Path

import streamlit as st

from core.dicom.display import slice_picture
from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from core.dicom.series import Series, SeriesSummary
from core.dicom.uploads import server_files
from pages.components.library import OpenedSeries

_SERIES_IN_MEMORY = 3
_AT_ONCE_S = 0.4  # shorter than it takes to look at anything
_REFRESH_S = 0.2
_LONGEST = 512  # picture pixels


def source_files(home: Path, source: Path) -> list[Path]:
    """Files to look for series in: below our own folder, or where the server's settings allow it.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    source : pathlib.Path
        File or folder.

    Returns
    -------
    list of pathlib.Path
        Files, or the folder itself where it is our own.

    Raises
    ------
    DicomError
        If it may not be opened.
    """
    return [source] if source.is_relative_to(home) else server_files(source)


def opened_summary(home: Path, opened: OpenedSeries) -> SeriesSummary:
    """Summary of an opened series, without waiting for its pixels.

    Raises
    ------
    DicomError
        If it is no longer there, or cannot be read.
    """
    return _reading(home, opened).summary


def whole_series(home: Path, opened: OpenedSeries) -> Series:
    """Pixels of an opened series; what is there already can be looked at meanwhile.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    opened : OpenedSeries
        The series.

    Returns
    -------
    Series
        Complete.

    Raises
    ------
    DicomError
        If it is no longer there, or a file of it cannot be read.
    """
    with st.spinner("Looking for the series…"):
        reading = _reading(home, opened)
    try:
        if not reading.wait(_AT_ONCE_S):
            _first_look(reading)
        return reading.result()
    except DicomError:
        forget_readings()  # so that the next attempt reads again
        raise


def forget_readings() -> None:
    """Let go of every series in memory."""
    _cached_reading.clear()


def _first_look(reading: SeriesReading) -> None:
    """Show single slices until the last one is read."""
    slices = reading.summary.slices
    place = st.empty()
    with place.container():
        bar = st.progress(0.0)
        number = slices // 2 + 1
        if slices > 1:
            number = st.slider("Slice", 1, slices, number, key="first-look")
        picture = slice_picture(reading.summary, reading.slice(number - 1), _LONGEST)
        st.image(picture, alt=f"Slice {number}")
        finished = False
        while not finished:
            done = reading.done
            bar.progress(done / slices, f"Reading slice {done} of {slices}…")
            finished = reading.wait(_REFRESH_S)
    place.empty()


def _reading(home: Path, opened: OpenedSeries) -> SeriesReading:
    return _cached_reading(home, opened.uid, opened.source, opened.leave_out_damaged)


@st.cache_resource(max_entries=_SERIES_IN_MEMORY, show_spinner=False)
def _cached_reading(home: Path, uid: str, source: Path, leave_out_damaged: bool) -> SeriesReading:
    for summary in find_series(source_files(home, source)):
        if summary.uid == uid:
            return SeriesReading(summary, leave_out_damaged=leave_out_damaged)
    raise DicomError(
        "The series is no longer where it was opened from; open it again from its new place."
    )
