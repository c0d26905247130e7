"""The table of readings of a project, with filters, and what can be done with each."""

import html
from collections.abc import Mapping, Sequence

import streamlit as st

from core.annotation.store import AnnotationStore
from core.dicom.shown_names import isolated
from core.projects.assignments import HIGHEST_PRIORITY, assign, set_priority
from core.projects.members import members_of
from core.projects.records import Project, Role, WorkItem, WorkState
from core.projects.worklist import WorklistLine, progress, worklist
from pages.session.gate import Entrance
from pages.session.widget_keys import leaving_key
from pages.views.formatting import count, plain
from pages.views.icon_menu import icon_menu
from pages.views.project_deeds import carry_out, fresh_key
from pages.views.project_progress import duration_text, show_progress
from pages.views.work_opening import open_next, open_work, take_work

_PER_PAGE = 25
_NOBODY = "nobody"
_GIVEN_BACK = (WorkState.TO_DO, WorkState.IN_PROGRESS, WorkState.RETURNED)

_STYLE = """
<style>
[class*="st-key-work-row-"] {flex-wrap: nowrap; gap: 0.5rem; padding: 0.1rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent);}
[class*="st-key-work-row-"] > :first-child {flex: 1 1 0; min-width: 0;}
[class*="st-key-work-row-"] [data-testid="stButton"] button {min-width: 5rem;}
.work {display: grid; gap: 0 0.8rem; align-items: center; font-size: 0.9rem;
  grid-template-columns: 3rem minmax(9rem, 1fr) 6.5rem minmax(5rem, 11rem) 4.6rem 5.6rem;}
.work > * {overflow: hidden; text-overflow: ellipsis; white-space: nowrap;}
.work .number {text-align: end; font-variant-numeric: tabular-nums;}
.work-headings {margin-inline-end: 13.1rem; opacity: 0.8; font-size: 0.82rem;}
[class*="st-key-work-compare-"] [data-testid="stMarkdownContainer"] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);}
[class*="st-key-work-row-"] [class*="st-key-work-compare-"] button {min-width: 2.6rem;}
.work-returned, .work-comments {color: color-mix(in srgb, #d98200 55%, currentColor);
  font-weight: 600;}
@media (max-width: 900px) {
  .work {grid-template-columns: 2.4rem 1fr 1.4fr 4.2rem 5rem;}
  .work .title {grid-column: 2 / -1;}
  .work .state {grid-column: 2;}
}
</style>
"""


_HEADINGS = (
    '<div class="work work-headings"><span class="number">No.</span>'
    '<span class="title">Series</span><span class="state">State</span>'
    "<span>Assigned to</span><span>Comments</span>"
    '<span class="number">Time</span></div>'
)


def show_worklist(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Show what is next, how far the project is, and its readings.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its member sees it.

    Raises
    ------
    StoreError
        If the person is no member any more.
    """
    st.html(_STYLE)
    counts = progress(store, project.key, entrance.person).states
    total = sum(counts.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        if project.roles & {Role.ANNOTATE, Role.REVIEW} and not project.archived:
            _next_button(entrance, store, project, is_empty=total == 0)
        st.markdown(f"**{counts[WorkState.DONE]} of {count(total, 'reading')} done**")
        with st.popover("Progress", icon=":material/bar_chart:"):
            show_progress(entrance, store, project)
    if not total:
        st.info("This project has no series yet.")
        if project.roles & {Role.ANNOTATE, Role.ADMINISTER}:
            st.page_link("pages/series.py", label="Put series in", icon=":material/folder_open:")
        return
    people = [one.person for one in members_of(store, project.key, entrance.person)]
    lines = _filtered(entrance, store, project, counts, people)
    if not lines:
        st.caption("No reading fits these filters.")
    else:
        st.html(_HEADINGS)
    for line in _page_of(lines):
        _row(entrance, store, project, line, people)


def _next_button(
    entrance: Entrance, store: AnnotationStore, project: Project, *, is_empty: bool
) -> None:
    if st.button(
        "Next for me",
        icon=":material/play_arrow:",
        type="primary",
        key=leaving_key("next-work"),
        disabled=is_empty,
        help="Opens what was returned to you, what you have begun, what is assigned to you, or "
        "what is nobody's; for reviewers, what waits for a review.",
    ):
        open_next(entrance, store, project)


def _filtered(
    entrance: Entrance,
    store: AnnotationStore,
    project: Project,
    counts: Mapping[WorkState, int],
    people: Sequence[str],
) -> list[WorklistLine]:
    state_column, person_column, text_column = st.columns(
        [3, 1.3, 1.3], vertical_alignment="bottom"
    )
    states = state_column.pills(
        "State",
        list(WorkState),
        selection_mode="multi",
        format_func=lambda state: f"{str(state).capitalize()} {counts[state]}",
        key=f"work-states-{project.key}",
    )
    everybody, me = "Everybody", "Me"
    others = [one for one in people if one != entrance.person]
    who = person_column.selectbox(
        "Assigned to", [everybody, me, _NOBODY.capitalize(), *others], key=f"work-who-{project.key}"
    )
    assigned = {everybody: (), me: (entrance.person,), _NOBODY.capitalize(): (None,)}
    text = text_column.text_input(
        "Search", placeholder="title, number, person", key=f"work-text-{project.key}"
    )
    return worklist(
        store,
        project.key,
        entrance.person,
        states=states,
        assigned=assigned.get(who, (who,)),
        text=text,
    )


def _page_of(lines: list[WorklistLine]) -> list[WorklistLine]:
    pages = -(-len(lines) // _PER_PAGE)
    page = 1
    if pages > 1:
        page = int(st.number_input(f"Page of {pages}", 1, pages, 1, width=140, key="work-page"))
    return lines[(page - 1) * _PER_PAGE : page * _PER_PAGE]


def _row(
    entrance: Entrance,
    store: AnnotationStore,
    project: Project,
    line: WorklistLine,
    people: Sequence[str],
) -> None:
    item, key = line.item, line.item.annotation_key
    with st.container(horizontal=True, vertical_alignment="center", key=f"work-row-{key}"):
        st.html(_cells(line, entrance.person))
        is_free = item.assigned is None and item.state in (WorkState.TO_DO, WorkState.RETURNED)
        is_taken = is_free or (item.assigned == entrance.person and item.state is WorkState.TO_DO)
        may_take = is_taken and item.reading < 3 and Role.ANNOTATE in project.roles
        if may_take and not project.archived:
            if st.button("Take", key=leaving_key(f"take-{key}"), help=f"Take number {item.number}"):
                take_work(entrance, store, item)
        elif st.button(
            "Open",
            key=leaving_key(f"open-{key}"),
            disabled=not line.may_open,
            help=f"Open number {item.number}"
            if line.may_open
            else "Hidden from you: it is read by somebody else independently.",
        ):
            open_work(entrance, item)
        _compare_button(entrance, line)
        menu = icon_menu(
            f"More for number {item.number}", ":material/more_vert:", fresh_key(f"work-{key}")
        )
        with menu:
            _menu(entrance, store, project, line, people)


def _compare_button(entrance: Entrance, line: WorklistLine) -> None:
    """Lead to both readings beside each other; the place stays empty where there is one alone."""
    item = line.item
    with st.container(key=f"work-compare-{item.annotation_key}", width=44):
        if line.may_compare and st.button(
            f"Compare the readings of number {item.number}",
            icon=":material/compare:",
            key=leaving_key(f"icon-compare-{item.annotation_key}"),
            help=f"Compare the readings of number {item.number}",
        ):
            open_work(entrance, item, "compare")


def _menu(
    entrance: Entrance,
    store: AnnotationStore,
    project: Project,
    line: WorklistLine,
    people: Sequence[str],
) -> None:
    item, key = line.item, line.item.annotation_key
    st.markdown(f"**{item.number}** {plain(item.title)}")
    if line.may_open and st.button("Open", key=leaving_key(f"look-{key}"), width="stretch"):
        open_work(entrance, item)
    is_open = item.state in _GIVEN_BACK and item.reading < 3 and not project.archived
    if (
        is_open
        and item.assigned == entrance.person
        and st.button(
            "Give back",
            key=f"give-back-{key}",
            width="stretch",
            help="Leaves it to whoever comes next; what was drawn stays.",
        )
    ):
        carry_out(lambda: assign(store, key, None, entrance.person), "Given back.")
    if Role.ADMINISTER not in project.roles or project.archived:
        return
    if is_open:
        _assigning(entrance, store, item, people)
    priority = st.number_input(
        f"Priority, 0 to {HIGHEST_PRIORITY}",
        0,
        HIGHEST_PRIORITY,
        item.priority,
        key=fresh_key(f"priority-{key}"),
    )
    if priority != item.priority:
        carry_out(
            lambda: set_priority(store, key, int(priority), entrance.person),
            f"Number {item.number} has priority {priority}.",
        )


def _assigning(
    entrance: Entrance, store: AnnotationStore, item: WorkItem, people: Sequence[str]
) -> None:
    options = [None, *people]
    chosen = st.selectbox(
        "Assigned to",
        options,
        index=options.index(item.assigned) if item.assigned in options else 0,
        format_func=lambda one: one or _NOBODY,
        key=fresh_key(f"assign-{item.annotation_key}"),
    )
    if chosen != item.assigned:
        carry_out(
            lambda: assign(store, item.annotation_key, chosen, entrance.person),
            f"Number {item.number} is assigned to {plain(chosen or _NOBODY)}.",
        )


def _cells(line: WorklistLine, person: str) -> str:
    item = line.item
    readings = {1: "", 2: " · second reading", 3: " · adjudication"}
    title = html.escape(isolated(item.title) + readings[item.reading])
    assigned = "you" if item.assigned == person else item.assigned or _NOBODY
    state = html.escape(str(item.state))
    marks = [f"priority {item.priority}"] if item.priority else []
    said = f"{line.open_comments} open" if line.open_comments else ""
    comments = f'<span class="work-comments">{said}</span>' if said else "<span></span>"
    kind = "state work-returned" if item.state is WorkState.RETURNED else "state"
    who = html.escape(" · ".join([isolated(assigned), *marks]))
    time = duration_text(line.active_seconds) if line.active_seconds else ""
    return (
        f'<div class="work"><span class="number">{item.number}</span>'
        f'<span class="title" title="{title}">{title}</span><span class="{kind}">{state}</span>'
        f'<span title="{who}">{who}</span>{comments}<span class="number">{time}</span></div>'
    )
