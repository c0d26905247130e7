"""The series that is open in this tab, with its store."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.annotation.states import EXAMPLE_STATES
from core.annotation.store import AnnotationStore, SliceAnnotation, StoreError
from core.audit.entries import Action
from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.series import Series, SeriesSummary
from core.home.last_views import LastView, recall_view, remember_view
from core.home.opened_series import OpenedSeries, recall_series
from core.home.segment_display import SegmentDisplay
from core.segments.segment import Segment
from pages.server.tabs import this_tab
from pages.session.audit_log import client_address, record
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.opening import (
    forget_readings,
    opened_summary,
    series_in_use,
    still_read,
    whole_reading,
)

OPEN_ELSEWHERE = (
    "This copy is open in another tab, or with somebody else, and was not deleted: close it there."
)
"""Why a copy is not deleted where `is_open_elsewhere`."""

_KEY = "work.series"
_MEMORY = "work.memory"
_QUERY = "series"
_SLICE_QUERY = "slice"


@dataclass(frozen=True, eq=False)
class Work:
    """What the pages after the first need.

    Attributes
    ----------
    entrance : Entrance
        Settings and person.
    opened : OpenedSeries
        Key and location of the series.
    reading : SeriesReading
        Of the series; it has ended.
    store : AnnotationStore
        In which the annotation is known.
    memory : PageMemory
        What this tab remembers of the series.
    """

    entrance: Entrance
    opened: OpenedSeries
    reading: SeriesReading
    store: AnnotationStore
    memory: PageMemory

    @property
    def series(self) -> Series:
        """With its pixels.

        Streamlit keeps this object, in arguments of callbacks, after the tab was closed, for as
        long as it pleases; so it does not hold them itself. A tab that comes back reads them again.
        """
        if self.reading.is_closed:
            return whole_reading(self.entrance.settings.home, self.opened).result()
        return self.reading.result()

    @property
    def uid(self) -> str:
        """Series Instance UID."""
        return self.reading.summary.uid

    @property
    def annotation_key(self) -> str:
        """Key by which the store knows the annotation of the series."""
        return self.reading.summary.uid

    @property
    def person(self) -> str:
        """Who is working; where people sign in, only for as long as they are."""
        return self.entrance.person

    def segments(self) -> list[Segment]:
        """Segments of the series."""
        return self.store.segments(self.annotation_key)

    def annotations_of(self, segment_number: int) -> dict[int, SliceAnnotation]:
        """Newest versions of one segment by slice index."""
        return {
            index: annotation
            for (number, index), annotation in self.store.annotation(self.annotation_key).items()
            if number == segment_number
        }


@st.cache_resource(show_spinner=False)
def open_store(url: str) -> AnnotationStore:
    """Store behind a database URL, one for all sessions."""
    return AnnotationStore(url, client_address)


def choose_series(opened: OpenedSeries) -> None:
    """Open a series in this tab."""
    series_in_use().close(this_tab())
    st.session_state[_KEY] = opened.key
    st.session_state.pop(_MEMORY, None)
    st.query_params.clear()


def chosen_key() -> str | None:
    """Key of the series that is open in this tab, if any.

    Other pages than the first name it in their address, and addresses come back by the browser's
    history: the address decides.
    """
    key: str | None = st.query_params.get(_QUERY) or st.session_state.get(_KEY)
    return key


def chosen_summary(entrance: Entrance) -> SeriesSummary | None:
    """Summary of the series that is open in this tab, if any and if it can be read."""
    key = chosen_key()
    opened = recall_series(entrance.settings.home, key) if key else None
    if opened is None:
        return None
    try:
        return opened_summary(entrance.settings.home, opened)
    except DicomError:
        return None


def is_open_elsewhere(source: Path) -> bool:
    """Tell whether another tab has a series of a location open."""
    return series_in_use().is_used_by_others(source, this_tab())


def forget_source(home: Path, source: Path) -> None:
    """Close the series shown in this tab that were opened from a location that is gone."""
    memory: PageMemory | None = st.session_state.get(_MEMORY)
    if memory is not None and memory.second is not None and memory.second.opened.source == source:
        memory.second = None
    key = chosen_key()
    opened = recall_series(home, key) if key else None
    if opened is not None and opened.source == source:
        st.session_state.pop(_KEY, None)
        st.session_state.pop(_MEMORY, None)
        st.query_params.clear()
    forget_readings(source)


def require_work(entrance: Entrance) -> Work:
    """Series being worked on; where there is none, say so and stop the page.

    Parameters
    ----------
    entrance : Entrance
        From the gate.

    Returns
    -------
    Work
        Opened and known to the store.
    """
    key = chosen_key()
    opened = recall_series(entrance.settings.home, key) if key else None
    if opened is None:
        st.info("No series is open yet.", icon=":material/folder_open:")
        st.page_link("pages/series.py", label="Open a series", icon=":material/arrow_back:")
        st.stop()
    if not opened.source.exists():
        st.error(
            "The files of this series are not there any more. Upload them again or open their new "
            "place; annotations are kept.",
            icon=":material/error:",
        )
        st.page_link("pages/series.py", label="Open another series", icon=":material/arrow_back:")
        st.stop()
    try:
        reading = whole_reading(entrance.settings.home, opened)
        summary = reading.summary
        store = open_store(entrance.settings.database)
        store.open_annotation(summary.uid, slice_names(summary), summary.rows, summary.columns)
        memory: PageMemory | None = st.session_state.get(_MEMORY)
        if memory is None or memory.series_key != opened.key:
            record(entrance, store, Action.SERIES_OPENED, subject=opened.key)
            memory = st.session_state[_MEMORY] = _memory_of_last_visit(entrance, summary, opened)
    except (DicomError, StoreError) as error:
        st.error(str(error), icon=":material/error:")
        st.page_link("pages/series.py", label="Open another series", icon=":material/arrow_back:")
        st.stop()
    st.session_state[_KEY] = opened.key
    if st.query_params.get(_QUERY) != opened.key:
        st.query_params[_QUERY] = opened.key
    if memory.second is not None:
        memory.second = still_read(entrance.settings.home, memory.second)
    return Work(entrance, opened, reading, store, memory)


def _memory_of_last_visit(
    entrance: Entrance, summary: SeriesSummary, opened: OpenedSeries
) -> PageMemory:
    """What the person looked at last in this series; the address may name another slice."""
    view = recall_view(entrance.settings.home, opened.key, entrance.person)
    named = st.query_params.get(_SLICE_QUERY, "")
    index = int(named) - 1 if named.isdecimal() and len(named) < 7 else view.slice
    is_there = index is not None and 0 <= index < summary.slices
    return PageMemory(
        opened.key,
        view.segment,
        index if is_there else None,
        view.tool,
        view.window,
        view.segments,
    )


def _remember(work: Work) -> None:
    """Keep what is looked at for the next visit; what is drawn does not depend on it."""
    memory = work.memory
    view = LastView(memory.segment, memory.slice_index, memory.tool, memory.window, memory.segments)
    with contextlib.suppress(DicomError, OSError):
        remember_view(work.entrance.settings.home, work.opened.key, work.person, view)


def current_segment(work: Work, segments: list[Segment]) -> Segment | None:
    """Segment chosen in this tab, else the first."""
    chosen = [segment for segment in segments if segment.number == work.memory.segment]
    return next(iter(chosen or segments), None)


def set_segment(work: Work, number: int) -> None:
    """Choose the segment to work on."""
    if work.memory.segment != number:
        work.memory.segment = number
        _remember(work)


def current_slice(work: Work) -> int:
    """Slice index chosen in this tab, else where a person worked last, else the middle one."""
    if work.memory.slice_index is None:
        worked_on = [
            (annotation.time, annotation.slice_index)
            for annotation in work.store.annotation(work.annotation_key).values()
            if annotation.time is not None and annotation.state in EXAMPLE_STATES
        ]
        middle = work.series.summary.slices // 2
        work.memory.slice_index = max(worked_on)[1] if worked_on else middle
    return work.memory.slice_index


def set_slice(work: Work, index: int) -> None:
    """Go to a slice; beyond the ends means the end."""
    wanted = min(max(index, 0), work.series.summary.slices - 1)
    if work.memory.slice_index != wanted:
        work.memory.slice_index = wanted
        _remember(work)


def set_tool(work: Work, tool: str | None, window: tuple[str, float, float] | None) -> None:
    """Keep which tool and window the slice editor has."""
    if (work.memory.tool, work.memory.window) != (tool, window):
        work.memory.tool, work.memory.window = tool, window
        _remember(work)


def set_segment_display(work: Work, display: SegmentDisplay) -> None:
    """Keep which segments the slice editor shows and which are locked."""
    if work.memory.segments != display:
        work.memory.segments = display
        _remember(work)


def is_locked(work: Work, number: int) -> bool:
    """Whether the person has locked a segment in this tab: no stroke changes it."""
    return number in work.memory.segments.locked


def slice_names(summary: SeriesSummary) -> list[str]:
    """Names by which the store knows the slices of a series, in position order."""
    return [
        record.sop_instance_uid
        if record.frame is None
        else f"{record.sop_instance_uid}#{record.frame}"
        for record in summary.records
    ]
