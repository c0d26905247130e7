"""Second and third step: draw on a few slices, then ask for proposals on the rest."""

import streamlit as st

from core.home.settings import Editor
from pages.session.gate import enter
from pages.session.model import begin_loading
from pages.session.teaching import begin_teaching
from pages.session.work import Work, current_slice, require_work, set_slice, while_seen
from pages.simple_canvas.drawable_canvas import CanvasMemory
from pages.simple_canvas.workspace import simple_workspace
from pages.slice_editor.workspace import slice_workspace
from pages.views.banner import banner
from pages.views.display import preset_display, slice_png
from pages.views.editor_choice import chosen_editor
from pages.views.import_masks import import_button, show_mask_import
from pages.views.label_list import label_list_button, show_label_list
from pages.views.recent_work import note_opened
from pages.views.segment_panel import add_segment
from pages.views.settings_menu import settings_menu
from pages.views.slice_scroller import slice_scroller
from pages.views.teaching import watch_teaching
from pages.views.tour import show_tour
from pages.views.work_line import work_line

# Streamlit lays a button for the whole screen over the presets above the picture.
_LOOK_STYLE = """
<style>
.stMain:has(.st-key-look) [data-testid="stElementToolbar"] {display: none;}
.stMain:has(.st-key-look) [data-testid="stButtonGroup"] > div {flex-wrap: wrap; overflow: visible;}
</style>
"""


@st.fragment
@while_seen
def first_segment(work: Work) -> None:
    """Ask what to annotate, beside the slices: there is nothing else to do without segments."""
    if work.reason_against_editing:
        st.rerun()
    work_line(work)
    picture, question = st.columns([2, 1], gap="large")
    with question:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader("What do you want to annotate?", anchor=False)
            settings_menu(work)
        add_segment(work)
        label_list_button("first")
        import_button("first")
        watch_teaching(work)
    with picture:
        look_through(work)


@st.fragment
@while_seen
def look_only(work: Work) -> None:
    """Show slices and masks that may not be changed, and why."""
    if not work.reason_against_editing:
        st.rerun()
    work_line(work, beside=lambda: settings_menu(work))
    look_through(work)


def look_through(work: Work) -> None:
    """Show a slice; the wheel and a slider go through the series, and presets set the window."""
    st.html(_LOOK_STYLE)
    display = preset_display(work.series)
    segments, annotation = work.segments(), work.store.annotation(work.annotation_key)
    summary, index = work.series.summary, current_slice(work)
    with st.container(key="look", horizontal_alignment="center"):
        st.image(
            slice_png(work.series, index, segments, annotation, None, display),
            alt=f"Slice {index + 1} of {summary.slices}",
        )
    slice_scroller(
        summary.slices, index, "first-look", "look", lambda chosen: set_slice(work, chosen)
    )


entrance = enter("annotate")
work = require_work(entrance)
if entrance.arrived:
    work.memory.forget(CanvasMemory)  # the browser dropped them when the page was left
begin_loading(entrance.settings)
show_tour(entrance, 3 if work.segments() else 2)
banner(work.series.summary)
note_opened(work)
begin_teaching(work)
is_simple = chosen_editor(entrance.settings) is Editor.SIMPLE
if work.reason_against_editing and (is_simple or not work.segments()):
    look_only(work)
elif not work.segments():
    first_segment(work)
elif is_simple:
    simple_workspace(work)
else:
    slice_workspace(work)
# Last, so that a dialog takes the focus when the menu that it was asked for in has gone.
show_mask_import(entrance)
show_label_list(entrance, work)
