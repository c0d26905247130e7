"""The one next step: draw, propose, review or export."""

import streamlit as st

from core.annotation.states import EXAMPLE_STATES, SliceState
from core.proposals.examples import Proposal
from core.proposals.next_slice import Suggestion, suggest_slice
from core.segments.segment import Segment
from pages.session.proposal_jobs import (
    propose_neighbours,
    running_job,
    show_progress,
    start_proposing,
)
from pages.session.widget_keys import leaving_key
from pages.session.work import Work, current_slice, set_slice
from pages.views.formatting import count

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
    _suggest(work, segment)
    annotation = work.store.annotation(work.uid)
    proposed = sum(version.state is SliceState.PROPOSED for version in annotation.values())
    own = [version for (number, _), version in annotation.items() if number == segment.number]
    examples = [version for version in own if version.state in EXAMPLE_STATES]
    drawn = sum(version.pixels > 0 for version in examples)
    missing = min(_ENOUGH_SLICES, work.series.summary.slices) - drawn
    if proposed:
        if st.button(
            f"Review {count(proposed, 'proposal')}",
            icon=":material/fact_check:",
            type="primary",
            key=leaving_key("review", to_page=True),
            width="stretch",
        ):
            st.switch_page("pages/review.py")
    elif missing > 0:
        st.caption(
            f"Next: draw on {missing} more {'slice' if missing == 1 else 'slices'}. Best: the "
            "first and last slice of the structure and one in between."
        )
    elif len(examples) == work.series.summary.slices:
        if st.button(
            "Export",
            icon=":material/download:",
            type="primary",
            key=leaving_key("export", to_page=True),
            width="stretch",
        ):
            st.switch_page("pages/export.py")
        return
    st.button(
        "Propose again" if proposed else "Propose",
        icon=":material/auto_awesome:",
        type="primary" if missing <= 0 and not proposed else "secondary",
        disabled=drawn == 0,
        help="Proposes masks for the other slices. Slices that you drew, accepted or corrected "
        "do not change.",
        key=leaving_key("propose"),
        on_click=start_proposing,
        args=(work,),
        width="stretch",
    )


def _suggest(work: Work, segment: Segment) -> None:
    """Offer the slice that would help most, and to propose the neighbours of a corrected one."""
    index = current_slice(work)
    own = work.annotations_of(segment.number)
    here = own.get(index)
    neighbours = [own.get(near) for near in (index - 1, index + 1)]
    if (
        here is not None
        and here.state is SliceState.CORRECTED
        and any(
            neighbour is not None and neighbour.state is SliceState.PROPOSED
            for neighbour in neighbours
        )
    ):
        st.button(
            "Update neighbours",
            icon=":material/keyboard_double_arrow_right:",
            key=leaving_key("propose-neighbours"),
            help="Proposes the slices around this one again, up to the nearest examples.",
            on_click=propose_neighbours,
            args=(work, segment.number, index),
            width="stretch",
        )
    suggestion = _suggestion(
        work.uid,
        segment.number,
        tuple(sorted((slice_index, version.version) for slice_index, version in own.items())),
        work,
    )
    if suggestion is None or suggestion.slice == index:
        return
    if st.button(
        f"Next: slice {suggestion.slice + 1}",
        icon=":material/my_location:",
        key=leaving_key("suggested"),
        help=f"Drawing or correcting this slice would help most: {suggestion.reason}.",
        width="stretch",
    ):
        set_slice(work, suggestion.slice)
        st.rerun()
    st.caption(suggestion.reason)


@st.cache_data(max_entries=64, show_spinner=False)
def _suggestion(
    uid: str, number: int, versions: tuple[tuple[int, int], ...], _work: Work
) -> Suggestion | None:
    """Suggest a slice once something is proposed; kept until a slice of the segment changes."""
    own = _work.annotations_of(number)
    proposals = {
        index: Proposal(number, index, annotation.mask, annotation.expected_dice)
        for index, annotation in own.items()
        if annotation.state is SliceState.PROPOSED
    }
    if not proposals:
        return None
    examples = {
        index: annotation.mask
        for index, annotation in own.items()
        if annotation.state in EXAMPLE_STATES
    }
    return suggest_slice(examples, proposals, _work.series.summary.slices)
