"""The workspace around the simple canvas: tools, slice and strip as Streamlit's own elements."""

import streamlit as st

from core.annotation.actions import confirm_empty
from core.annotation.states import SliceState
from core.annotation.store import MaskChange, StoreError, VersionConflict
from core.segments.segment import Segment
from pages.session.model import show_model
from pages.session.widget_keys import keep_shown, leaving_key, shown_last
from pages.session.work import (
    Work,
    current_segment,
    current_slice,
    set_segment,
    set_slice,
    while_seen,
)
from pages.simple_canvas import drawable_canvas as editor
from pages.simple_canvas.autosave import has_conflict, save_drawn, show_conflict
from pages.simple_canvas.drawable_canvas import CanvasMemory
from pages.simple_canvas.interface import EditedSlice, Tool, ToolSettings
from pages.simple_canvas.save_state import save_state
from pages.views.display import Display, display_settings, slice_png, slice_size
from pages.views.editor_choice import choose_editor
from pages.views.ends import end_buttons, ends_of
from pages.views.late_menus import MENU_STYLE, late_menu
from pages.views.next_step import find_next_step, next_step
from pages.views.second_series import choose_second, show_second
from pages.views.segment_panel import choose_segment, segment_buttons
from pages.views.state_strip import state_strip
from pages.views.teaching import choose_teachers
from pages.views.work_line import work_line

_TOOL_LABELS = {
    Tool.BRUSH: "Brush",
    Tool.OUTLINE: "Outline",
    Tool.POLYGON: "Polygon",
    Tool.ERASER: "Erase",
}
_TOOL_HINTS = {
    Tool.BRUSH: "Paint over the structure.",
    Tool.OUTLINE: "Draw around the structure; the inside is filled.",
    Tool.POLYGON: "Click each corner; click the first one again to close.",
    Tool.ERASER: "Paint over what should be removed.",
}

# Where the column is narrow, Streamlit would hide the last tools behind its edge.
_TOOLS_STYLE = """
<style>
.st-key-tool [data-testid="stButtonGroup"] > div {flex-wrap: wrap; overflow: visible;}
</style>
"""


@st.fragment
@while_seen
def simple_workspace(work: Work) -> None:
    """Show the slice, the tools beside it and the strip of slices below."""
    save_drawn(work)
    if work.reason_against_editing:
        st.rerun()
    segments = work.segments()
    segment = current_segment(work, segments)
    if segment is None:
        st.rerun()
    step = find_next_step(work, segment)
    work_line(work, step)
    picture, tools = st.columns([2.6, 1], gap="medium")
    st.html(MENU_STYLE + _TOOLS_STYLE)
    with tools:
        next_step(work, segment, step)
        choose_segment(work, segments, segment)
        segment_buttons(work, segment)
        settings = _drawing_tools(work, segment)
        with st.expander("Display", icon=":material/contrast:"):
            display = display_settings(work.series)
            choose_editor(work.entrance.settings)
            show_model(work.entrance.settings)
        late_menu("Earlier series", ":material/school:", "teachers", lambda: choose_teachers(work))
        with st.expander("Second series", icon=":material/compare:"):
            choose_second(work)
        show_second(work, current_slice(work), display.longest)
    with picture:
        show_conflict(work)
        bar = st.container()
        _canvas(work, segments, segment, settings, display)
        # After the canvas, which accepts strokes as soon as the bar names the tool.
        with bar:
            _slice_bar(work, settings)
        state_strip(
            work.series.summary.slices,
            work.annotations_of(segment.number),
            current_slice(work),
            key="strip",
            on_choose=lambda index: _go_to(work, index),
            ends=ends_of(work, segment),
        )


def _drawing_tools(work: Work, segment: Segment) -> ToolSettings:
    """Offer the tools with their settings, undo and redo, and what is done to a whole slice."""
    tool = st.segmented_control(
        "Tool",
        list(Tool),
        format_func=lambda tool: _TOOL_LABELS[tool],
        default=shown_last("tool", Tool.BRUSH),
        key="tool",
        width="stretch",
        required=True,
        label_visibility="collapsed",
    )
    tool = keep_shown("tool", Tool(tool or Tool.BRUSH))
    st.caption(_TOOL_HINTS[tool])
    width = st.slider(
        "Brush size",
        2,
        80,
        shown_last("brush", 24),
        key="brush",
        disabled=tool not in (Tool.BRUSH, Tool.ERASER),
    )
    keep_shown("brush", width)
    _undo_buttons(work)
    _slice_buttons(work, segment)
    return ToolSettings(tool, float(width))


def _undo_buttons(work: Work) -> None:
    """Offer undo and redo across all slices."""
    undo, redo = st.columns(2)
    undoable = work.store.undo_action(work.annotation_key, work.person)
    redoable = work.store.redo_action(work.annotation_key, work.person)
    undo.button(
        "Undo",
        icon=":material/undo:",
        key=leaving_key("undo"),
        help=f"Undo: {undoable} (Ctrl+Z)" if undoable else "Nothing to undo",
        disabled=undoable is None,
        width="stretch",
        on_click=_undo_or_redo,
        args=(work, "undo"),
    )
    redo.button(
        "Redo",
        icon=":material/redo:",
        key=leaving_key("redo"),
        help=f"Redo: {redoable} (Ctrl+Y)" if redoable else "Nothing to redo",
        disabled=redoable is None,
        width="stretch",
        on_click=_undo_or_redo,
        args=(work, "redo"),
    )


def _slice_buttons(work: Work, segment: Segment) -> None:
    """Offer to clear the slice, and to state that the structure is not, begins or ends there."""
    clear, absent = st.columns(2)
    clear.button(
        "Clear slice",
        key=leaving_key("clear"),
        width="stretch",
        on_click=_clear_slice,
        args=(work, segment),
        help="Removes this segment from this slice.",
    )
    absent.button(
        "Not here",
        key=leaving_key("absent"),
        width="stretch",
        on_click=_not_here,
        args=(work, segment),
        help="Confirms that the structure is not on this slice; also an example for the model. "
        "Not here up to the beginning or the end: Begins here, Ends here.",
    )
    end_buttons(work, segment)


def _slice_bar(work: Work, settings: ToolSettings) -> None:
    """Show the position in the series and whether everything is saved."""
    slices = work.series.summary.slices
    index = current_slice(work)
    previous, position, following, state = st.columns(
        [1, 2.4, 1, 1.2], vertical_alignment="center", gap="small"
    )
    previous.button(
        "",
        key="previous-slice",
        icon=":material/chevron_left:",
        help="Previous slice (left arrow key, or wheel over the slice)",
        width="stretch",
        on_click=_go_to,
        args=(work, index - 1),
    )
    following.button(
        "",
        key="next-slice",
        icon=":material/chevron_right:",
        help="Next slice (right arrow key, or wheel over the slice)",
        width="stretch",
        on_click=_go_to,
        args=(work, index + 1),
    )
    distance = work.series.geometry.positions[index] @ work.series.geometry.normal
    where = f" · {distance:.1f} mm" if work.series.geometry.in_patient else ""
    position.markdown(f"Slice **{index + 1}** of {slices}:gray[{where}]", text_alignment="center")
    memory = work.memory.part(CanvasMemory)
    with state:
        save_state(
            memory.stored,
            settings.tool,
            problem=has_conflict(work) or memory.problem is not None,
        )


def _canvas(
    work: Work, segments: list[Segment], segment: Segment, settings: ToolSettings, display: Display
) -> None:
    """Show the slice to draw on."""
    memory = work.memory.part(CanvasMemory)
    if memory.problem is not None and not has_conflict(work):
        st.error(f"The last stroke is not saved: {memory.problem}", icon=":material/error:")
    index = current_slice(work)
    editor.show_editor(
        memory,
        EditedSlice(
            annotation_key=work.annotation_key,
            segment=segment,
            slice_index=index,
            picture=slice_png(
                work.series,
                index,
                segments,
                work.store.annotation(work.annotation_key),
                segment.number,
                display,
            ),
            size=slice_size(work.series, display),
            annotation=work.store.slice(work.annotation_key, segment.number, index),
        ),
        settings,
    )


def _go_to(work: Work, index: int) -> None:
    """Go to a slice."""
    set_slice(work, index)


def _undo_or_redo(work: Work, way: str) -> None:
    """Undo or redo the person's last step, and show the slice where it happened."""
    move = work.store.undo if way == "undo" else work.store.redo
    try:
        changed = move(work.annotation_key, work.person)
    except StoreError as error:
        st.toast(str(error), icon=":material/error:")
        return
    if not changed:
        return
    segment, index = min(changed)
    if all(other != current_slice(work) for _, other in changed):
        _go_to(work, index)
    if len({number for number, _ in changed}) == 1:
        set_segment(work, segment)


def _clear_slice(work: Work, segment: Segment) -> None:
    """Remove the segment from the slice shown."""
    current = work.store.slice(work.annotation_key, segment.number, current_slice(work))
    if current.state is SliceState.EMPTY:
        return
    change = MaskChange(
        segment.number,
        current.slice_index,
        None,
        SliceState.EMPTY,
        current.version,
        allow_clear=True,
    )
    try:
        work.store.put_many(work.annotation_key, [change], work.person, "clear", "clear slice")
    except (VersionConflict, StoreError) as error:
        st.toast(str(error), icon=":material/error:")


def _not_here(work: Work, segment: Segment) -> None:
    """Confirm that the structure is not on the slice shown."""
    try:
        confirm_empty(
            work.store,
            work.annotation_key,
            segment.number,
            current_slice(work),
            person=work.person,
            allow_clear=True,
        )
    except (VersionConflict, StoreError) as error:
        st.toast(str(error), icon=":material/error:")
