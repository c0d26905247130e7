"""Choosing the project that series go into."""

from collections.abc import Mapping

import streamlit as st

from core.annotation.store import StoreError
from core.home.last_project import recall_project, remember_project
from core.projects.projects import projects_of
from core.projects.records import Project, Role
from pages.session.chosen_series import open_store
from pages.session.gate import Entrance
from pages.views.project_choice import project_names

_WIDGET = "series-project"
_NONE = ""


def chosen_project(entrance: Entrance) -> Project | None:
    """Let the person choose among the projects that they may put series into.

    Parameters
    ----------
    entrance : Entrance
        Settings and person.

    Returns
    -------
    Project or None
        None for series outside projects; then, or where there is no choice, all is as it was.
    """
    home, person = entrance.settings.home, entrance.person
    try:
        projects = _open_to(entrance)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
        return None
    if not projects:
        return None
    last = recall_project(home, person)
    options = [_NONE, *projects]
    names = project_names(projects.values())
    chosen: str = st.selectbox(
        "Series go into",
        options,
        index=options.index(last) if last in projects else 0,
        format_func=lambda key: names(key) or "No project",
        key=_WIDGET,
        on_change=lambda: remember_project(home, person, st.session_state[_WIDGET]),
        help="Members of a project alone see its series. Series outside projects are for everybody "
        "who uses this server.",
    )
    return projects.get(chosen)


def _open_to(entrance: Entrance) -> Mapping[str, Project]:
    store = open_store(entrance.settings.database)
    return {
        one.key: one
        for one in projects_of(store, entrance.person)
        if one.roles & {Role.ANNOTATE, Role.ADMINISTER}
    }
