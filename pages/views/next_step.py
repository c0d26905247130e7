"""The one next step: draw, state the ends, propose, review or export.

`next_step` shows it in a column beside the slice, `next_step_row.py` in a row above it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

import streamlit as st

from core.annotation.open_segments import is_reviewed
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.taught_masks import JOINED_TOOL
from core.proposals.examples import Proposal
from core.proposals.next_slice import Suggestion, suggest_slice
from core.segments.ends import Ends
from core.segments.segment import Segment
from pages.session.proposal_jobs import (
    can_propose,
    propose_neighbours,
    running_job,
    start_proposing,
)
from pages.session.volume_preview import volume_preview
from pages.session.widget_keys import leaving_key
from pages.session.work import Work, current_slice, set_slice
from pages.views.ends import ask_for_ends, ends_of, tell_drawn_beyond
from pages.views.formatting import count
from pages.views.job_progress import show_progress

_ENOUGH_SLICES = 3

PROPOSE_HELP = (
    "Proposes masks for the other slices, from slices you drew or accepted. These do not change. "
    "Segments whose proposals are all reviewed are left out."
)
NEIGHBOURS_HELP = "Proposes the slices around this one again, up to the nearest examples."


class Next(Enum):
    """What a person does next; exactly one of these at any time."""

    DRAW = auto()
    GO_TO_SLICE = auto()
    STATE_ENDS = auto()
    PROPOSE = auto()
    REVIEW = auto()
    EXPORT = auto()
    HAND_IN = auto()
    APPLY = auto()


@dataclass(frozen=True)
class NextStep:
    """What can be done next for a segment.

    Attributes
    ----------
    suggestion : Suggestion or None
        What would help most; None before anything is drawn, and where nothing would help.
    is_here : bool
        Whether the suggested slice is the one shown.
    proposed : int
        Proposals that wait for review, of all segments.
    drawn : int
        Examples of the segment that show it.
    missing : int
        How many more should be drawn before proposing; 0 or less where there are enough.
    is_complete : bool
        Whether every slice is an example.
    is_reviewed : bool
        Whether proposals of the segment were reviewed, and nothing was drawn since.
    renews_neighbours : bool
        Whether the slice shown was corrected and has proposals beside it.
    has_preview : bool
        Whether the volume tools show what an operation would change.
    is_handed_in : bool
        Whether somebody reviews the series once it is done, as in a project.
    teachers : int
        How many other series the proposals were made from; 0 where from none.
    are_joined : bool
        Whether what is drawn took part in the proposals, or in some of them.
    is_proposing : bool
        Whether proposals are being made, which will have to be reviewed.
    """

    suggestion: Suggestion | None
    is_here: bool
    proposed: int
    drawn: int
    missing: int
    is_complete: bool
    is_reviewed: bool
    renews_neighbours: bool
    has_preview: bool = False
    is_handed_in: bool = False
    teachers: int = 0
    are_joined: bool = False
    is_proposing: bool = False

    @property
    def next(self) -> Next:
        """What comes next: its button is the coloured one, and the text names it."""
        if self.has_preview:
            return Next.APPLY
        suggestion = self.suggestion
        is_done = self.is_reviewed or self.is_complete
        if suggestion is not None and suggestion.ends and not is_done:
            return Next.STATE_ENDS
        if self.proposed:
            return Next.REVIEW
        if is_done and not self.is_proposing:
            return Next.HAND_IN if self.is_handed_in else Next.EXPORT
        if self.drawn and self.missing <= 0:
            return Next.PROPOSE
        if self.drawn and suggestion is not None and not suggestion.ends and not self.is_here:
            return Next.GO_TO_SLICE
        return Next.DRAW

    def type_of(self, button: Next) -> Literal["primary", "secondary"]:
        """Whether the button of a step is coloured."""
        return "primary" if button is self.next else "secondary"


def find_next_step(work: Work, segment: Segment) -> NextStep:
    """Find out what can be done next.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.

    Returns
    -------
    NextStep
        For the slice shown.
    """
    index, slices = current_slice(work), work.series.summary.slices
    annotation = work.store.annotation(work.annotation_key)
    own = {at: version for (number, at), version in annotation.items() if number == segment.number}
    examples = [version for version in own.values() if version.state in EXAMPLE_STATES]
    drawn = sum(version.pixels > 0 for version in examples)
    here = own.get(index)
    beside = [own[near] for near in (index - 1, index + 1) if near in own]
    proposed = [one for one in annotation.values() if one.state is SliceState.PROPOSED]
    suggestion = _suggestion_now(work, segment)
    return NextStep(
        suggestion,
        suggestion is not None and suggestion.slice == index,
        len(proposed),
        drawn,
        min(_ENOUGH_SLICES, slices) - drawn,
        len(examples) == slices,
        is_reviewed(own.values()),
        here is not None
        and here.state is SliceState.CORRECTED
        and any(version.state is SliceState.PROPOSED for version in beside),
        bool(volume_preview(work).changes),
        work.item is not None,
        len({uid for one in proposed for uid in one.teachers}),
        any(one.tool == JOINED_TOOL or not one.teachers for one in proposed),
        running_job(work) is not None,
    )


def next_step(work: Work, segment: Segment, step: NextStep) -> None:
    """Show what to do next, in a column.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.
    step : NextStep
        Of this segment.
    """
    show_progress(work)
    if running_job(work) is not None:
        return
    tell_drawn_beyond(work, segment)
    _suggest(work, segment, step)
    if step.proposed:
        review_button(step)
        if step.teachers:
            st.caption(f"Proposed {origin_text(step.teachers, step.are_joined)}.")
    elif step.next in (Next.EXPORT, Next.HAND_IN):
        export_button(step)
        if step.is_complete:
            return
    elif not step.drawn:
        st.caption("Next: draw on one slice, best where the structure is large.")
    elif step.missing > 0 and step.next is not Next.STATE_ENDS:
        st.caption(f"Draw on {count(step.missing, 'more slice')}, then propose.")
    propose_button(work, step)


def origin_text(teachers: int, are_joined: bool) -> str:
    """Say what proposals were made from.

    Parameters
    ----------
    teachers : int
        How many other series, 1 or more.
    are_joined : bool
        Whether what is drawn took part.
    """
    return f"from {'drawn slices and ' if are_joined else ''}{teachers} earlier series"


def review_button(step: NextStep) -> None:
    """Lead to the review."""
    if st.button(
        f"Review {count(step.proposed, 'proposal')}",
        icon=":material/fact_check:",
        type=step.type_of(Next.REVIEW),
        disabled=not step.proposed,
        key=leaving_key("review", to_page=True),
        width="stretch",
    ):
        st.switch_page("pages/review.py")


def export_button(step: NextStep) -> None:
    """Lead to the export."""
    if st.button(
        "Export",
        icon=":material/download:",
        type=step.type_of(Next.EXPORT),
        key=leaving_key("export", to_page=True),
        width="stretch",
    ):
        st.switch_page("pages/export.py")


def propose_button(work: Work, step: NextStep, changed: Callable[[], None] = lambda: None) -> None:
    """Ask for proposals on all slices.

    Parameters
    ----------
    work : Work
        Series being worked on.
    step : NextStep
        Of the segment being worked on.
    changed : callable
        Called, last of all, once proposals were asked for.
    """

    def propose() -> None:
        start_proposing(work)
        changed()

    st.button(
        "Propose again" if step.proposed else "Propose",
        icon=":material/auto_awesome:",
        type=step.type_of(Next.PROPOSE),
        disabled=not can_propose(work) or running_job(work) is not None,
        help=PROPOSE_HELP,
        key=leaving_key("propose"),
        on_click=propose,
        width="stretch",
    )


def neighbours_button(
    work: Work,
    segment: Segment,
    label: str,
    *,
    disabled: bool = False,
    changed: Callable[[], None] = lambda: None,
) -> None:
    """Ask for proposals around the slice shown; parameters as for `propose_button`."""
    index = current_slice(work)

    def propose() -> None:
        propose_neighbours(work, segment.number, index)
        changed()

    st.button(
        label,
        icon=":material/keyboard_double_arrow_right:",
        key=leaving_key("propose-neighbours"),
        help=NEIGHBOURS_HELP,
        disabled=disabled,
        on_click=propose,
        width="stretch",
    )


def suggested_button(work: Work, step: NextStep) -> None:
    """Lead to the slice whose drawing would help most."""
    suggestion = step.suggestion
    is_slice = suggestion is not None and not suggestion.ends
    if (
        st.button(
            f"Next: slice {suggestion.slice + 1}" if suggestion and is_slice else "Next slice",
            icon=":material/my_location:",
            key=leaving_key("suggested"),
            help=f"Drawing or correcting this slice would help most: {suggestion.reason}."
            if suggestion and is_slice
            else "Leads to the slice whose drawing would help most.",
            type=step.type_of(Next.GO_TO_SLICE),
            disabled=not is_slice or step.is_here,
            width="stretch",
        )
        and suggestion is not None
    ):
        set_slice(work, suggestion.slice)
        st.rerun()


def _suggest(work: Work, segment: Segment, step: NextStep) -> None:
    """Offer what would help most, and to propose the neighbours of a corrected slice."""
    if step.renews_neighbours:
        neighbours_button(work, segment, "Propose again for neighbouring slices")
    if step.suggestion is None:
        return
    if step.next is Next.STATE_ENDS:
        ask_for_ends(segment, step.suggestion.ends)
    elif not step.suggestion.ends and not step.is_here:
        suggested_button(work, step)
        st.caption(step.suggestion.reason)


def _suggestion_now(work: Work, segment: Segment) -> Suggestion | None:
    """Suggest what to do next once something is drawn."""
    own = work.annotations_of(segment.number)
    versions = tuple(sorted((index, version.version) for index, version in own.items()))
    return _suggestion(work.annotation_key, segment.number, versions, ends_of(work, segment), work)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Ends: str})
def _suggestion(
    annotation_key: str, number: int, versions: tuple[tuple[int, int], ...], ends: Ends, _work: Work
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
