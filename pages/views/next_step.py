"""The one next step: draw, state the ends, propose, review or export."""

from collections.abc import Callable

import streamlit as st

from core.annotation.states import EXAMPLE_STATES, SliceState
from core.proposals.examples import Proposal
from core.proposals.next_slice import Suggestion, suggest_slice
from core.segments.ends import Ends
from core.segments.segment import Segment
from pages.session.proposal_jobs import (
    propose_neighbours,
    running_job,
    show_progress,
    start_proposing,
)
from pages.session.widget_keys import leaving_key
from pages.session.work import Work, current_slice, set_slice
from pages.views.ends import ask_for_ends, ends_of, tell_drawn_beyond
from pages.views.formatting import count

_ENOUGH_SLICES = 3


def next_step(work: Work, segment: Segment, changed: Callable[[], None] = lambda: None) -> None:
    """Show what to do next.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.
    changed : callable
        Called, last of all, once proposals were asked for.
    """
    show_progress(work)
    if running_job(work) is not None:
        return
    tell_drawn_beyond(work, segment)
    suggestion = _suggestion_now(work, segment)
    _suggest(work, segment, suggestion, changed)
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
    elif not drawn:
        st.caption("Next: draw on one slice, best where the structure is large.")
    elif missing > 0 and not (suggestion and suggestion.ends):
        st.caption(f"Draw on {count(missing, 'more slice')}, then propose.")
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
        help="Proposes masks for the other slices, from slices you drew or accepted. These do not "
        "change.",
        key=leaving_key("propose"),
        on_click=_propose,
        args=(work, changed),
        width="stretch",
    )


def _propose(work: Work, changed: Callable[[], None]) -> None:
    start_proposing(work)
    changed()


def _propose_near(work: Work, segment: Segment, index: int, changed: Callable[[], None]) -> None:
    propose_neighbours(work, segment.number, index)
    changed()


def _suggest(
    work: Work, segment: Segment, suggestion: Suggestion | None, changed: Callable[[], None]
) -> None:
    """Offer what would help most, and to propose the neighbours of a corrected slice."""
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
            "Propose again for neighbouring slices",
            icon=":material/keyboard_double_arrow_right:",
            key=leaving_key("propose-neighbours"),
            help="Proposes the slices around this one again, up to the nearest examples.",
            on_click=_propose_near,
            args=(work, segment, index, changed),
            width="stretch",
        )
    if suggestion is not None and suggestion.ends:
        ask_for_ends(segment, suggestion.ends)
        return
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


def _suggestion_now(work: Work, segment: Segment) -> Suggestion | None:
    """Suggest what to do next once something is drawn."""
    own = work.annotations_of(segment.number)
    versions = tuple(sorted((index, version.version) for index, version in own.items()))
    return _suggestion(work.uid, segment.number, versions, ends_of(work, segment), work)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Ends: str})
def _suggestion(
    uid: str, number: int, versions: tuple[tuple[int, int], ...], ends: Ends, _work: Work
) -> Suggestion | None:
    """Kept until a slice or an end of the segment changes."""
    own = _work.annotations_of(number)
    proposals = {
        index: Proposal(number, index, annotation.mask, annotation.expected_dice)
        for index, annotation in own.items()
        if annotation.state is SliceState.PROPOSED
    }
    examples = {
        index: annotation.mask
        for index, annotation in own.items()
        if annotation.state in EXAMPLE_STATES
    }
    return suggest_slice(examples, proposals, _work.series.summary.slices, ends)
