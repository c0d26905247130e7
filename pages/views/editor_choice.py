"""The choice between the drawing editors."""

import streamlit as st

from core.home.settings import Editor, Settings
from pages.session.widget_keys import kept

_EDITOR = "editor"


def choose_editor(settings: Settings) -> None:
    """Let the person choose what to draw with; the page is drawn anew with it."""
    st.selectbox("Draw with", list(Editor), key=kept(_EDITOR, settings.editor), on_change=st.rerun)


def chosen_editor(settings: Settings) -> Editor:
    """What the person draws with; what the server's settings say where they chose nothing."""
    return Editor(st.session_state[kept(_EDITOR, settings.editor)])
