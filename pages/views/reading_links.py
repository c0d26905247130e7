"""The way from a reading to the comparison with the other one."""

import streamlit as st

from core.projects.readings import visible_readings
from pages.session.widget_keys import leaving_key
from pages.session.work import Work


def comparison_button(work: Work) -> None:
    """Offer the comparison to whoever may see both readings of the series that is open.

    Parameters
    ----------
    work : Work
        A reading of a project.

    Raises
    ------
    AccessRefused
        If the person may not see it any more.
    """
    seen = {one.reading for one in visible_readings(work.store, work.annotation_key, work.person)}
    if {1, 2} <= seen and st.button(
        "Compare readings",
        icon=":material/compare:",
        key=leaving_key("compare", to_page=True),
        help="Both readings beside each other, and their adjudication.",
    ):
        st.switch_page("pages/compare.py")
