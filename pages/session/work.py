"""The series that is open in this tab, with its store."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec

import streamlit as st

from core.annotation.states import EXAMPLE_STATES
from core.annotation.store import AnnotationStore, SliceAnnotation, StoreError
from core.audit.entries import Action
from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.series import Series, SeriesSummary
from core.dicom.slice_names import slice_names
from core.home.last_views import LastView, recall_view, remember_view
from core.home.opened_series import OpenedSeries
from core.home.segment_display import SegmentDisplay
from core.projects.guarding import store_for
from core.projects.records import AccessRefused, MoveRefused, WorkItem
from core.projects.visibility import require_editing
from core.segments.segment import Segment
from pages.server.tabs import this_tab
from pages.session.audit_log import record
from pages.session.chosen_series import (
    ChosenSeries,
    chosen_or_none,
    chosen_series,
    forget_chosen,
    keep_chosen,
    may_look_into,
    open_store,
    place_key,
)
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.opening import forget_readings, series_in_use, still_read, whole_reading

Arguments = ParamSpec("Arguments")

OPEN_ELSEWHERE = (
    "This copy is open in another tab, or with somebody else, and was not deleted: close it there."
)
"""Why a copy is not deleted where `is_open_elsewhere`."""

_MEMORY = "work.memory"
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
        In which the annotation is known; it asks for the roles of the person at every use.
    memory : PageMemory
        What this tab remembers of the series.
    item : WorkItem or None
        Reading of a project, as it was when the page began; None outside projects.
    """

    entrance: Entrance
    opened: OpenedSeries
    reading: SeriesReading
    store: AnnotationStore
    memory: PageMemory
    item: WorkItem | None = None

    @property
    def key(self) -> str:
        """Names the annotation to browsers and in folders."""
        return place_key(self.opened.key, self.item)

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
        """Key by which the store knows the annotation."""
        return self.item.annotation_key if self.item is not None else self.reading.summary.uid

    @property
    def reason_against_editing(self) -> str:
        """Why the person may not change the annotation now, as a sentence; blank where they may."""
        try:
            require_editing(self.store, self.annotation_key, self.person)
        except MoveRefused as refused:
            return str(refused)
        return ""

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


def while_seen(fragment: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Have a fragment draw the page anew once its person may not see the annotation any more.

    Parameters
    ----------
    fragment : callable
        Reads the annotation; between its runs a role may be taken away. The page says so.
    """

    @wraps(fragment)
    def run(*args: Arguments.args, **named: Arguments.kwargs) -> None:
        try:
            fragment(*args, **named)
        except AccessRefused:
            st.rerun()

    return run


def is_open_elsewhere(source: Path) -> bool:
    """Tell whether another tab has a series of a location open."""
    return series_in_use().is_used_by_others(source, this_tab())


def forget_source(entrance: Entrance, source: Path) -> None:
    """Close the series shown in this tab that were opened from a location that is gone."""
    memory: PageMemory | None = st.session_state.get(_MEMORY)
    if memory is not None and memory.second is not None and memory.second.opened.source == source:
        memory.second = None
    chosen = chosen_or_none(entrance)
    if chosen is not None and chosen.opened.source == source:
        forget_chosen()
        st.session_state.pop(_MEMORY, None)
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
    try:
        chosen = chosen_series(entrance)
    except StoreError as error:
        _stop(str(error), "Open a series")
    if chosen is None:
        st.info("No series is open yet.", icon=":material/folder_open:")
        st.page_link("pages/series.py", label="Open a series", icon=":material/arrow_back:")
        st.stop()
    opened = chosen.opened
    if not opened.source.exists():
        _stop(
            "The files of this series are not there any more. Upload them again or open their new "
            "place; annotations are kept."
        )
    try:
        reading = whole_reading(entrance.settings.home, opened)
        summary = reading.summary
        store = store_for(open_store(entrance.settings.database), entrance.person)
        names = slice_names(summary)
        store.open_annotation(chosen.annotation_key, names, summary.rows, summary.columns)
        memory: PageMemory | None = st.session_state.get(_MEMORY)
        if memory is None or memory.series_key != chosen.key:
            record(entrance, store, Action.SERIES_OPENED, subject=opened.key)
            memory = st.session_state[_MEMORY] = _memory_of_last_visit(entrance, summary, chosen)
    except (DicomError, StoreError) as error:
        _stop(str(error))
    keep_chosen(chosen)
    second = memory.second
    if second is not None:
        is_seen = may_look_into(entrance, second.opened.source)
        memory.second = still_read(entrance.settings.home, second) if is_seen else None
    return Work(entrance, opened, reading, store, memory, chosen.item)


def _stop(reason: str, way_out: str = "Open another series") -> NoReturn:
    st.error(reason, icon=":material/error:")
    st.page_link("pages/series.py", label=way_out, icon=":material/arrow_back:")
    st.stop()


def _memory_of_last_visit(
    entrance: Entrance, summary: SeriesSummary, chosen: ChosenSeries
) -> PageMemory:
    """What the person looked at last in this series; the address may name another slice."""
    view = recall_view(entrance.settings.home, chosen.key, entrance.person)
    named = st.query_params.get(_SLICE_QUERY, "")
    index = int(named) - 1 if named.isdecimal() and len(named) < 7 else view.slice
    is_there = index is not None and 0 <= index < summary.slices
    return PageMemory(
        chosen.key,
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
        remember_view(work.entrance.settings.home, work.key, work.person, view)


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
