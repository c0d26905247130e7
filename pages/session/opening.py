"""Reading the series that people open: in the background, once for all tabs, with a preview."""

from pathlib import Path

import streamlit as st

from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.dicom.untrusted_paths import existing_below
from core.display.picture import slice_picture
from core.home.opened_series import OpenedSeries
from core.home.server_folders import server_files
from core.home.settings import data_roots
from core.home.temporary_files import temporary_folder
from core.home.uploads import uploads_folder
from core.network.freed_memory import return_freed_memory
from pages.server.tabs import is_tab_open, this_tab
from pages.session.memory import SecondSeries
from pages.session.series_in_use import (
    ReadSeries,
    Role,
    SeriesInUse,
    SeriesPlace,
)

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
        Files, or the folder itself where it is our own and not that of all uploads.

    Raises
    ------
    DicomError
        If it may not be opened.
    """
    own = existing_below(source, [home])
    if own is not None and not uploads_folder(home).resolve().is_relative_to(own):
        return [own]
    return server_files(source, data_roots(), home)


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
    reading = _opened(home, opened, found, "second").reading
    if reading.is_finished:
        try:
            reading.result()
        except DicomError:
            series_in_use().forget(place=_place(home, opened))
            return _opened(home, opened, found, "second").reading
    return reading


def still_read(home: Path, second: SecondSeries) -> SecondSeries | None:
    """Note that this tab still shows a second series, and read it again where it was dropped.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    second : SecondSeries
        What the tab shows.

    Returns
    -------
    SecondSeries or None
        None where it is gone.
    """
    try:
        return SecondSeries(second.opened, _opened(home, second.opened, (), "second").reading)
    except DicomError:
        return None


def whole_reading(home: Path, opened: OpenedSeries) -> SeriesReading:
    """Read an opened series to its end; slices that are read already are shown meanwhile.

    Parameters
    ----------
    home : pathlib.Path
        Folder of everything the app keeps.
    opened : OpenedSeries
        The series.

    Returns
    -------
    SeriesReading
        It has the result.

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
        reading.result()
    except DicomError:
        series_in_use().forget(place=_place(home, opened))  # so that the next attempt reads again
        raise
    return reading


def forget_readings(source: Path | None = None) -> None:
    """Drop the series of a location, by default every one, from memory."""
    series_in_use().forget(source)


def _show_while_reading(reading: SeriesReading) -> None:
    """Show single slices until the last one is read."""
    slices = reading.summary.slices
    preview = st.empty()
    with preview.container():
        bar = st.progress(0.0)
        number = slices // 2 + 1
        if slices > 1:
            number = st.slider("Slice", 1, slices, number, key="while-reading")
        picture = slice_picture(reading.summary, reading.slice(number - 1), _LONGEST)
        st.image(picture, alt=f"Slice {number}")
        finished = False
        while not finished:
            done = reading.done
            bar.progress(done / slices, f"Reading slice {done} of {slices}…")
            finished = reading.wait(_REFRESH_S)
    preview.empty()


def _opened(
    home: Path,
    opened: OpenedSeries,
    found: tuple[SeriesSummary, ...] = (),
    role: Role = "main",
) -> ReadSeries:
    def read() -> ReadSeries:
        among = found or tuple(find_series(source_files(home, opened.source)))
        for summary in among:
            if summary.uid == opened.uid:
                reading = SeriesReading(
                    summary,
                    leave_out_damaged=opened.leave_out_damaged,
                    folder=temporary_folder(home),
                )
                return ReadSeries(reading, among)
        raise DicomError(
            "The series is no longer where it was opened from. Open it again from its new location."
        )

    return series_in_use().open(_place(home, opened), this_tab(), role, read)


def _place(home: Path, opened: OpenedSeries) -> SeriesPlace:
    return SeriesPlace(home, opened.uid, opened.source, opened.leave_out_damaged)


@st.cache_resource(show_spinner=False)
def series_in_use() -> SeriesInUse:
    """Series that the tabs of this server have open."""
    return SeriesInUse(is_tab_open, when_empty=return_freed_memory)
