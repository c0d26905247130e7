import json
import math
from typing import Any

import numpy as np
import pytest

from pages.simple_canvas.fabric_objects import MAX_OBJECTS, DrawingError, parse_drawing
from tests.support.canvas_drawings import ADD, line, path, polygon


def test_objects_come_in_the_order_drawn_with_their_colour_and_width() -> None:
    stroke = line(1, 2, 3, 4, width=7, stroke=" #AABBCC ")
    area = polygon((0, 0), (5, 0), (5, 5))
    drawn = parse_drawing({"objects": [stroke, area]})
    assert [(item.is_polygon, item.color, item.width) for item in drawn] == [
        (False, "#aabbcc", 7.0),
        (True, ADD, 2.0),
    ]
    assert np.array_equal(drawn[0].lines[0], [[1, 2], [3, 4]])
    assert np.array_equal(drawn[1].lines[0], [[0, 0], [5, 0], [5, 5], [0, 0]])


def test_curves_become_lines_that_hardly_leave_them() -> None:
    (drawn,) = parse_drawing({"objects": [path(["M", 0, 0], ["Q", 100, 0, 100, 100])]})
    t = np.linspace(0, 1, 2001)[:, np.newaxis]
    curve = 2 * t * (1 - t) * np.array([100, 0]) + t**2 * np.array([100, 100])
    corners = drawn.lines[0]
    along = np.linspace(0, len(corners) - 1, 2001)
    polyline = np.stack(
        [np.interp(along, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], axis=1
    )
    assert np.hypot(*(polyline - curve).T).max() < 0.02


def test_stretched_curves_are_as_smooth_as_others() -> None:
    curve = ["M", 0, 0], ["Q", 100, 0, 100, 100]
    small, large = parse_drawing({"objects": [path(*curve), path(*curve, scaleX=25, scaleY=25)]})
    assert len(large.lines[0]) > 4 * len(small.lines[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"objects": None},
        {"objects": {"0": {}}},
        {"objects": ["Path"]},
        {"objects": [{}]},
        {"objects": [{"type": "Rect", "left": 1, "top": 1, "width": 5, "height": 5}]},
        {"objects": [{"type": "Path"}]},
        {"objects": [{"type": "Path", "path": []}]},
        {"objects": [path(["L", 1, 1])]},
        {"objects": [path(["M", 1])]},
        {"objects": [path(["M", 1, 1], ["C", 1, 1, 1, 1, 1, 1])]},
        {"objects": [path(["M", "1", 1])]},
        {"objects": [path(["M", True, 1])]},
        {"objects": [path(["M", None, 1])]},
        {"objects": [path(["M", math.nan, 1])]},
        {"objects": [path(["M", math.inf, 1])]},
        {"objects": [path(["M", 1e7, 1])]},
        {"objects": [line(1, 1, 2, 2, width=-1)]},
        {"objects": [line(1, 1, 2, 2, width=1e5)]},
        {"objects": [line(1, 1, 2, 2, originX="middle")]},
        {"objects": [polygon((1, 1), (2, 2))]},
        {"objects": [{"type": "Polygon", "points": [[1, 1], [2, 2], [3, 1]]}]},
        {"objects": [line(1, 1, 2, 2)] * (MAX_OBJECTS + 1)},
        [],
        "objects",
    ],
    ids=lambda wrong: json.dumps(wrong)[:60],
)
def test_malformed_drawings_are_refused_in_a_sentence(wrong: Any) -> None:
    with pytest.raises(DrawingError, match=r"^[A-Z].*\.$"):
        parse_drawing(wrong)
