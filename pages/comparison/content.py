"""What the comparison shows: figures, pictures of slices, outlines and decisions."""

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from PIL import Image

from core.annotation.revision import revision
from core.annotation.states import EXAMPLE_STATES
from core.annotation.versions import SliceKey
from core.display.grey import to_grey
from core.display.windows import window_choices
from core.projects.adjudication import Adjudication, adjudication_of
from core.projects.agreement import SegmentAgreement, SliceAgreement, agreement_of
from core.projects.readings import ADJUDICATED, visible_readings
from core.projects.records import WorkItem
from pages.comparison.outlines import outline_path
from pages.session.work import Work

_PICTURES_KEPT = 256
_OUTLINES_KEPT = 4096
_AHEAD = 2
"""Slices sent beside the one that is shown, in either direction, and of those to decide next."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Both readings of a series, and what has been decided about them.

    Attributes
    ----------
    readings : mapping of int to WorkItem
        Those that the person may see, by number.
    revisions : mapping of int to tuple of int
        Which state each is in.
    agreement : list of SegmentAgreement
        By number of the segment.
    adjudication : Adjudication
        How far it is.
    """

    readings: Mapping[int, WorkItem]
    revisions: Mapping[int, tuple[int, int]]
    agreement: list[SegmentAgreement]
    adjudication: Adjudication

    def segment(self, number: int | None) -> SegmentAgreement | None:
        """The segment of this number, else that with the least agreement; None without any."""
        named = [one for one in self.agreement if one.segment.number == number]
        worst = sorted(self.agreement, key=lambda one: one.dice)
        return next(iter(named or worst), None)

    def worst_first(self, number: int) -> list[SliceAgreement]:
        """Slices of a segment, those to decide and those with the least agreement first."""
        segment = self.segment(number)
        decided = self.adjudication.decided
        return sorted(
            segment.slices if segment is not None else (),
            key=lambda one: ((number, one.slice_index) in decided, one.dice, one.slice_index),
        )


def compare(work: Work) -> Comparison:
    """Compare the readings of the series that is open.

    Raises
    ------
    AccessRefused
        If the person may not see both of them.
    MoveRefused
        If the series is read once.
    """
    store, key, person = work.store, work.annotation_key, work.person
    # At every run: what is kept below was computed for somebody who might see it then.
    adjudication = adjudication_of(store, key, person)
    readings = {one.reading: one for one in visible_readings(store, key, person)}
    revisions = {number: revision(store, one.annotation_key) for number, one in readings.items()}
    agreement = _agreement(readings[1].annotation_key, (revisions[1], revisions[2]), work)
    return Comparison(readings, revisions, agreement, adjudication)


@st.cache_data(max_entries=8, show_spinner="Comparing the readings…")
def _agreement(
    first_key: str, revisions: tuple[tuple[int, int], ...], _work: Work
) -> list[SegmentAgreement]:
    return agreement_of(_work.store, first_key, _work.person)


def comparison_message(
    work: Work,
    comparison: Comparison,
    segment: SegmentAgreement,
    slice_index: int,
    window: str | None,
    present: Iterable[int],
) -> dict[str, Any]:
    """Put together what the browser shows.

    Parameters
    ----------
    work : Work
        Series being worked on.
    comparison : Comparison
        From `compare`.
    segment : SegmentAgreement
        Which segment is shown.
    slice_index : int
        Which slice is shown.
    window : str or None
        Name of the window; the first for one that is not there.
    present : iterable of int
        Slices whose pictures in this window the browser has.

    Returns
    -------
    dict
        For the script of the component.
    """
    summary = work.series.summary
    choices = window_choices(work.series)
    name = window if window is not None and window in choices else next(iter(choices))
    wanted = _slices_wanted(comparison, segment, slice_index, summary.slices)
    have = set(present)
    level = choices[name].center, choices[name].width
    return {
        "slices": summary.slices,
        "size": [summary.rows, summary.columns],
        "spacing": list(summary.pixel_spacing),
        "letters": list(summary.geometry.orientation_letters),
        "segment": segment.segment.number,
        "slice": slice_index,
        "windows": list(choices),
        "window": name,
        "pictures": {
            str(index): _picture(work.opened.key, index, level, work)
            for index in wanted
            if index not in have
        },
        "outlines": {str(index): _outlines(work, comparison, segment, index) for index in wanted},
        "segments": [_figures(one) for one in comparison.agreement],
        "lines": _lines(comparison),
        "decides": comparison.adjudication.decides,
        "begun": comparison.adjudication.final is not None,
    }


def _slices_wanted(
    comparison: Comparison, segment: SegmentAgreement, index: int, slices: int
) -> list[int]:
    """The slice that is shown, those beside it, and those that will be decided next."""
    beside = [index + step for step in range(-_AHEAD, _AHEAD + 1)]
    ordered = comparison.worst_first(segment.segment.number)
    following = [one.slice_index for one in ordered if one.slice_index != index][:_AHEAD]
    wanted = dict.fromkeys([index, *following, *beside])
    return [one for one in wanted if 0 <= one < slices]


@st.cache_data(max_entries=_PICTURES_KEPT, show_spinner=False)
def _picture(key: str, index: int, level: tuple[float, float], _work: Work) -> str:
    """Grey picture of a slice, pixel by pixel, as a data URL."""
    series = _work.series
    window = next(
        one for one in window_choices(series).values() if (one.center, one.width) == level
    )
    grey = to_grey(series.volume[index], window, inverted=series.inverted)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, format="PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _outlines(
    work: Work, comparison: Comparison, segment: SegmentAgreement, index: int
) -> list[str]:
    """Outlines of reading 1, reading 2 and the adjudicated one on a slice."""
    numbers = {
        1: segment.first_number,
        2: segment.second_number,
        ADJUDICATED: segment.segment.number,
    }
    return [
        _outline(
            comparison.readings[reading].annotation_key,
            comparison.revisions[reading],
            number,
            index,
            work,
        )
        if number is not None and reading in comparison.readings
        else ""
        for reading, number in numbers.items()
    ]


@st.cache_data(max_entries=_OUTLINES_KEPT, show_spinner=False)
def _outline(
    annotation_key: str, revision: tuple[int, int], number: int, index: int, _work: Work
) -> str:
    stored = _work.store.slice(annotation_key, number, index)
    # What nobody confirmed takes no part in the comparison.
    return outline_path(stored.mask) if stored.state in EXAMPLE_STATES else ""


def _figures(one: SegmentAgreement) -> dict[str, Any]:
    return {
        "number": one.segment.number,
        "name": one.segment.label,
        "dice": one.dice,
        "distance": one.distance_95_mm,
        "volumes": [one.first_ml, one.second_ml],
        "difference": one.volume_difference_ml,
    }


def _lines(comparison: Comparison) -> list[dict[str, Any]]:
    decided: Mapping[SliceKey, str] = comparison.adjudication.decided
    return [
        {
            "segment": one.segment.number,
            "slice": line.slice_index,
            "dice": line.dice,
            "distance": line.distance_95_mm,
            "difference": line.volume_difference_ml,
            "decision": str(decided.get((one.segment.number, line.slice_index), "")),
        }
        for one in comparison.agreement
        for line in one.slices
    ]
