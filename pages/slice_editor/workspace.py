"""The annotate page around the slice editor: what to do next above it, and nothing else."""

import streamlit as st

from core.segments.segment import Segment
from pages.session.volume_preview import drop_outdated_preview
from pages.session.work import Work, current_segment, while_seen
from pages.slice_editor.editor import SIDE, rerun_editor, show_slice_editor
from pages.views.icon_menu import ICON_MENU_STYLE
from pages.views.late_menus import MENU_STYLE, late_icon_menu
from pages.views.next_step import find_next_step
from pages.views.next_step_row import NARROW, next_step_row
from pages.views.second_series import choose_second
from pages.views.segment_panel import segment_buttons
from pages.views.settings_menu import settings_menu
from pages.views.volume_tools import volume_tools, volume_tools_button
from pages.views.work_line import work_line

# What the panel of the volume tools computes and says must not change its height.
_STYLE = f"""
<style>
.st-key-volume-tools {{position: relative;}}
.st-key-volume-tools > :has([data-testid="stSpinner"]) {{
  position: absolute; right: 1rem; bottom: 0.3rem; width: auto !important;
}}
@media (max-width: {NARROW}px) {{
  .st-key-volume-tools [data-testid="stCaptionContainer"] {{min-height: 2.6rem;}}
}}
</style>
"""


def slice_workspace(work: Work) -> None:
    """Show the editor with the next step above it.

    Parameters
    ----------
    work : Work
        Series being worked on, with a segment.
    """
    st.html(_STYLE + ICON_MENU_STYLE + MENU_STYLE)
    _next_step_bar(work)
    show_slice_editor(work)


@st.fragment(key=SIDE)
@while_seen
def _next_step_bar(work: Work) -> None:
    segment = current_segment(work, work.segments())
    if segment is None:
        st.rerun()
    step = None
    if not work.reason_against_editing:
        drop_outdated_preview(work)
        step = find_next_step(work, segment)
    work_line(work, step, beside=lambda: _buttons_for_looking(work))
    if step is None:
        return
    next_step_row(work, segment, step, rerun_editor, lambda: _buttons_beside(work, segment))
    volume_tools(work, segment)


def _buttons_beside(work: Work, segment: Segment) -> None:
    segment_buttons(work, segment)
    volume_tools_button(work)
    _buttons_for_looking(work)


def _buttons_for_looking(work: Work) -> None:
    late_icon_menu(
        "Show a second series",
        ":material/compare:",
        "second",
        lambda: choose_second(work, rerun_editor),
    )
    settings_menu(work)
