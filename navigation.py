"""Slicewise in the browser: its pages and the navigation between them.

app.py serves this script.
"""

from pathlib import Path

import streamlit as st

from core.dicom.configuration import configure_libraries
from pages.server.request_checks import requests_are_checked
from pages.session.gate import mark_routed

# A local file: browsers would load a named icon or emoji from another server.
ICON = Path(__file__).parent / "pages" / "views" / "icon.png"

configure_libraries()
st.set_page_config(page_title="Slicewise", page_icon=ICON, layout="wide")

if not requests_are_checked():
    st.error("Start Slicewise by `make app`, or by `streamlit run app.py` in its folder.")
    st.stop()

PAGES = {
    "series": st.Page("pages/series.py", title="Series", icon=":material/folder_open:"),
    "annotate": st.Page("pages/annotate.py", title="Annotate", icon=":material/draw:"),
    "review": st.Page("pages/review.py", title="Review", icon=":material/fact_check:"),
    "export": st.Page("pages/export.py", title="Export", icon=":material/download:"),
}

navigation = st.navigation(list(PAGES.values()), position="top")
wanted = mark_routed()
if wanted is not None:
    name, query = wanted
    st.switch_page(PAGES[name], query_params=query)
navigation.run()
