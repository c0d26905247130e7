"""What the drawable canvas sends, checked and brought into a form that can be drawn.

The canvas (streamlit-drawable-canvas, which draws with Fabric.js) reports a list of objects. It
comes from a browser and is trusted in nothing: every number is checked, and how many there are is
bounded.

References
----------
Fabric.js 7.4: ``Path._calcBoundsFromPath`` for the point that an object's position refers to,
``composeMatrix`` for its transformation.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from pages.simple_canvas.rasters import Affine, Points

MAX_OBJECTS = 5_000
MAX_POINTS = 200_000  # of all objects together, curves flattened
MAX_COORDINATE = 1e6
MAX_STROKE_WIDTH = 10_000.0
_FLATNESS = 0.02  # canvas pixels between a curve and the polyline that stands for it
_ORIGINS = {"left": 0.5, "top": 0.5, "center": 0.0, "right": -0.5, "bottom": -0.5}


class DrawingError(ValueError):
    """What the canvas sent is no drawing; the message says what is wrong with it."""


@dataclass(frozen=True)
class CanvasObject:
    """One stroke or polygon.

    Attributes
    ----------
    lines : list of numpy.ndarray
        Polylines [points, (x, y)] in coordinates of the object; of a polygon, its closed outline.
    width : float
        Width of the stroke.
    is_polygon : bool
        Whether its inside counts, rather than its line.
    color : str
        Stroke colour in lower case; blank if there is none.
    to_canvas : numpy.ndarray
        Map [2, 3] from coordinates of the object to canvas pixels.
    uniform : bool
        Whether the width is not stretched together with the object.
    """

    lines: list[Points]
    width: float
    is_polygon: bool
    color: str
    to_canvas: Affine
    uniform: bool


def parse_drawing(drawing: Any) -> list[CanvasObject]:
    """Check a drawing and return what is in it, in the order it was drawn.

    Parameters
    ----------
    drawing : dict or None
        ``json_data`` of the canvas: ``{"objects": [...], ...}``; None for an untouched canvas.

    Returns
    -------
    list of CanvasObject
        Without polygons that are not closed yet.

    Raises
    ------
    DrawingError
        If the drawing is malformed or too large.
    """
    if drawing is None:
        return []
    objects = drawing.get("objects", []) if isinstance(drawing, dict) else None
    if not isinstance(objects, list):
        raise DrawingError("A drawing holds a list of objects.")
    if len(objects) > MAX_OBJECTS:
        raise DrawingError(f"A drawing has {MAX_OBJECTS} objects at most, not {len(objects)}.")
    parsed: list[CanvasObject] = []
    points = 0
    for thing in objects:
        if not isinstance(thing, dict) or not isinstance(thing.get("type"), str):
            raise DrawingError("Everything in a drawing is an object with a type.")
        if _is_open_polygon(thing):
            continue
        parsed.append(_canvas_object(thing, MAX_POINTS - points))
        points += sum(len(line) for line in parsed[-1].lines)
    return parsed


def _is_open_polygon(thing: dict[str, Any]) -> bool:
    """Whether the object is a polygon that is not closed yet: a filled path, as no stroke is."""
    return thing["type"].lower() == "path" and thing.get("fill") is not None


def _canvas_object(thing: dict[str, Any], most_points: int) -> CanvasObject:
    kind = thing["type"].lower()
    width = _number(thing, "strokeWidth", 1.0)
    if not 0 <= width <= MAX_STROKE_WIDTH:
        raise DrawingError(f"A stroke is between 0 and {MAX_STROKE_WIDTH:g} pixels wide.")
    stretch = max(abs(_number(thing, "scaleX", 1.0)), abs(_number(thing, "scaleY", 1.0)), 1e-6)
    if kind == "path":
        lines, bounds = _path_lines(thing.get("path"), _FLATNESS / stretch, most_points)
    elif kind == "polygon":
        corners = _corners(thing.get("points"), most_points)
        lines, bounds = [np.concatenate([corners, corners[:1]])], corners
    else:
        raise DrawingError("A drawing holds strokes and polygons only.")
    color = thing.get("stroke")
    return CanvasObject(
        lines=lines,
        width=width,
        is_polygon=kind == "polygon",
        color=color.strip().lower() if isinstance(color, str) else "",
        to_canvas=_transformation(thing, bounds, width),
        uniform=thing.get("strokeUniform") is True,
    )


def _corners(points: Any, most_points: int) -> Points:
    if not isinstance(points, list) or not 3 <= len(points) < most_points:
        raise DrawingError("A polygon has at least three corners, and not too many.")
    if not all(isinstance(point, dict) for point in points):
        raise DrawingError("The corners of a polygon have an x and a y.")
    return np.array(
        [[_coordinate(point.get("x")), _coordinate(point.get("y"))] for point in points]
    )


def _path_lines(path: Any, flatness: float, most_points: int) -> tuple[list[Points], Points]:
    """Polylines of a path, and the points whose bounding box its position refers to."""
    if not isinstance(path, list) or not path or len(path) > most_points:
        raise DrawingError("A stroke has at least one point, and not too many.")
    lines: list[list[Points]] = []
    bounds: list[tuple[float, float]] = []
    here = start = (0.0, 0.0)
    left = most_points
    for command in path:
        name, values = _command(command)
        if name == "M":
            here = start = values[0]
            lines.append([np.array([here])])
            bounds.append(here)
            left -= 1
            continue
        if not lines:
            raise DrawingError("A stroke begins with the point it starts from.")
        if name == "Q":
            piece = _flatten(here, values[0], values[1], flatness, left)
            bounds += _curve_bounds(here, values[0], values[1])
        else:
            piece = np.array([values[0] if name == "L" else start])
            bounds.append((float(piece[0, 0]), float(piece[0, 1])))
        left -= len(piece)
        if left < 0:
            raise DrawingError("The drawing has too many points. Draw less at a time.")
        lines[-1].append(piece)
        here = (float(piece[-1, 0]), float(piece[-1, 1]))
    return [np.concatenate(line) for line in lines], np.array(bounds)


def _command(command: Any) -> tuple[str, list[tuple[float, float]]]:
    """Name and points of one command of a path."""
    counts = {"M": 2, "L": 2, "Q": 4, "Z": 0}
    if not isinstance(command, list) or not command or not isinstance(command[0], str):
        raise DrawingError("A stroke is a list of commands.")
    name = command[0].upper() if command[0] == "z" else command[0]
    if counts.get(name) != len(command) - 1:
        raise DrawingError("A stroke holds the commands M, L, Q and Z with their points.")
    numbers = [_coordinate(value) for value in command[1:]]
    return name, list(zip(numbers[::2], numbers[1::2], strict=True))


def _flatten(
    start: tuple[float, float],
    control: tuple[float, float],
    end: tuple[float, float],
    flatness: float,
    most_points: int,
) -> Points:
    """Points after `start` of a polyline within `flatness` of a quadratic Bézier curve."""
    bend = math.hypot(start[0] - 2 * control[0] + end[0], start[1] - 2 * control[1] + end[1])
    # In n equal steps of its parameter, the curve is bend / (4 n²) away from its chords.
    steps = max(1, math.ceil(math.sqrt(bend / (4 * flatness))))
    if steps > most_points:
        raise DrawingError("The drawing has too many points. Draw less at a time.")
    t = (np.arange(1, steps + 1) / steps)[:, np.newaxis]
    a, b, c = np.array(start), np.array(control), np.array(end)
    curve: Points = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
    return curve


def _curve_bounds(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """Points that span the bounding box which Fabric.js computes for a quadratic curve.

    It takes the curve for a cubic one with both control points in the same place. Not the curve's
    own bounding box, but the one that the position of the object refers to.
    """
    points = [start, end]
    for axis in (0, 1):
        away, back = control[axis] - start[axis], end[axis] - control[axis]
        if away * back >= 0:
            continue
        t = math.sqrt(abs(away)) / (math.sqrt(abs(away)) + math.sqrt(abs(back)))
        x, y = (
            (1 - t) ** 3 * start[i] + 3 * t * (1 - t) * control[i] + t**3 * end[i] for i in (0, 1)
        )
        points.append((x, y))
    return points


def _transformation(thing: dict[str, Any], bounds: Points, width: float) -> Affine:
    """Map [2, 3] from the points of an object to canvas pixels.

    The canvas lets people move, stretch and turn what they drew; the points stay as drawn and the
    object gets a position, scale and angle, all about the middle of its bounding box.
    """
    low, high = bounds.min(axis=0), bounds.max(axis=0)
    middle = (low + high) / 2
    angle = math.radians(_number(thing, "angle", 0.0))
    scale_x, scale_y = _number(thing, "scaleX", 1.0), _number(thing, "scaleY", 1.0)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    stretch = np.diag(
        [
            -scale_x if thing.get("flipX") is True else scale_x,
            -scale_y if thing.get("flipY") is True else scale_y,
        ]
    )
    skew_x, skew_y = (math.radians(_number(thing, name, 0.0)) for name in ("skewX", "skewY"))
    skew = np.array([[1, math.tan(skew_x)], [0, 1]]) @ np.array([[1, 0], [math.tan(skew_y), 1]])
    linear = turn @ stretch @ skew
    extent = (high - low + width) * np.abs([scale_x, scale_y])
    if thing.get("strokeUniform") is True:
        extent = (high - low) * np.abs([scale_x, scale_y]) + width
    position = np.array([_number(thing, "left", middle[0]), _number(thing, "top", middle[1])])
    to_middle = np.array([_origin(thing, "originX"), _origin(thing, "originY")]) * extent
    centre = position + turn @ to_middle
    # Positions travel with four decimals: what was not moved is not moved by their rounding.
    moved = centre - middle
    if np.array_equal(linear, np.eye(2)) and (np.abs(moved) < 1e-3).all():
        centre = middle
    return np.column_stack([linear, centre - linear @ middle])


def _origin(thing: dict[str, Any], name: str) -> float:
    """How far the middle lies from the point that the position names, as a part of the extent."""
    origin = thing.get(name, "center")
    if not isinstance(origin, str) or origin not in _ORIGINS:
        raise DrawingError("The origin of an object is a side or the center.")
    return _ORIGINS[origin]


def _number(thing: dict[str, Any], name: str, default: float) -> float:
    return _coordinate(thing[name]) if thing.get(name) is not None else default


def _coordinate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DrawingError("A coordinate is a number.")
    if not -MAX_COORDINATE <= value <= MAX_COORDINATE:  # also false for NaN
        raise DrawingError(f"A coordinate lies within ±{MAX_COORDINATE:g}.")
    return float(value)
