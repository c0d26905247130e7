"""From a worklist to the editor: taking the next reading, or one that was chosen."""

import streamlit as st

from core.annotation.store import AnnotationStore, StoreError
from core.projects.assignments import next_for, next_to_review
from core.projects.moves import move
from core.projects.records import Project, Role, WorkItem, WorkState
from pages.session.chosen_series import choose_work
from pages.session.gate import Entrance
from pages.views.formatting import plain
from pages.views.project_deeds import tell

NOTHING_LEFT = "Nothing is left for you in this project now."


def open_work(entrance: Entrance, item: WorkItem, page: str = "annotate") -> None:
    """Open a reading on the annotate page, or on another one; or say why not."""
    try:
        choose_work(entrance, item)
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.switch_page(f"pages/{page}.py")


def take_work(entrance: Entrance, store: AnnotationStore, item: WorkItem) -> None:
    """Take a reading that is nobody's, and open it."""
    try:
        taken = move(store, item.annotation_key, WorkState.IN_PROGRESS, entrance.person)
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    open_work(entrance, taken)


def next_work(entrance: Entrance, store: AnnotationStore, project: Project) -> WorkItem | None:
    """Give the person the next reading: to annotate, else to review; None where nothing is left.

    Raises
    ------
    StoreError
        If the person does neither in the project any more.
    """
    found = None
    if Role.ANNOTATE in project.roles:
        found = next_for(store, project.key, entrance.person)
    if found is None and Role.REVIEW in project.roles:
        found = next_to_review(store, project.key, entrance.person)
    return found


def open_next(entrance: Entrance, store: AnnotationStore, project: Project) -> None:
    """Open the next reading for the person; where there is none, show the worklist and say so."""
    try:
        item = next_work(entrance, store, project)
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if item is not None:
        open_work(entrance, item)
        return
    tell(NOTHING_LEFT)
    st.switch_page("pages/worklist.py", query_params={"project": project.key})
