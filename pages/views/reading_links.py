"""The way from a reading to the comparison with the other one."""

import streamlit as st

from core.projects.readings import visible_readings
from core.projects.visibility import belongs_to_project
from pages.session.work import Work


def comparison_link(work: Work) -> None:
    """Offer the comparison to whoever may see both readings of the series that is open.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    if not belongs_to_project(work.annotation_key):
        return
    seen = {one.reading for one in visible_readings(work.store, work.annotation_key, work.person)}
    if {1, 2} <= seen:
        st.page_link("pages/compare.py", label="Compare readings", icon=":material/compare:")
