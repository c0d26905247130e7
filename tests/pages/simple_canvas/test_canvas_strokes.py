"""From the canvas to masks."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.simple_canvas.canvas_strokes import ERASE_COLOR, erases, mask_of_drawing, stroke_color
from pages.simple_canvas.interface import Tool
from pages.simple_canvas.strokes import DrawingError

COLOR = (230, 159, 0)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "path", "points", "stroke", "strokeWidth", "x", "y"]), inner
        )
    ),
    max_leaves=20,
)


def line(tool: Tool, *points: tuple[float, float]) -> dict[str, object]:
    """Object of the canvas for a line drawn with a tool."""
    path = [["M", *points[0]], *(["L", *point] for point in points[1:])]
    return {"type": "Path", "path": path, "stroke": stroke_color(tool, COLOR), "strokeWidth": 4}


def test_each_tool_draws_in_a_colour_that_tells_it_apart() -> None:
    colors = {stroke_color(tool, COLOR) for tool in (Tool.BRUSH, Tool.OUTLINE, Tool.ERASER)}
    assert len(colors) == 3


def test_strokes_are_applied_in_order() -> None:
    empty = np.zeros((64, 64), bool)
    add = line(Tool.BRUSH, (40, 40), (80, 40))
    take = line(Tool.ERASER, (40, 40), (80, 40))
    assert mask_of_drawing(empty, {"objects": [add]}, (128, 128)).any()
    assert not mask_of_drawing(empty, {"objects": [add, take]}, (128, 128)).any()
    assert mask_of_drawing(empty, {"objects": [take, add]}, (128, 128)).any()


def test_an_outline_of_two_points_is_a_line_and_no_area() -> None:
    drawing = {"objects": [line(Tool.OUTLINE, (40, 40), (80, 40))]}
    assert 0 < mask_of_drawing(np.zeros((64, 64), bool), drawing, (128, 128)).sum() < 100


def test_pixels_that_are_not_square_are_drawn_where_they_are_seen() -> None:
    drawing = {"objects": [line(Tool.BRUSH, (100, 20), (100, 20))]}
    mask = mask_of_drawing(np.zeros((10, 100), bool), drawing, (200, 200))
    assert np.argwhere(mask).mean(axis=0) == pytest.approx([1, 50], abs=1)


def test_only_a_newest_stroke_of_the_eraser_or_none_at_all_takes_away() -> None:
    add, take = line(Tool.BRUSH, (1, 1), (2, 2)), line(Tool.ERASER, (1, 1), (2, 2))
    assert take["stroke"] == ERASE_COLOR
    assert erases({"objects": [add, take]}) and erases({"objects": []})
    assert not erases({"objects": [take, add]})


@settings(deadline=None, max_examples=200, derandomize=True)
@given(JSON)
def test_whatever_a_browser_sends_gives_a_mask_or_a_sentence(drawing: object) -> None:
    base = np.zeros((16, 16), bool)
    # Anything but a DrawingError fails the test.
    with contextlib.suppress(DrawingError):
        mask = mask_of_drawing(base, drawing, (32, 32))
        assert mask.shape == base.shape and mask.dtype == bool
