"""Carrying out on a page what changes a project, and saying what became of it."""

from collections.abc import Callable

import streamlit as st

from core.annotation.store import StoreError
from core.projects.records import Project
from pages.views.formatting import plain

_TOLD = "project.told"
_DONE = "project.done"


def carry_out(deed: Callable[[], object], told: str) -> None:
    """Do something, and show the page anew; or show the sentence for which it is refused.

    Parameters
    ----------
    deed : callable
        Calls a function of `core.projects` with the person as of now, which checks the role.
    told : str
        What has been done, as Markdown.
    """
    try:
        deed()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
    else:
        st.session_state[_TOLD] = told
        st.session_state[_DONE] = _deeds() + 1
        st.rerun()


def tell(told: str) -> None:
    """Have the next page that shows what was done say something, as Markdown."""
    st.session_state[_TOLD] = told


def show_told() -> None:
    """Show what has just been done; called by the page itself."""
    if told := st.session_state.pop(_TOLD, None):
        st.toast(told, icon=":material/check:")


def fresh_key(name: str, project: Project | None = None) -> str:
    """Key of a widget that begins anew once something was done, and for every project.

    Menus are closed then, and fields show what is stored.

    Parameters
    ----------
    name : str
        Tells it from others.
    project : Project, optional
        Which it is about.
    """
    return f"{name}-{project.key if project is not None else ''}-{_deeds()}"


def _deeds() -> int:
    done: int = st.session_state.get(_DONE, 0)
    return done
