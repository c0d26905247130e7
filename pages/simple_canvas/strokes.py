"""Masks from what people draw on the canvas: brush strokes, eraser strokes and polygons.

Notes
-----
A stroke covers the pixels whose centre lies within half its width of its line. Where no centre lies
that close, because the brush is thinner than a pixel, it covers the pixels that its line runs
through: a stroke that shows on the screen never leaves nothing behind. A polygon covers the pixels
whose centre lies inside; the line that the canvas draws around it does not count.

Against what Chromium shows (streamlit-drawable-canvas 0.13.0, pixels at least half opaque),
strokes, clicks, and strokes that were moved, stretched and turned have a Dice of 0.995 to 0.997.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.simple_canvas.fabric_objects import CanvasObject, DrawingError, parse_drawing
from pages.simple_canvas.rasters import Cover, TooMuchWork, cover_by_polygon, cover_by_stroke

__all__ = ["DrawingError", "apply_drawing", "is_untouched"]

_MOST_WORK = 10_000_000  # of `Cover.work`: two or three seconds


def apply_drawing(
    base: NDArray[np.bool_],
    drawing: Any,
    *,
    scale: float | tuple[float, float] = 1.0,
    erase_color: str | None = None,
) -> NDArray[np.bool_]:
    """Mask after everything on the canvas was drawn onto a stored mask, in order.

    Parameters
    ----------
    base : numpy.ndarray
        Bool [rows, columns], what was there before; not changed.
    drawing : dict or None
        ``json_data`` of the canvas: ``{"objects": [...], ...}``; None for an untouched canvas.
    scale : float or (float, float)
        Canvas pixels per image pixel, in x and y where they differ (pixels that are not square).
    erase_color : str, optional
        Stroke colour of objects that remove; all others add. Compared without regard to case.

    Returns
    -------
    numpy.ndarray
        Bool [rows, columns], a new array.

    Raises
    ------
    DrawingError
        If the drawing is malformed or too large.
    """
    per_pixel = (scale, scale) if isinstance(scale, (int, float)) else scale
    if not all(math.isfinite(step) and step > 0 for step in per_pixel):
        raise ValueError(f"A scale is a positive number of canvas pixels, not {scale}.")
    mask = base.copy()
    work = 0
    eraser = erase_color.strip().lower() if erase_color is not None else None
    for drawn in parse_drawing(drawing):
        for cover in _covers(drawn, per_pixel, mask.shape, _MOST_WORK - work):
            work += cover.work
            window = mask[cover.first_row : cover.first_row + len(cover.pixels)]
            window[cover.pixels] = drawn.color != eraser
    return mask


def is_untouched(drawing: Any) -> bool:
    """Whether a canvas has reported nothing drawn, so that nothing may be stored from it."""
    return not isinstance(drawing, dict) or not drawing.get("objects")


def _covers(
    drawn: CanvasObject, per_pixel: tuple[float, float], shape: tuple[int, ...], most_work: int
) -> list[Cover]:
    """What one object covers; several where the first one turned out to be empty."""
    size = (shape[0], shape[1])
    step_x, step_y = per_pixel
    canvas = np.array([[step_x, 0.0, step_x / 2], [0.0, step_y, step_y / 2]])
    linear = drawn.to_canvas[:, :2]
    if abs(np.linalg.det(linear)) < 1e-9:  # squeezed to nothing: nothing to be seen either
        return []
    on_canvas = [line @ linear.T + drawn.to_canvas[:, 2] for line in drawn.lines]
    try:
        if drawn.is_polygon:
            cover = cover_by_polygon(on_canvas[0], canvas, size, most_work=most_work)
        elif drawn.uniform:
            cover = cover_by_stroke(on_canvas, drawn.width / 2, canvas, size, most_work=most_work)
        else:
            local = canvas.copy()
            local[:, 2] -= drawn.to_canvas[:, 2]
            local = np.linalg.inv(linear) @ local
            cover = cover_by_stroke(drawn.lines, drawn.width / 2, local, size, most_work=most_work)
        if cover.pixels.any():
            return [cover]
        half_diagonal = math.hypot(step_x, step_y) / 2
        rest = most_work - cover.work
        return [cover, cover_by_stroke(on_canvas, half_diagonal, canvas, size, most_work=rest)]
    except TooMuchWork as error:
        raise DrawingError("The drawing is too large. Draw less at a time.") from error
