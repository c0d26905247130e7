"""A second series beside the slice: choosing it and showing it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.annotation.store import StoreError
from core.audit.entries import Action
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.display.grey import to_grey
from core.display.picture import draw_slice, picture_size, png
from core.display.second_series import SecondSlice, reason_against, sampling_factor, second_slice
from core.display.windows import window_choices
from core.home.opened_series import OpenedSeries, recall_series, remembered_series, series_key
from pages.session.audit_log import record
from pages.session.chosen_series import may_look_into
from pages.session.memory import SecondSeries
from pages.session.opening import begin_reading, found_together, source_files
from pages.session.widget_keys import leaving_key
from pages.session.work import Work
from pages.views.banner import series_name
from pages.views.formatting import count, plain

_WIDGET = "second-series"
_NONE = ""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A series that might be shown beside the slice.

    Attributes
    ----------
    opened : OpenedSeries
        Key and location.
    summary : SeriesSummary
        What its headers say.
    found : tuple of SeriesSummary
        All series found in its location.
    reason : str or None
        Why it cannot be shown; None where it can.
    """

    opened: OpenedSeries
    summary: SeriesSummary
    found: tuple[SeriesSummary, ...]
    reason: str | None


@dataclass
class ChoiceMemory:
    """What a tab remembers of the choice of a second series.

    Attributes
    ----------
    listed : list of Candidate or None
        Series found so far; None before anybody looked.
    looked_elsewhere : bool
        Whether series opened earlier from other locations are among them.
    problem : str or None
        Why the series chosen last cannot be shown.
    """

    listed: list[Candidate] | None = None
    looked_elsewhere: bool = False
    problem: str | None = None


def candidates(work: Work) -> list[Candidate]:
    """Series found in the location of the open one, and elsewhere once a person searched there.

    Raises
    ------
    DicomError
        When the location of the open series cannot be read any more.
    """
    memory = work.memory.part(ChoiceMemory)
    if memory.listed is None:
        # Remembered, because every stroke that changes a count asks for them again.
        together = found_together(work.entrance.settings.home, work.opened)
        memory.listed = [
            _candidate(work, work.opened, summary, together)
            for summary in together
            if summary.uid != work.uid
        ]
    return memory.listed


def choose_second(work: Work, changed: Callable[[], None] = lambda: None) -> None:
    """Let the person choose a second series, or none.

    Parameters
    ----------
    work : Work
        Series being worked on.
    changed : callable
        Called after a choice.
    """
    st.markdown("**Second series beside the slice**")
    try:
        listed = candidates(work)
    except DicomError as error:
        st.error(str(error), icon=":material/error:")
        return
    fitting = {candidate.opened.key: candidate for candidate in listed if candidate.reason is None}
    second = work.memory.second
    if fitting:
        names = {key: _label(candidate.summary) for key, candidate in fitting.items()}
        st.session_state[_WIDGET] = second.opened.key if second is not None else _NONE
        st.radio(
            "Second series",
            [_NONE, *fitting],
            format_func=lambda key: names.get(key, "None"),
            key=_WIDGET,
            label_visibility="collapsed",
            on_change=lambda: _choose(work, fitting, changed),
        )
        st.caption("Same position in the patient, separate window. View only.")
    elif not listed:
        st.caption("No other series was found in the same location.")
    memory = work.memory.part(ChoiceMemory)
    if memory.problem is not None:
        st.error(memory.problem, icon=":material/error:")
    for candidate in listed:
        if candidate.reason is not None:
            st.caption(
                f":gray[{_label(candidate.summary)} cannot be shown: {plain(candidate.reason)}.]"
            )
    if not memory.looked_elsewhere:
        st.button(
            "Search other series opened here",
            key=leaving_key("second-elsewhere"),
            help="Reads the headers of every series opened on this server so far.",
            on_click=lambda: _search_elsewhere(work),
        )


def location_text(shown: SecondSlice, summary: SeriesSummary) -> str:
    """Which slice of the second series is shown, as text."""
    if not shown.slices:
        return "does not cover this slice"
    if shown.nearest is None:
        first, last = shown.slices[0] + 1, shown.slices[-1] + 1
        return f"cut across slices {first} to {last} of {summary.slices}"
    away = f", {shown.away:.1f} mm away" if shown.away >= 0.05 else ""
    return f"slice {shown.nearest + 1} of {summary.slices}{away}"


def show_second(work: Work, index: int, longest: int) -> None:
    """Show the second series on the plane of a slice; nothing where none is chosen.

    Parameters
    ----------
    work : Work
        Series being worked on.
    index : int
        The slice.
    longest : int
        Picture pixels of the longer side.
    """
    second = work.memory.second
    if second is None:
        return
    try:
        with st.spinner("Reading the second series…"):
            series = second.reading.result()
    except DicomError as error:
        st.error(str(error), icon=":material/error:")
        return
    windows = window_choices(series)
    key = f"second-window-{second.opened.key}"
    name = st.selectbox("Window of the second series", list(windows), key=key)
    summary = work.series.summary
    finer = sampling_factor(summary, series.summary)
    shown = second_slice(summary, index, series, finer=finer)
    grey = to_grey(shown.values, windows[name], inverted=series.inverted)
    size = picture_size(summary.rows, summary.columns, summary.pixel_spacing, longest)
    letters = work.series.geometry.orientation_letters
    st.image(png(draw_slice(grey, size, (), letters)), alt="Second series", width="stretch")
    st.caption(f"{_label(series.summary)}: {location_text(shown, series.summary)}")


def _candidate(
    work: Work, opened: OpenedSeries, summary: SeriesSummary, found: tuple[SeriesSummary, ...]
) -> Candidate:
    home = work.entrance.settings.home
    key = series_key(home, summary.uid)
    known = recall_series(home, key)
    leave_out = known is not None and known.leave_out_damaged
    reason = reason_against(work.series.summary, summary)
    if reason is None and summary.damaged and not leave_out:
        reason = "some of its files are damaged; open it once without them"
    candidate = OpenedSeries(key, summary.uid, opened.source, leave_out)
    return Candidate(candidate, summary, found, reason)


def _choose(work: Work, fitting: dict[str, Candidate], changed: Callable[[], None]) -> None:
    chosen = fitting.get(st.session_state[_WIDGET])
    if chosen is not None and not may_look_into(work.entrance, chosen.opened.source):
        chosen = None
    memory = work.memory.part(ChoiceMemory)
    memory.problem = None
    work.memory.second = None
    if chosen is not None:
        home = work.entrance.settings.home
        try:
            key = chosen.opened.key
            record(work.entrance, work.store, Action.SERIES_OPENED, subject=key, detail="second")
            reading = begin_reading(home, chosen.opened, chosen.found)
            work.memory.second = SecondSeries(chosen.opened, reading)
        except (DicomError, StoreError) as error:
            memory.problem = str(error)
    changed()


def _search_elsewhere(work: Work) -> None:
    """Add series of the same frame of reference or study: those of others are not shown."""
    home = work.entrance.settings.home
    summary = work.series.summary
    listed = candidates(work)
    seen = {work.uid, *(candidate.summary.uid for candidate in listed)}
    by_source = {
        opened.source: opened
        for opened in remembered_series(home)
        if may_look_into(work.entrance, opened.source)
    }
    by_source.pop(work.opened.source, None)
    added = []
    for opened in by_source.values():
        try:
            found = tuple(find_series(source_files(home, opened.source)))
        except DicomError:
            continue  # gone, or no longer allowed: nothing to offer
        for other in found:
            same_study = other.study_uid == summary.study_uid
            if other.uid in seen or not (same_study or reason_against(summary, other) is None):
                continue
            seen.add(other.uid)
            added.append(_candidate(work, opened, other, found))
    memory = work.memory.part(ChoiceMemory)
    memory.listed = listed + added
    memory.looked_elsewhere = True


def _label(summary: SeriesSummary) -> str:
    number = f"{summary.series_number} · " if summary.series_number is not None else ""
    slices = count(summary.slices, "slice")
    return f"{number}{plain(series_name(summary))} ({plain(summary.modality)}, {slices})"
