"""The one next step: draw, propose, review or export."""

import streamlit as st

from core.annotation.segments import Segment
from core.annotation.states import EXAMPLE_STATES, SliceState
from pages.components.proposing import running_job, show_progress, start_proposing
from pages.components.words import count
from pages.components.work import Work

_ENOUGH_SLICES = 3


def next_step(work: Work, segment: Segment) -> None:
    """Show what to do next.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.
    """
    show_progress(work)
    if running_job(work) is not None:
        return
    annotation = work.store.annotation(work.uid)
    proposed = sum(one.state is SliceState.PROPOSED for one in annotation.values())
    own = [one for (number, _), one in annotation.items() if number == segment.number]
    examples = [one for one in own if one.state in EXAMPLE_STATES]
    drawn = sum(one.pixels > 0 for one in examples)
    missing = min(_ENOUGH_SLICES, work.series.summary.slices) - drawn
    if proposed:
        if st.button(
            f"Review {count(proposed, 'proposal')}",
            icon=":material/fact_check:",
            type="primary",
            key="leave-review",
            width="stretch",
        ):
            st.switch_page("pages/review.py")
    elif missing > 0:
        st.caption(
            f"Next: draw on {missing} more {'slice' if missing == 1 else 'slices'}. The first and "
            "the last slice of the structure and one between teach most."
        )
    elif len(examples) == work.series.summary.slices:
        if st.button(
            "Export",
            icon=":material/download:",
            type="primary",
            key="leave-export",
            width="stretch",
        ):
            st.switch_page("pages/export.py")
        return
    st.button(
        "Propose again" if proposed else "Propose",
        icon=":material/auto_awesome:",
        type="primary" if missing <= 0 and not proposed else "secondary",
        disabled=drawn == 0,
        help="Suggests masks for the other slices from those you stand behind, which stay as "
        "they are.",
        key="leave-propose",
        on_click=start_proposing,
        args=(work,),
        width="stretch",
    )
