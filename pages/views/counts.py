"""How many slices of each segment are in each state, and the volume in ml."""

import html
from collections.abc import Mapping
from math import prod

import streamlit as st

from core.annotation.states import STATE_NAMES, SliceState
from core.annotation.store import SliceAnnotation
from core.annotation.summary import summarise
from core.dicom.shown_names import isolated
from core.segments.segment import Segment
from pages.session.work import Work

_COLUMNS = (
    SliceState.DRAWN,
    SliceState.ACCEPTED,
    SliceState.CORRECTED,
    SliceState.CONFIRMED_EMPTY,
    SliceState.PROPOSED,
    SliceState.EMPTY,
)

_REVIEWED_ML, _PROPOSED_ML = "Reviewed volume (ml)", "Proposed volume (ml)"

# Long names and headings take more lines, so that every column is in sight.
_STYLE = """
<style>
.counts {max-height: 60vh; overflow-y: auto;}
.counts table {width: 100%; border-collapse: collapse; font-size: 0.875rem;}
.counts :is(th, td) {
  padding: 0.3rem 0.45rem; text-align: right; font-weight: 400; vertical-align: bottom;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  font-variant-numeric: tabular-nums;
}
.counts thead th {font-size: 0.8rem; opacity: 0.85; hyphens: auto;}
.counts th:first-child {text-align: start; overflow-wrap: anywhere; min-width: 7rem;}
</style>
"""


def counts_table(
    work: Work,
    segments: list[Segment],
    annotation: Mapping[tuple[int, int], SliceAnnotation],
) -> None:
    """Show the table.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segments : list of Segment
        One row each.
    annotation : mapping of (int, int) to SliceAnnotation
        By segment number and slice index.
    """
    if not segments:
        return
    geometry = work.series.geometry
    summaries = summarise(
        annotation,
        [segment.number for segment in segments],
        work.series.summary.slices,
        (geometry.slice_reach.sum(axis=1) * prod(geometry.pixel_spacing) / 1000).tolist(),
    )
    headings = ["Segment", *(STATE_NAMES[state].capitalize() for state in _COLUMNS)]
    if geometry.measures_volume:
        headings += [_REVIEWED_ML, _PROPOSED_ML]
    rows = []
    for segment in segments:
        summary = summaries[segment.number]
        numbers = [str(summary.counts[state]) for state in _COLUMNS]
        if geometry.measures_volume:
            numbers += [f"{ml:.1f}" for ml in (summary.volume_ml, summary.proposed_ml)]
        rows.append((isolated(segment.label), numbers))
    st.html(_STYLE + _table(headings, rows))


def _table(headings: list[str], rows: list[tuple[str, list[str]]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row" dir="auto">{html.escape(name)}</th>'
        + "".join(f"<td>{number}</td>" for number in numbers)
        + "</tr>"
        for name, numbers in rows
    )
    # What scrolls can be reached with the keyboard as well.
    return (
        '<div class="counts" role="region" aria-label="Counts" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
