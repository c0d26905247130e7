"""The simple editor: streamlit-drawable-canvas, made safe to draw on.

The canvas reports a stroke some 200 ms after the pointer is lifted, and forgets it when it is
removed from the page before that. So every slice gets a canvas of its own for every visit, and the
canvases of the last visits stay on the page, hidden, until their strokes have surely arrived. A
mask is what was stored when the visit began plus the strokes of the visit; a canvas that nobody
touched changes nothing.
"""

import json
import math
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.session.editors import EditedSlice, MaskEvent, Tool, ToolSettings
from pages.simple_canvas.canvas_strokes import erases, mask_of_drawing, objects_of, stroke_color
from pages.simple_canvas.strokes import DrawingError, is_untouched

Memory = dict[str, Any]
"""What the tab remembers of its series; see `pages.session.work.Work`."""

_VISITS = "drawable_canvas.visits"
_STORED = "drawable_canvas.stored"
_PROBLEM = "drawable_canvas.problem"
_SLOTS = 3
_ARRIVES_WITHIN_S = 0.5  # the canvas waits 0.2 s, and the message travels


@dataclass
class _Visit:
    """One canvas: a slice, seen once, with what was stored when the person came."""

    shown: EditedSlice
    tools: ToolSettings
    base: NDArray[np.bool_]
    version: int
    key: str = field(default_factory=lambda: f"canvas-{secrets.token_hex(6)}")
    handled: str = "[]"  # the objects that were handled last, as JSON
    sequence: int = 0
    left_at: float | None = None  # when another canvas took its place

    def leave(self) -> None:
        if self.left_at is None:
            self.left_at = time.monotonic()


def drawn_masks(memory: Memory) -> Iterator[MaskEvent]:
    """Take what was drawn since the last run, on the canvas shown and on those just left.

    What is no drawing is refused here; `problem` says why.

    Parameters
    ----------
    memory : dict
        What the tab remembers.

    Yields
    ------
    MaskEvent
        Answer it with `stored` or `refused` before taking the next.
    """
    for visit in _visits(memory):
        drawing = _reported(visit.key)
        objects = objects_of(drawing)
        handled = json.dumps(objects)
        if handled == visit.handled:
            continue
        if not objects:
            # An empty canvas is a new one, or one that was reset: neither says that a mask is gone.
            visit.leave()
            continue
        visit.handled = handled
        visit.sequence += 1
        try:
            mask = mask_of_drawing(visit.base, drawing, visit.shown.size)
        except DrawingError as error:
            visit.leave()
            memory[_PROBLEM] = str(error)
            continue
        yield MaskEvent(
            segment_number=visit.shown.segment.number,
            slice_index=visit.shown.slice_index,
            mask=mask,
            base=visit.base,
            based_on=visit.version,
            sequence=visit.sequence,
            tool=visit.tools.tool,
            strokes=len(objects),
            erased=erases(drawing),
            source=visit.key,
        )


def stored(memory: Memory, event: MaskEvent, version: int, *, as_sent: bool = True) -> None:
    """Tell the editor that the store has kept an event.

    Parameters
    ----------
    memory : dict
        What the tab remembers.
    event : MaskEvent
        From `drawn_masks`.
    version : int
        Version under which it is stored.
    as_sent : bool
        Whether the stored mask is that of the event, so that drawing can go on from there.
    """
    memory.pop(_PROBLEM, None)
    _counts(memory)[event.source] = event.strokes
    for visit in _visits(memory):
        if visit.key == event.source:
            visit.version = version
            if not as_sent:
                visit.leave()


def refused(memory: Memory, event: MaskEvent, reason: str) -> None:
    """Tell the editor that the store has not kept an event, and why, in one sentence."""
    memory[_PROBLEM] = reason
    for visit in _visits(memory):
        if visit.key == event.source:
            visit.leave()


def problem(memory: Memory) -> str | None:
    """Why the last stroke is not stored, or None."""
    reason: str | None = memory.get(_PROBLEM)
    return reason


def clear_problem(memory: Memory) -> None:
    """Forget why the last stroke is not stored: the person knows."""
    memory.pop(_PROBLEM, None)


def stored_strokes(memory: Memory) -> dict[str, int]:
    """Strokes known to be stored, by the key of the canvas they were made on."""
    return dict(_counts(memory))


def forget_canvases(memory: Memory) -> None:
    """Drop all canvases, as the browser did when the page was left."""
    for name in (_VISITS, _STORED, _PROBLEM):
        memory.pop(name, None)


def show_editor(memory: Memory, shown: EditedSlice, tools: ToolSettings) -> None:
    """Show the canvas for a slice, and keep those of the last slices until they are silent.

    Parameters
    ----------
    memory : dict
        What the tab remembers.
    shown : EditedSlice
        What to draw on.
    tools : ToolSettings
        What to draw with.
    """
    visit = _current_visit(memory, shown, tools)
    visit.shown, visit.tools = shown, tools
    others = f'[class*="st-key-canvas-"]:not(.st-key-{visit.key})'
    st.html(f"<style>{others} {{display: none;}}</style>")
    slots: list[_Visit | None] = memory[_VISITS]
    with st.container(key="stage", gap=None):
        for number, held in enumerate(slots):
            # A slot keeps its place on the page, so that a hidden canvas is not made anew.
            with st.container(key=f"slot-{number}", horizontal_alignment="center"):
                if held is not None:
                    _canvas(held)


def _canvas(visit: _Visit) -> None:
    # Importing it registers the component, which needs a running app.
    from streamlit_drawable_canvas import st_canvas

    width, height = visit.shown.size
    color = visit.shown.segment.color
    tool = visit.tools.tool
    st_canvas(
        fill_color=stroke_color(Tool.BRUSH, color),
        stroke_color=stroke_color(tool, color),
        stroke_width=max(1, round(visit.tools.width if tool in (Tool.BRUSH, Tool.ERASER) else 2)),
        background_image=visit.shown.picture,
        width=width,
        height=height,
        drawing_mode="polygon" if tool is Tool.POLYGON else "freedraw",
        key=visit.key,
    )


def _current_visit(memory: Memory, shown: EditedSlice, tools: ToolSettings) -> _Visit:
    for visit in _visits(memory):
        if visit.left_at is None:
            if _still_fits(visit, shown, tools):
                return visit
            visit.leave()
    visit = _Visit(shown, tools, shown.annotation.mask.copy(), shown.annotation.version)
    slots: list[_Visit | None] = memory[_VISITS]
    number = min(range(_SLOTS), key=lambda slot: _left_at(slots[slot]))
    silent_at = _left_at(slots[number]) + _ARRIVES_WITHIN_S
    # Only somebody who turns several slices within half a second waits here, for their own good.
    time.sleep(max(0.0, silent_at - time.monotonic()))
    slots[number] = visit
    return visit


def _still_fits(visit: _Visit, shown: EditedSlice, tools: ToolSettings) -> bool:
    before = visit.shown
    return (
        (before.series_uid, before.segment.number, before.slice_index, before.size)
        == (shown.series_uid, shown.segment.number, shown.slice_index, shown.size)
        and visit.version == shown.annotation.version
        # Strokes of another tool would stay on top of what the eraser took away.
        and (visit.tools.tool is tools.tool or is_untouched(_reported(visit.key)))
    )


def _left_at(visit: _Visit | None) -> float:
    return -math.inf if visit is None or visit.left_at is None else visit.left_at


def _visits(memory: Memory) -> list[_Visit]:
    slots: list[_Visit | None] = memory.setdefault(_VISITS, [None] * _SLOTS)
    return [visit for visit in slots if visit is not None]


def _counts(memory: Memory) -> dict[str, int]:
    counts: dict[str, int] = memory.setdefault(_STORED, {})
    return counts


def _reported(key: str) -> Any:
    try:
        return st.session_state[key]["drawing"]["raw"]
    except (KeyError, TypeError):
        return None
