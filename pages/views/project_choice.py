"""Which project the page shows, and creating one."""

from collections import Counter
from collections.abc import Callable, Collection

import streamlit as st

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.projects.projects import LONGEST_NAME, create_project, projects_of
from core.projects.records import AccessRefused, Project
from pages.session.administrators import may_create_projects
from pages.session.gate import Entrance
from pages.views.formatting import plain
from pages.views.project_deeds import carry_out, fresh_key

QUERY = "project"
"""Names the project in the address of its page."""

_CHOICE = "project-choice"
_SHOWN = "project.shown"


def choose_project(entrance: Entrance, store: AnnotationStore) -> Project | None:
    """Let the person choose among their projects, or create one.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the projects.

    Returns
    -------
    Project or None
        None where the person has none, or none with the key in the address.
    """
    person = entrance.person
    projects = [
        *projects_of(store, person),
        *projects_of(store, person, archived=True),
    ]
    wanted = st.query_params.get(QUERY)
    by_key = {one.key: one for one in projects}
    if wanted is not None and wanted not in by_key:
        st.error(str(AccessRefused()), icon=":material/error:")
    if not projects:
        _offer_first(entrance, store)
        return None
    chosen = wanted
    if chosen is None:
        # The one shown last, also on another page; that may be gone.
        last = st.session_state.get(_SHOWN, "")
        chosen = last if last in by_key else projects[0].key
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        _choice(projects, chosen if chosen in by_key else None)
    if may_create_projects(entrance):
        with right.popover(
            "New project", icon=":material/add:", width="stretch", key=fresh_key("new-project")
        ):
            _create(entrance, store)
    if chosen in by_key:
        st.session_state[_SHOWN] = chosen
        if wanted is None:
            st.query_params[QUERY] = chosen
    return by_key.get(chosen)


def show_another(key: str | None) -> None:
    """Have the page show another project from its next run on; None for the first of all."""
    if key is None:
        st.query_params.pop(QUERY, None)
    else:
        st.query_params[QUERY] = key


def _choice(projects: list[Project], chosen: str | None) -> None:
    def choose() -> None:
        key = st.session_state[_CHOICE]
        # The browser answers with a label: of one that is gone there is no key.
        if key in keys:
            show_another(key)

    keys = [one.key for one in projects]
    st.session_state[_CHOICE] = chosen
    st.selectbox(
        "Project",
        keys,
        format_func=project_names(projects),
        key=_CHOICE,
        on_change=choose,
        placeholder="Choose a project",
    )


def project_names(projects: Collection[Project]) -> Callable[[str], str]:
    """How the projects are called, by key, no two alike; blank for others."""
    times = Counter(one.name for one in projects)
    names = {
        one.key: one.name
        + (" (archived)" if one.archived else "")
        + (f" · {one.key[:6]}" if times[one.name] > 1 else "")
        for one in projects
    }
    return lambda key: names.get(key, "")


def _offer_first(entrance: Entrance, store: AnnotationStore) -> None:
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.container(border=True):
        st.subheader("You are in no project yet")
        if not may_create_projects(entrance):
            named = ", ".join(entrance.settings.administrators)
            st.write(plain(f"Ask to be added to one; new ones are created by {named}."))
            return
        st.caption(
            "A project holds series, the people who annotate and review them, and the protocol "
            "that says what to draw. Whoever creates it has all roles in it."
        )
        _create(entrance, store)


def _create(entrance: Entrance, store: AnnotationStore) -> None:
    with st.form(fresh_key("create-project"), border=False):
        name = st.text_input("Name", max_chars=LONGEST_NAME, placeholder="Liver study 2026")
        st.caption("Members and administrators see it: no name of a patient.")
        if st.form_submit_button("Create project", type="primary", width="stretch"):
            carry_out(lambda: _create_one(entrance, store, name), "The project is created.")


def _create_one(entrance: Entrance, store: AnnotationStore, name: str) -> None:
    if not may_create_projects(entrance):
        raise StoreError("Only the administrators of this server create projects; ask one of them.")
    show_another(create_project(store, name, entrance.person).key)
