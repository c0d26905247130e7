"""The review page for those who draw on the simple canvas: one picture of a proposal at a time."""

from collections.abc import Callable

import streamlit as st

from core.annotation.actions import (
    accept,
    accept_all,
    accept_range,
    confirm_empty,
    reject,
    worst_first,
)
from core.annotation.store import SliceAnnotation, StoreError, VersionConflict
from core.annotation.taught_masks import JOINED_TOOL
from core.proposals.expected_dice import grade
from core.segments.segment import Segment
from pages.session.proposal_jobs import running_job
from pages.session.work import (
    Work,
    set_segment,
    set_slice,
    while_seen,
)
from pages.views.counts import counts_table
from pages.views.display import display_settings, slice_png
from pages.views.ends import ends_of
from pages.views.formatting import count, plain
from pages.views.job_progress import show_progress
from pages.views.next_step import origin_text
from pages.views.state_strip import state_strip

ALL = "All segments"

QUALITY_COLORS = {"good": "green", "fair": "orange", "poor": "red", "unknown": "gray"}

Decision = Callable[..., object]


@st.fragment
@while_seen
def simple_review(work: Work) -> None:
    """Show the proposals one at a time."""
    segments = {segment.number: segment for segment in work.segments()}
    picture, tools = st.columns([2.6, 1], gap="medium")
    with tools:
        show_progress(work)
        only = choose_segments(segments)
    annotation = work.store.annotation(work.annotation_key)
    waiting = [
        proposal for proposal in worst_first(annotation) if only in (None, proposal.segment_number)
    ]
    current = next_proposal(work, waiting)
    with tools:
        if current is None:
            nothing_waits(work, bool(segments))
        else:
            decide(work, segments[current.segment_number], current, waiting)
        undo_buttons(work)
        with st.expander("Display", icon=":material/contrast:"):
            display = display_settings(work.series)
    with picture:
        index = current.slice_index if current is not None else work.series.summary.slices // 2
        active = current.segment_number if current is not None else only
        with st.container(key="stage", horizontal_alignment="center"):
            st.image(
                slice_png(work.series, index, list(segments.values()), annotation, active, display),
                alt=f"Slice {index + 1}",
            )
        shown = active or next(iter(segments), None)
        if shown is not None:
            of_segment = {
                i: version for (number, i), version in annotation.items() if number == shown
            }
            state_strip(
                work.series.summary.slices,
                of_segment,
                index,
                key="strip",
                on_choose=lambda chosen: show_next(work, shown, chosen, waiting),
                ends=ends_of(work, segments[shown]),
            )
    counts_table(work, list(segments.values()), annotation)


def show_next(work: Work, number: int, index: int, waiting: list[SliceAnnotation]) -> None:
    """Show the proposal of a slice next, if there is one."""
    if (number, index) in {key_of(proposal) for proposal in waiting}:
        work.memory.postponed = [
            key_of(proposal) for proposal in waiting if key_of(proposal) != (number, index)
        ]


def choose_segments(segments: dict[int, Segment]) -> int | None:
    """Let the person limit the review to one segment."""
    options = [None, *segments]
    if len(segments) < 2:
        return None
    chosen: int | None = st.selectbox(
        "Show proposals of",
        options,
        format_func=lambda number: ALL if number is None else segments[number].label,
        key="review-segment",
    )
    return chosen


def next_proposal(work: Work, waiting: list[SliceAnnotation]) -> SliceAnnotation | None:
    """Return the worst proposal that the person has not postponed."""
    fresh = [proposal for proposal in waiting if key_of(proposal) not in work.memory.postponed]
    if waiting and not fresh:
        work.memory.postponed.clear()
        fresh = waiting
    return fresh[0] if fresh else None


def decide(
    work: Work, segment: Segment, current: SliceAnnotation, waiting: list[SliceAnnotation]
) -> None:
    """Offer what can be done with the proposal shown."""
    st.markdown(f"**{plain(segment.label)}** · slice {current.slice_index + 1}")
    quality = (
        f":{QUALITY_COLORS[grade(current.expected_dice)]}[expected Dice "
        f"{current.expected_dice:.2f}]"
        if current.expected_dice is not None
        else "expected Dice unknown"
    )
    if current.teachers:
        quality += f" · {origin_text(len(current.teachers), current.tool == JOINED_TOOL)}"
    st.caption(f"{quality} · {count(len(waiting), 'proposal')} to review, least certain first")
    action(work, current, accept, "Accept", ":material/check:", "A", primary=True)
    first, second = st.columns(2)
    with first:
        action(work, current, reject, "Reject", ":material/close:", "X")
    with second:
        action(work, current, confirm_empty, "Not here", ":material/block:", "N")
    correct_it, later = st.columns(2)
    if correct_it.button(
        "Correct",
        icon=":material/edit:",
        key="correct",
        shortcut="E",
        width="stretch",
        help="Edit this slice in the editor.",
    ):
        set_segment(work, segment.number)
        set_slice(work, current.slice_index)
        st.switch_page("pages/annotate.py")
    later.button(
        "Later",
        icon=":material/skip_next:",
        key="later",
        shortcut="Right",
        width="stretch",
        help="Show the next proposal first.",
        on_click=lambda: work.memory.postponed.append(key_of(current)),
    )
    accept_several(work, segment, current, waiting)


def action(
    work: Work,
    current: SliceAnnotation,
    decision: Decision,
    label: str,
    icon: str,
    shortcut: str,
    *,
    primary: bool = False,
) -> None:
    """Show a button that decides about the proposal shown."""

    def run() -> None:
        report_failure(
            decision,
            work.store,
            work.annotation_key,
            current.segment_number,
            current.slice_index,
            person=work.person,
            based_on=current.version,
        )

    st.button(
        label,
        icon=icon,
        shortcut=shortcut,
        key=f"decide-{label}",
        type="primary" if primary else "secondary",
        width="stretch",
        on_click=run,
    )


def accept_several(
    work: Work, segment: Segment, current: SliceAnnotation, waiting: list[SliceAnnotation]
) -> None:
    """Offer to accept a range of slices, or all of them, in one step."""
    indices = sorted(
        proposal.slice_index for proposal in waiting if proposal.segment_number == segment.number
    )
    with st.container(border=True):
        st.caption(f"Accept a range of slices: {plain(segment.label)}")
        first, last = st.columns(2)
        start = first.number_input(
            "From",
            indices[0] + 1,
            indices[-1] + 1,
            value=current.slice_index + 1,
            key=f"from-{key_of(current)}",
            label_visibility="collapsed",
        )
        end = last.number_input(
            "To",
            indices[0] + 1,
            indices[-1] + 1,
            value=indices[-1] + 1,
            key=f"to-{key_of(current)}",
            label_visibility="collapsed",
        )
        low, high = sorted((int(start) - 1, int(end) - 1))
        inside = sum(low <= index <= high for index in indices)
        st.button(
            f"Accept {count(inside, 'slice')}",
            key="accept-range",
            width="stretch",
            disabled=inside == 0,
            on_click=lambda: report_failure(
                accept_range,
                work.store,
                work.annotation_key,
                segment.number,
                low,
                high,
                person=work.person,
            ),
        )
        st.button(
            f"Accept all {count(len(indices), 'proposal')} of {segment.label}",
            key="accept-all",
            width="stretch",
            on_click=lambda: report_failure(
                accept_all,
                work.store,
                work.annotation_key,
                person=work.person,
                segment_number=segment.number,
            ),
        )


def report_failure(decision: Decision, *arguments: object, **named: object) -> None:
    """Change the annotation; where the store refuses, say why."""
    try:
        decision(*arguments, **named)
    except (VersionConflict, StoreError) as error:
        st.toast(str(error), icon=":material/error:")


def nothing_waits(work: Work, any_segment: bool) -> None:
    """Say what to do when no proposal waits."""
    if running_job(work) is not None:
        return
    if any_segment and work.store.annotation(work.annotation_key):
        st.success("All proposals are reviewed.", icon=":material/done_all:")
        if st.button(
            "Export", icon=":material/download:", type="primary", key="to-export", width="stretch"
        ):
            st.switch_page("pages/export.py")
    else:
        st.info("Nothing to review yet: draw on a slice first.")
    st.page_link("pages/annotate.py", label="Annotate", icon=":material/draw:")


def undo_buttons(work: Work) -> None:
    """Offer undo and redo of the person's steps."""
    columns = st.columns(2)
    for column, move, action_name, key in (
        (
            columns[0],
            work.store.undo,
            work.store.undo_action(work.annotation_key, work.person),
            "z",
        ),
        (
            columns[1],
            work.store.redo,
            work.store.redo_action(work.annotation_key, work.person),
            "y",
        ),
    ):
        word = "Undo" if key == "z" else "Redo"
        column.button(
            word,
            icon=f":material/{word.lower()}:",
            key=f"review-{word}",
            shortcut=f"ctrl+{key}",
            help=action_name or f"Nothing to {word.lower()}",
            disabled=action_name is None,
            width="stretch",
            on_click=_move,
            args=(work, move),
        )


def _move(work: Work, move: Decision) -> None:
    """Take back or bring back a step of whoever is signed in when the button is clicked."""
    report_failure(move, work.annotation_key, work.person)


def key_of(annotation: SliceAnnotation) -> tuple[int, int]:
    """Segment number and slice index."""
    return annotation.segment_number, annotation.slice_index
