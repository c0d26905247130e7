"""Reading the series that people open: in the background, once for all tabs, with a preview."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from core.dicom.series import Series, SeriesSummary
from core.dicom.untrusted_paths import existing_below
from core.display.picture import slice_picture
from core.home.opened_series import OpenedSeries
from core.home.server_folders import server_files
from core.home.settings import data_roots

_SERIES_IN_MEMORY = 3
_AT_ONCE_S = 0.4  # shorter than it takes to look at anything
_REFRESH_S = 0.2
_LONGEST = 512  # picture pixels


def source_files(home: Path, source: Path) -> list[Path]:
    """Files to search for series: in our own folder, or where the server's settings allow it.

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
    own = existing_below(source, [home])
    return [own] if own is not None else server_files(source, data_roots())


def opened_summary(home: Path, opened: OpenedSeries) -> SeriesSummary:
    """Summary of an opened series, without waiting for its pixels.

    Raises
    ------
    DicomError
        If it is no longer there, or cannot be read.
    """
    return _opened(home, opened).reading.summary


def found_together(home: Path, opened: OpenedSeries) -> tuple[SeriesSummary, ...]:
    """All series that were found where an opened series lies, itself included.

    Raises
    ------
    DicomError
        As `opened_summary`.
    """
    return _opened(home, opened).found


def begin_reading(
    home: Path, opened: OpenedSeries, found: tuple[SeriesSummary, ...]
) -> SeriesReading:
    """Read a series in the background without searching for it again.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    opened : OpenedSeries
        The series.
    found : tuple of SeriesSummary
        All series found where it lies.

    Raises
    ------
    DicomError
        If it cannot be read.
    """
    reading = _opened(home, opened, found).reading
    if reading.is_finished:
        try:
            reading.result()
        except DicomError:
            forget_readings()
            return _opened(home, opened, found).reading
    return reading


def whole_series(home: Path, opened: OpenedSeries) -> Series:
    """Pixels of an opened series; slices that are read already are shown meanwhile.

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
    with st.spinner("Opening the series…"):
        reading = _opened(home, opened).reading
    try:
        if not reading.wait(_AT_ONCE_S):
            _show_while_reading(reading)
        return reading.result()
    except DicomError:
        forget_readings()  # so that the next attempt reads again
        raise


def forget_readings() -> None:
    """Drop every series from memory."""
    _cached_reading.clear()


def _show_while_reading(reading: SeriesReading) -> None:
    """Show single slices until the last one is read."""
    slices = reading.summary.slices
    preview = st.empty()
    with preview.container():
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
    preview.empty()


@dataclass(frozen=True, eq=False)
class _Opened:
    """A series being read, and everything that was found with it."""

    reading: SeriesReading
    found: tuple[SeriesSummary, ...]


def _opened(home: Path, opened: OpenedSeries, found: tuple[SeriesSummary, ...] = ()) -> _Opened:
    return _cached_reading(home, opened.uid, opened.source, opened.leave_out_damaged, found)


@st.cache_resource(max_entries=_SERIES_IN_MEMORY, show_spinner=False)
def _cached_reading(
    home: Path,
    uid: str,
    source: Path,
    leave_out_damaged: bool,
    _found: tuple[SeriesSummary, ...],
) -> _Opened:
    found = _found or tuple(find_series(source_files(home, source)))
    for summary in found:
        if summary.uid == uid:
            return _Opened(SeriesReading(summary, leave_out_damaged=leave_out_damaged), found)
    raise DicomError(
        "The series is no longer where it was opened from. Open it again from its new location."
    )
