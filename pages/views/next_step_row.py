"""The next step in a row above the slice: buttons in places of their own, and one line of text.

Every button has its place whether or not it can be pressed, and the line is as high as one line of
text, whatever it says: nothing below moves when the server has something new, and no click lands on
another button than the one that was aimed at.
"""

import html
from collections.abc import Callable

import streamlit as st

from core.dicom.shown_names import isolated
from core.segments.segment import Segment
from pages.session.proposal_jobs import running_job
from pages.session.work import Work
from pages.views.ends import asking_for_ends, drawn_beyond_text
from pages.views.formatting import count
from pages.views.job_progress import LINE_STYLE, show_progress_in_line
from pages.views.next_step import (
    Next,
    NextStep,
    export_button,
    neighbours_button,
    origin_text,
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


_ENDINGS = {Next.EXPORT: "export", Next.HAND_IN: "hand it in"}


def next_step_row(
    work: Work,
    segment: Segment,
    step: NextStep,
    changed: Callable[[], None],
    beside: Callable[[], None],
) -> None:
    """Show the row.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment : Segment
        The one being worked on.
    step : NextStep
        Of this segment.
    changed : callable
        Called, last of all, once proposals were asked for.
    beside : callable
        Shows further buttons at the end of the row.
    """
    st.html(_STYLE + LINE_STYLE + _asked_ends_style(step))
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


def _asked_ends_style(step: NextStep) -> str:
    """Colour the buttons of the editor that state the ends which are asked for."""
    if step.next is not Next.STATE_ENDS or step.suggestion is None:
        return ""
    asked = "".join(f"--asked-{end}: 2px;" for end in step.suggestion.ends)
    return f"<style>:root {{{asked}}}</style>"


def _text(work: Work, segment: Segment, step: NextStep) -> None:
    warning = drawn_beyond_text(work, segment)
    text = warning or sentence_of(segment, step)
    st.html(f'<p class="line-text{" warning" if warning else ""}" title="{text}">{text}</p>')


def sentence_of(segment: Segment, step: NextStep) -> str:
    """Say what to do next.

    Parameters
    ----------
    segment : Segment
        The one being worked on.
    step : NextStep
        Of this segment.

    Returns
    -------
    str
        HTML; its first words name the step whose button is coloured.
    """
    suggestion, following = step.suggestion, step.next
    label = html.escape(isolated(segment.label))
    if suggestion is not None and following is Next.STATE_ENDS:
        return asking_for_ends(label, suggestion.ends, ("“", "”"))
    if following is Next.APPLY:
        return "Next: look at what the volume tools would change, and apply it."
    helps = ""
    if suggestion is not None and not suggestion.ends:
        place = "This slice" if step.is_here else f"Slice {suggestion.slice + 1}"
        helps = f" {place} would help most: {suggestion.reason}."
    if following is Next.REVIEW:
        origin = f" {origin_text(step.teachers, step.are_joined)}" if step.teachers else ""
        return f"Next: review {count(step.proposed, 'proposal')}{origin}.{helps}"
    if following in _ENDINGS and step.is_complete:
        return f"Every slice is annotated. Next: {_ENDINGS[following]}."
    if following in _ENDINGS:
        return f"All proposals of {label} are reviewed. Next: {_ENDINGS[following]}.{helps}"
    if following is Next.PROPOSE:
        return f"Next: propose the other slices.{helps}"
    if step.drawn:
        return f"Next: draw on {count(step.missing, 'more slice')}, then propose.{helps}"
    return "Next: draw on one slice, best where the structure is large."
