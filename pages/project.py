"""The administration of a project: members, protocol, progress, settings and log."""

import streamlit as st

from core.annotation.store import StoreError
from core.projects.records import Project, Role
from pages.session.administrators import administers_server
from pages.session.chosen_series import open_store
from pages.session.gate import enter
from pages.views.project_choice import choose_project
from pages.views.project_deeds import show_told
from pages.views.project_log import show_project_log, show_server_log
from pages.views.project_members import show_members
from pages.views.project_progress import show_progress
from pages.views.project_protocol import show_protocol
from pages.views.project_settings import show_settings

_FOR_MEMBERS = {"Progress": show_progress, "Protocol": show_protocol, "Members": show_members}
_FOR_ADMINISTRATORS = {"Settings": show_settings, "Log": show_project_log}
_SERVER_LOG = "Server log"

# The usual colour of what is chosen is too pale on its ground to be read well.
_STYLE = """
<style>
[data-testid="stButtonGroup"] button[data-selected="true"] {color: inherit !important;}
[data-testid="stButtonGroup"] button[data-selected="true"] p {font-weight: 600;}
</style>
"""


def sections(project: Project, *, with_server_log: bool) -> list[str]:
    """Names of what the page shows of a project, one at a time."""
    names = list(_FOR_MEMBERS)
    if Role.ADMINISTER in project.roles:
        names += _FOR_ADMINISTRATORS
    return [*names, _SERVER_LOG] if with_server_log else names


def project_page() -> None:
    """Show the project that is chosen, as far as the person may see it."""
    store = open_store(entrance.settings.database)
    st.html(_STYLE)
    show_told()
    project = choose_project(entrance, store)
    with_server_log = administers_server(entrance)
    if project is None:
        if with_server_log:
            with st.expander("Audit log of the server"):
                show_server_log(entrance, store)
        return
    shown = st.segmented_control(
        "What to show",
        sections(project, with_server_log=with_server_log),
        default="Progress",
        required=True,
        key=f"section-{project.key}",
        label_visibility="collapsed",
    )
    if shown == _SERVER_LOG:
        show_server_log(entrance, store)
    else:
        show = (_FOR_MEMBERS | _FOR_ADMINISTRATORS)[shown]
        show(entrance, store, project)


entrance = enter("project")
try:
    project_page()
except StoreError as error:
    st.error(str(error), icon=":material/error:")
