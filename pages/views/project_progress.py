"""How far a project is, and how long its members worked on it."""

import html

import streamlit as st

from core.annotation.store import AnnotationStore
from core.projects.records import Project, WorkState
from core.projects.worklist import Progress, progress
from pages.session.gate import Entrance
from pages.views.formatting import count
from pages.views.text_table import text_table

# From the lightest, to do, to the strongest, done; returned stands out.
_COLORS = {
    WorkState.DONE: "#2f7d8c",
    WorkState.TO_REVIEW: "#7fb4be",
    WorkState.RETURNED: "#d08a2e",
    WorkState.IN_PROGRESS: "#b9ccd1",
    WorkState.TO_DO: "transparent",
}

_STYLE = """
<style>
.progress-bar {display: flex; height: 0.9rem; border-radius: 4px; overflow: hidden;
  border: 1px solid color-mix(in srgb, currentColor 35%, transparent);}
.progress-legend {font-size: 0.875rem; margin-top: 0.35rem;}
.progress-legend span {margin-inline-end: 1.1rem; white-space: nowrap;}
.progress-legend i {display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px;
  margin-inline-end: 0.35rem; vertical-align: -1px;
  border: 1px solid color-mix(in srgb, currentColor 35%, transparent);}
</style>
"""


def show_progress(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Show how many readings are in each state, in all and for each person.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its member sees it.
    """
    found = progress(store, project.key, entrance.person)
    st.caption(_described(project))
    if not found.total:
        st.info("The project has no series yet: put some in on the page Series.")
    else:
        done = found.states[WorkState.DONE]
        st.markdown(f"**{done} of {count(found.total, 'reading')} done**")
        st.html(_bar(found))
    headings = ["Person", *(state.capitalize() for state in WorkState), "Working time"]
    rows = [
        (person, *(str(counts[state]) for state in WorkState), _time_of(found, person))
        for person, counts in sorted(found.people.items(), key=lambda one: one[0].casefold())
    ]
    text_table("Progress of each person", headings, rows, numbers=range(1, len(headings)))
    st.caption(
        "Working time is the time with activity in the editor, without pauses of more than a "
        "minute."
    )


def duration_text(seconds: float) -> str:
    """Return a time as hours and minutes, such as "1 h 05 min"."""
    minutes = round(seconds / 60)
    if seconds and not minutes:
        return "under 1 min"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def _described(project: Project) -> str:
    parts = []
    if project.archived:
        parts.append("Archived: nothing in it can be changed.")
    if project.second_reading_share:
        parts.append(f"{project.second_reading_share:.0%} of the series are read by two people.")
    if project.retention_days is not None:
        parts.append(f"Deleted {count(project.retention_days, 'day')} after it is archived.")
    roles = ", ".join(sorted(project.roles))
    return " ".join([*parts, f"Your roles: {roles}."])


def _time_of(found: Progress, person: str) -> str:
    return duration_text(found.active_seconds.get(person, 0.0))


def _bar(found: Progress) -> str:
    counts = [(state, color, found.states[state]) for state, color in _COLORS.items()]
    parts = "".join(
        f'<div style="width: {100 * number / found.total:.3f}%; background: {color}"></div>'
        for _, color, number in counts
    )
    legend = "".join(
        f'<span><i style="background: {color}"></i>{number} {html.escape(state)}</span>'
        for state, color, number in counts
    )
    said = ", ".join(f"{number} {state}" for state, _, number in counts)
    return (
        f'{_STYLE}<div class="progress-bar" role="img" aria-label="{html.escape(said)}">{parts}'
        f'</div><div class="progress-legend">{legend}</div>'
    )
