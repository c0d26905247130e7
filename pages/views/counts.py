"""How many slices of each segment are in each state, and the volume in ml."""

from collections.abc import Mapping

import streamlit as st

from core.annotation.states import STATE_NAMES, SliceState
from core.annotation.store import SliceAnnotation
from core.annotation.summary import summarise
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
        geometry.spacing,
    )
    rows = []
    for segment in segments:
        summary = summaries[segment.number]
        row: dict[str, str | int | float] = {"Segment": segment.label}
        row |= {STATE_NAMES[state].capitalize(): summary.counts[state] for state in _COLUMNS}
        if geometry.in_patient:
            row[_REVIEWED_ML] = summary.volume_ml
            row[_PROPOSED_ML] = summary.proposed_ml
        rows.append(row)
    ml = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        column_config={_REVIEWED_ML: ml, _PROPOSED_ML: ml},
    )
