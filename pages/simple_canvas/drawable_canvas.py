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

from pages.simple_canvas.canvas_strokes import erases, mask_of_drawing, objects_of, stroke_color
from pages.simple_canvas.interface import EditedSlice, MaskEvent, Tool, ToolSettings
from pages.simple_canvas.strokes import DrawingError, is_untouched

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
    left_at: float | None = None  # when another canvas took its place

    def leave(self) -> None:
        if self.left_at is None:
            self.left_at = time.monotonic()


@dataclass
class CanvasMemory:
    """What a tab remembers of its canvases.

    Attributes
    ----------
    slots : list of _Visit or None
        The canvases on the page, the one shown and those left last.
    stored : dict of str to int
        Strokes known to be stored, by the key of the canvas they were made on.
    problem : str or None
        Why the last stroke is not stored.
    """

    slots: list[_Visit | None] = field(default_factory=lambda: [None] * _SLOTS)
    stored: dict[str, int] = field(default_factory=dict)
    problem: str | None = None


def drawn_masks(memory: CanvasMemory) -> Iterator[MaskEvent]:
    """Take what was drawn since the last run, on the canvas shown and on those just left.

    What is no drawing is refused here; `CanvasMemory.problem` says why.

    Parameters
    ----------
    memory : CanvasMemory
        Of this tab.

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
        try:
            mask = mask_of_drawing(visit.base, drawing, visit.shown.size)
        except DrawingError as error:
            visit.leave()
            memory.problem = str(error)
            continue
        yield MaskEvent(
            segment_number=visit.shown.segment.number,
            slice_index=visit.shown.slice_index,
            mask=mask,
            base=visit.base,
            based_on=visit.version,
            tool=visit.tools.tool,
            strokes=len(objects),
            erased=erases(drawing),
            source=visit.key,
        )


def stored(memory: CanvasMemory, event: MaskEvent, version: int, *, as_sent: bool = True) -> None:
    """Record that an event is stored.

    Parameters
    ----------
    memory : CanvasMemory
        Of this tab.
    event : MaskEvent
        From `drawn_masks`.
    version : int
        Version under which it is stored.
    as_sent : bool
        Whether the stored mask is that of the event, so that drawing can go on from there.
    """
    memory.problem = None
    memory.stored[event.source] = event.strokes
    for visit in _visits(memory):
        if visit.key == event.source:
            visit.version = version
            if not as_sent:
                visit.leave()


def refused(memory: CanvasMemory, event: MaskEvent, reason: str) -> None:
    """Record that an event is not stored, and why, in one sentence."""
    memory.problem = reason
    for visit in _visits(memory):
        if visit.key == event.source:
            visit.leave()


def show_editor(memory: CanvasMemory, shown: EditedSlice, tools: ToolSettings) -> None:
    """Show the canvas for a slice, and keep those left last until their strokes have arrived.

    Parameters
    ----------
    memory : CanvasMemory
        Of this tab.
    shown : EditedSlice
        What to draw on.
    tools : ToolSettings
        What to draw with.
    """
    visit = _current_visit(memory, shown, tools)
    visit.shown, visit.tools = shown, tools
    others = f'[class*="st-key-canvas-"]:not(.st-key-{visit.key})'
    st.html(f"<style>{others} {{display: none;}}{_fitting(visit.key, shown.size)}</style>")
    with st.container(key="stage", gap=None):
        for number, held in enumerate(memory.slots):
            # A slot keeps its position on the page, so that a hidden canvas is not recreated.
            with st.container(key=f"slot-{number}", horizontal_alignment="center"):
                if held is not None:
                    _canvas(held)


def _fitting(key: str, size: tuple[int, int]) -> str:
    """Style that shrinks a canvas to the column where that is narrower.

    The component would scroll instead, and hide the right of the picture. It finds out itself how
    much smaller it is shown; what is reported stays in canvas pixels.
    """
    width, height = size
    return f"""
@supports (transform: scale(tan(atan2(1px, 1px)))) {{
  .st-key-stage {{container-type: inline-size;}}
  .st-key-{key} {{
    --fit: min(1, tan(atan2(100cqw, {width}px)));
    width: {width}px !important; max-width: none; flex-shrink: 0;
    transform: scale(var(--fit)); transform-origin: 0 0;
    margin-right: calc((var(--fit) - 1) * {width}px);
    margin-bottom: calc((var(--fit) - 1) * {height}px);
  }}
}}
"""


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


def _current_visit(memory: CanvasMemory, shown: EditedSlice, tools: ToolSettings) -> _Visit:
    for visit in _visits(memory):
        if visit.left_at is None:
            if _still_fits(visit, shown, tools):
                return visit
            visit.leave()
    visit = _Visit(shown, tools, shown.annotation.mask.copy(), shown.annotation.version)
    number = min(range(_SLOTS), key=lambda slot: _left_at(memory.slots[slot]))
    silent_at = _left_at(memory.slots[number]) + _ARRIVES_WITHIN_S
    # Only somebody who passes several slices within half a second waits here.
    time.sleep(max(0.0, silent_at - time.monotonic()))
    memory.slots[number] = visit
    return visit


def _still_fits(visit: _Visit, shown: EditedSlice, tools: ToolSettings) -> bool:
    before = visit.shown
    return (
        (before.annotation_key, before.segment.number, before.slice_index, before.size)
        == (shown.annotation_key, shown.segment.number, shown.slice_index, shown.size)
        and visit.version == shown.annotation.version
        # Strokes of another tool would stay on top of what the eraser took away.
        and (visit.tools.tool is tools.tool or is_untouched(_reported(visit.key)))
    )


def _left_at(visit: _Visit | None) -> float:
    return -math.inf if visit is None or visit.left_at is None else visit.left_at


def _visits(memory: CanvasMemory) -> list[_Visit]:
    return [visit for visit in memory.slots if visit is not None]


def _reported(key: str) -> Any:
    try:
        return st.session_state[key]["drawing"]["raw"]
    except (KeyError, TypeError):
        return None
