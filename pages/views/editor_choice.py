"""The choice between the drawing editors."""

import streamlit as st

from core.home.settings import Editor, Settings
from pages.session.widget_keys import keep_shown, shown_last

_EDITOR = "editor"


def choose_editor(settings: Settings) -> None:
    """Let the person choose a drawing editor; the page is drawn again with it."""
    editors = list(Editor)
    chosen = st.selectbox(
        "Editor",
        editors,
        index=editors.index(chosen_editor(settings)),
        key=_EDITOR,
        on_change=st.rerun,
    )
    keep_shown(_EDITOR, chosen)


def chosen_editor(settings: Settings) -> Editor:
    """Editor that the person chose, or else the one that the server's settings name."""
    return Editor(shown_last(_EDITOR, settings.editor))
