"""The choice between the drawing editors."""

import streamlit as st

from core.home.settings import Editor, Settings
from pages.session.widget_keys import persistent_widget_key

_EDITOR = "editor"


def choose_editor(settings: Settings) -> None:
    """Let the person choose a drawing editor; the page is drawn again with it."""
    st.selectbox(
        "Editor",
        list(Editor),
        key=persistent_widget_key(_EDITOR, settings.editor),
        on_change=st.rerun,
    )


def chosen_editor(settings: Settings) -> Editor:
    """Editor that the person chose, or else the one that the server's settings name."""
    return Editor(st.session_state[persistent_widget_key(_EDITOR, settings.editor)])
