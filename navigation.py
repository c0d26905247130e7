"""Slicewise in the browser: its pages and the navigation between them.

app.py serves this script.
"""

from pathlib import Path

import streamlit as st

from core.dicom.configuration import configure_libraries
from pages.server.request_checks import requests_are_checked
from pages.server.shown_files import note_shown_files
from pages.session.gate import mark_routed
from pages.views.page_history import keep_page_history

# A local file: browsers would load a named icon or emoji from another server.
ICON = Path(__file__).parent / "pages" / "views" / "icon.png"

configure_libraries()
note_shown_files()
st.set_page_config(page_title="Slicewise", page_icon=ICON, layout="wide")

if not requests_are_checked():
    st.error("Start Slicewise by `make app`, or by `streamlit run app.py` in its folder.")
    st.stop()

PAGES = {
    # Without icons, whose names would be read out before those of the pages.
    "series": st.Page("pages/series.py", title="Series"),
    "worklist": st.Page("pages/worklist.py", title="Worklist"),
    "annotate": st.Page("pages/annotate.py", title="Annotate"),
    "review": st.Page("pages/review.py", title="Review"),
    "export": st.Page("pages/export.py", title="Export"),
    "project": st.Page("pages/project.py", title="Project"),
    # Reached from a reading of a series that two people read.
    "compare": st.Page("pages/compare.py", title="Compare readings", visibility="hidden"),
}

navigation = st.navigation(list(PAGES.values()), position="top")
keep_page_history()
wanted = mark_routed()
if wanted is not None:
    name, query = wanted
    st.switch_page(PAGES[name], query_params=query)
navigation.run()
