"""The next step in a row above the slice: buttons in places of their own, and one line of text.

Every button has its place whether or not it can be pressed, and the line is as high as one line of
text, whatever it says: nothing below moves when the server has something new, and no click lands on
another button than the one that was aimed at.
"""

import html
from collections.abc import Callable

import streamlit as st

from core.segments.segment import Segment
from pages.session.proposal_jobs import running_job
from pages.session.work import Work
from pages.views.ends import asking_for_ends, drawn_beyond_text
from pages.views.formatting import count
from pages.views.job_progress import LINE_STYLE, show_progress_in_line
from pages.views.next_step import (
    NextStep,
    export_button,
    find_next_step,
    neighbours_button,
    propose_button,
    review_button,
    suggested_button,
)

NARROW = 1240
"""Below this width of the window, in CSS pixels, the row has two lines of buttons."""

_STYLE = f"""
<style>
.st-key-steps {{
  display: grid; gap: 0.5rem; align-items: center;
  grid-template-columns: 10fr 9.5fr 8.5fr 11.5fr 6.5fr auto;
  grid-template-rows: 2.5rem;
}}
.st-key-steps > * {{width: auto !important; min-width: 0; height: 2.5rem;}}
.st-key-steps button {{height: 2.5rem; padding: 0 0.5rem;}}
.st-key-steps button p {{white-space: nowrap; overflow: hidden; text-overflow: ellipsis;}}
.st-key-beside {{flex-wrap: nowrap; gap: 0.5rem;}}
.st-key-beside [data-testid="stHorizontalBlock"] {{flex-wrap: nowrap; gap: 0.5rem;}}
@media (max-width: {NARROW}px) {{
  .st-key-steps {{
    grid-template-columns: 10fr 9.5fr 8.5fr 11.5fr 6.5fr; grid-template-rows: 2.5rem 2.5rem;
  }}
  .st-key-steps > :has(> .st-key-beside) {{grid-column: 1 / -1;}}
}}
</style>
"""


def next_step_row(
    work: Work, segment: Segment, changed: Callable[[], None], beside: Callable[[], None]
) -> None:
    """Show the row.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.
    changed : callable
        Called, last of all, once proposals were asked for.
    beside : callable
        Shows further buttons at the end of the row.
    """
    st.html(_STYLE + LINE_STYLE)
    step = find_next_step(work, segment)
    is_running = running_job(work) is not None
    with st.container(horizontal=True, key="steps"):
        suggested_button(work, step)
        propose_button(work, step, changed)
        neighbours_button(
            work,
            segment,
            "Neighbours",
            disabled=not step.renews_neighbours or is_running,
            changed=changed,
        )
        review_button(step)
        export_button(step)
        with st.container(horizontal=True, key="beside"):
            beside()
    with st.container(horizontal=True, vertical_alignment="center", key="line"):
        if not show_progress_in_line(work):
            _text(work, segment, step)


def _text(work: Work, segment: Segment, step: NextStep) -> None:
    warning = drawn_beyond_text(work, segment)
    text = warning or _sentence(segment, step)
    st.html(f'<p class="line-text{" warning" if warning else ""}" title="{text}">{text}</p>')


def _sentence(segment: Segment, step: NextStep) -> str:
    """What to do next, as HTML."""
    suggestion = step.suggestion
    if not step.drawn:
        return "Next: draw on one slice, best where the structure is large."
    if suggestion is not None and step.asks_for_ends:
        return asking_for_ends(html.escape(segment.label), suggestion.ends, ("“", "”"))
    helps = ""
    if suggestion is not None and not suggestion.ends:
        place = "This slice" if step.is_here else f"Slice {suggestion.slice + 1}"
        helps = f" {place} would help most: {suggestion.reason}."
    if step.proposed:
        return f"Next: review {count(step.proposed, 'proposal')}.{helps}"
    if step.is_complete:
        return "Every slice is annotated. Next: export."
    if step.exports:
        return f"All proposals of {html.escape(segment.label)} are reviewed. Next: export.{helps}"
    if step.missing > 0:
        return f"Next: draw on {count(step.missing, 'more slice')}, then propose.{helps}"
    return f"Next: propose the other slices.{helps}"
