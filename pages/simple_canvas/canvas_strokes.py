"""From what the drawable canvas reports to masks.

The colour of a stroke tells what it was drawn for; the canvas keeps it with each stroke.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.simple_canvas.interface import Tool
from pages.simple_canvas.strokes import apply_drawing

ERASE_COLOR = "rgba(255,255,255,0.45)"
_STROKE_OPACITY = 0.5
_OUTLINE_OPACITY = 0.85


def stroke_color(tool: Tool, color: tuple[int, int, int]) -> str:
    """CSS colour of strokes made with a tool for a segment of some colour."""
    if tool is Tool.ERASER:
        return ERASE_COLOR
    opacity = _OUTLINE_OPACITY if tool is Tool.OUTLINE else _STROKE_OPACITY
    return f"rgba({','.join(map(str, color))},{opacity})"


def objects_of(drawing: Any) -> list[Any]:
    """Objects of a drawing; none where it is no drawing."""
    objects = drawing.get("objects") if isinstance(drawing, dict) else None
    return objects if isinstance(objects, list) else []


def erases(drawing: Any) -> bool:
    """Whether the newest object of a drawing takes something away, or none is left of it."""
    objects = objects_of(drawing)
    return not objects or _stroke(objects[-1]) == ERASE_COLOR


def mask_of_drawing(
    base: NDArray[np.bool_], drawing: Any, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Mask after everything on the canvas was drawn onto a stored one.

    Parameters
    ----------
    base : numpy.ndarray
        Bool [rows, columns].
    drawing : dict or None
        What the canvas reported.
    size : tuple of int
        Width and height of the canvas in canvas pixels.

    Returns
    -------
    numpy.ndarray
        Bool [rows, columns], a new array.

    Raises
    ------
    DrawingError
        If it is no drawing.
    """
    rows, columns = base.shape
    if isinstance(drawing, dict) and isinstance(drawing.get("objects"), list):
        drawing = drawing | {"objects": [_filled(thing) for thing in drawing["objects"]]}
    scale = (size[0] / columns, size[1] / rows)
    return apply_drawing(base, drawing, scale=scale, erase_color=ERASE_COLOR)


def _stroke(thing: Any) -> str:
    return str(thing.get("stroke", "")) if isinstance(thing, dict) else ""


def _filled(thing: Any) -> Any:
    """Closed area of a line drawn with the outline tool; any other object as it is."""
    path = thing.get("path") if isinstance(thing, dict) else None
    is_outline = _stroke(thing).endswith(f",{_OUTLINE_OPACITY})")
    if not is_outline or not isinstance(path, list):
        return thing
    corners = [
        {"x": command[-2], "y": command[-1]}
        for command in path
        if isinstance(command, list) and len(command) >= 3
    ]
    if len(corners) < 3:
        return thing
    return {"type": "Polygon", "points": corners, "stroke": thing["stroke"], "strokeWidth": 1}
