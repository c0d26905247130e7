"""Two readings of a series beside each other: how far they agree, and their adjudication."""

import streamlit as st

from core.projects.visibility import belongs_to_project
from pages.comparison.comparison import show_comparison
from pages.session.gate import enter
from pages.session.work import require_work
from pages.views.banner import banner

entrance = enter("compare")
work = require_work(entrance)
banner(work.series.summary)
if belongs_to_project(work.annotation_key):
    show_comparison(work)
else:
    st.info("This series belongs to no project; readings are compared within projects.")
    st.page_link("pages/annotate.py", label="Annotate", icon=":material/draw:")
