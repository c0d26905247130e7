"""The annotate page around the slice editor: what to do next above it, and nothing else."""

import streamlit as st

from pages.session.model import show_model
from pages.session.work import Work, current_segment
from pages.slice_editor.editor import SIDE, rerun_editor, show_slice_editor
from pages.views.editor_choice import choose_editor
from pages.views.next_step import next_step
from pages.views.second_series import choose_second
from pages.views.segment_panel import segment_buttons
from pages.views.volume_tools import volume_tools, volume_tools_button

_STYLE = """
<style>
.st-key-beside {flex-wrap: wrap;}
.st-key-beside [data-testid="stHorizontalBlock"] {flex-wrap: nowrap;}
.st-key-beside > :has([data-testid="stHorizontalBlock"]) {min-width: 13rem;}
.st-key-beside button p {white-space: nowrap;}
</style>
"""


def slice_workspace(work: Work) -> None:
    """Show the editor with the next step above it.

    Parameters
    ----------
    work : Work
        Series being worked on, with a segment.
    """
    st.html(_STYLE)
    _next_step_bar(work)
    show_slice_editor(work)


@st.fragment(key=SIDE)
def _next_step_bar(work: Work) -> None:
    segment = current_segment(work, work.segments())
    if segment is None:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="beside"):
        next_step(work, segment, rerun_editor)
        segment_buttons(work, segment)
        volume_tools_button(work)
        menu = st.popover(
            "", icon=":material/compare:", help="Show a second series", key="second-menu"
        )
        with menu:
            choose_second(work, rerun_editor)
        with st.popover("", icon=":material/settings:", help="Settings"):
            choose_editor(work.entrance.settings)
            show_model(work.entrance.settings.weights, work.entrance.settings.device)
    volume_tools(work, segment)
