"""The menu of what a person chooses for this server and project: editor and series that teach."""

import streamlit as st

from pages.session.model import show_model
from pages.session.work import Work
from pages.views.editor_choice import choose_editor
from pages.views.icon_menu import ICON_MENU_STYLE
from pages.views.late_menus import MENU_STYLE, late_icon_menu
from pages.views.teaching import choose_teachers


def settings_menu(work: Work) -> None:
    """Show the button that opens the menu.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    st.html(ICON_MENU_STYLE + MENU_STYLE)
    late_icon_menu("Settings", ":material/settings:", "settings", lambda: _settings(work))


def _settings(work: Work) -> None:
    choose_editor(work.entrance.settings)
    show_model(work.entrance.settings)
    if not work.reason_against_editing:
        choose_teachers(work)
