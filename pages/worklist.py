"""The worklist of a project: what there is to do, whose it is, and the next series for somebody."""

import streamlit as st

from core.annotation.store import StoreError
from pages.session.chosen_series import open_store
from pages.session.gate import enter
from pages.views.icon_menu import ICON_MENU_STYLE
from pages.views.project_choice import choose_project
from pages.views.project_deeds import show_told
from pages.views.work_table import show_worklist

entrance = enter("worklist")
st.html(ICON_MENU_STYLE)
show_told()
try:
    store = open_store(entrance.settings.database)
    project = choose_project(entrance, store)
    if project is not None:
        show_worklist(entrance, store, project)
except StoreError as error:
    st.error(str(error), icon=":material/error:")
