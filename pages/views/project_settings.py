"""What administrators change of a project as a whole: name, second readings, retention, its end."""

import streamlit as st

from core.annotation.store import AnnotationStore
from core.projects.deletion import delete_project
from core.projects.projects import (
    LONGEST_NAME,
    LONGEST_RETENTION_DAYS,
    change_project,
    set_retention,
)
from core.projects.records import MoveRefused, Project
from pages.session.gate import Entrance
from pages.views.formatting import count, plain
from pages.views.project_choice import show_another
from pages.views.project_deeds import carry_out, fresh_key
from pages.views.project_export import offer_project_export


def show_settings(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Let an administrator change, export, archive and delete a project.

    Parameters
    ----------
    entrance : Entrance
        The visit.
    store : AnnotationStore
        Of the project.
    project : Project
        As its administrator sees it.
    """
    left, right = st.columns(2, gap="large")
    with left:
        _change(entrance, store, project)
    with right:
        with st.container(border=True):
            st.subheader("Export")
            offer_project_export(entrance, store, project)
        with st.container(border=True):
            _offer_archiving(entrance, store, project)


def _change(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    with st.form(fresh_key("properties", project)):
        st.subheader("Properties")
        name = st.text_input(
            "Name", value=project.name, max_chars=LONGEST_NAME, disabled=project.archived
        )
        percent = st.number_input(
            "Series that two people read independently, in percent",
            min_value=0,
            max_value=100,
            step=5,
            value=round(project.second_reading_share * 100),
            disabled=project.archived,
            help="A digest of each series decides; a larger share contains a smaller one. Set it "
            "before people begin: whoever saw the first reading is not blind to it. Lowering it "
            "takes no second reading away.",
        )
        days = st.number_input(
            "Days after archiving until it is deleted, 0 for never",
            min_value=0,
            max_value=LONGEST_RETENTION_DAYS,
            step=1,
            value=project.retention_days or 0,
            disabled=project.archived,
            help="The server's scheduler deletes it then, with all annotations and their history. "
            "Without, it stays until an administrator deletes it.",
        )
        if project.archived:
            st.caption("Archived: bring the project back to change it.")
        if st.form_submit_button("Save", type="primary", disabled=project.archived):
            carry_out(
                lambda: _save(entrance, store, project, name, percent, days or None),
                "The properties are saved.",
            )


def _save(
    entrance: Entrance,
    store: AnnotationStore,
    project: Project,
    name: str,
    percent: int,
    days: int | None,
) -> None:
    # What somebody else has changed meanwhile stays, where this person has not changed it.
    change_project(
        store,
        project.key,
        entrance.person,
        name=name if name.strip() != project.name else None,
        second_reading_share=percent / 100
        if percent != round(project.second_reading_share * 100)
        else None,
    )
    if days != project.retention_days:
        set_retention(store, project.key, entrance.person, days)


def _offer_archiving(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    st.subheader("Archive and delete")
    if not project.archived:
        kept = "It stays until somebody deletes it."
        if project.retention_days is not None:
            kept = f"It is deleted {count(project.retention_days, 'day')} later."
        st.caption(f"In an archived project nothing changes, and everything can be seen. {kept}")
        if st.button("Archive the project", key="archive"):
            carry_out(
                lambda: change_project(store, project.key, entrance.person, archived=True),
                "The project is archived.",
            )
        return
    st.caption("The project is archived: everything can be seen, and nothing changes.")
    if st.button("Bring it back", key="bring-back"):
        carry_out(
            lambda: change_project(store, project.key, entrance.person, archived=False),
            "The project can be changed again.",
        )
    st.markdown("**Delete it with everything in it**")
    st.caption(
        "Annotations, comments, working times and all history are deleted for good. What stays: "
        "uploaded images, files that were exported, backups, and entries of the audit log."
    )
    typed = st.text_input(
        f"Type its name to confirm: {plain(project.name)}", key=fresh_key("confirm", project)
    )
    if st.button("Delete the project", key="delete-project", disabled=not typed.strip()):
        carry_out(lambda: _delete(entrance, store, project, typed), "The project is deleted.")


def _delete(entrance: Entrance, store: AnnotationStore, project: Project, typed: str) -> None:
    if typed.strip() != project.name:
        raise MoveRefused("This is not the name of the project; nothing was deleted.")
    delete_project(store, project.key, entrance.person)
    show_another(None)
