"""Fourth step: review the proposals, the least certain first."""

import streamlit as st

from core.home.settings import Editor
from pages.session.gate import enter
from pages.session.work import require_work
from pages.simple_canvas.review import simple_review
from pages.slice_editor.review_workspace import review_workspace
from pages.views.banner import banner
from pages.views.editor_choice import chosen_editor
from pages.views.tour import show_tour

entrance = enter("review")
work = require_work(entrance)
show_tour(entrance, 4)
banner(work.series.summary)
reason = work.reason_against_editing
if reason:
    st.info(f"{reason} Masks and proposals are shown on the page Annotate.")
    st.page_link("pages/annotate.py", label="Annotate", icon=":material/draw:")
elif not work.segments():
    st.info("Nothing to review yet: draw on a slice first.")
    st.page_link("pages/annotate.py", label="Annotate", icon=":material/draw:")
elif chosen_editor(entrance.settings) is Editor.SIMPLE:
    simple_review(work)
else:
    review_workspace(work)
