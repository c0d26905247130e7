"""Objects as the drawable canvas reports them."""

from typing import Any

ADD, ERASE = "#00ff00", "#000001"


def path(*commands: list, width: float = 12, stroke: str = ADD, **more: Any) -> dict:
    """Freedraw object, as the canvas reports it."""
    given = [list(command) for command in commands]
    return {"type": "Path", "path": given, "stroke": stroke, "strokeWidth": width, **more}


def line(x0: float, y0: float, x1: float, y1: float, **more: Any) -> dict:
    return path(["M", x0, y0], ["L", x1, y1], **more)


def polygon(*corners: tuple[float, float], **more: Any) -> dict:
    points = [{"x": x, "y": y} for x, y in corners]
    return {"type": "Polygon", "points": points, "stroke": ADD, "strokeWidth": 2, **more}
