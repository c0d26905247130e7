"""What a person does on the simple canvas, and what the screen then says."""

import io
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.support.page_conditions import wait_until_true

Point = tuple[float, float]
"""Column and row in image pixels, the centre of the first pixel at (0.5, 0.5)."""

SCALE = 2.5
"""Picture pixels per image pixel: 640 for 256."""

_VISIBLE_CANVAS = """() => {
  const hosts = [...document.querySelectorAll('[class*="st-key-canvas-"]')];
  const shown = hosts.filter((host) => getComputedStyle(host).display !== "none");
  if (shown.length !== 1) return null;
  return /st-key-(canvas-\\w+)/.exec(shown[0].className)[1];
}"""


def canvas(page: Page) -> Locator:
    """The canvas to draw on."""
    return page.locator("canvas.upper-canvas:visible")


def canvas_name(page: Page) -> str:
    """Name of the one canvas that is shown, once there is one."""
    return str(wait_until_true(page, _VISIBLE_CANVAS))


def wait_until_drawable(page: Page, cursor: str = "crosshair") -> None:
    """Wait until the canvas takes strokes: then it shows a cross, or an arrow for a polygon."""
    expect(canvas(page)).to_have_count(1)
    wait_until_true(page, _VISIBLE_CANVAS)
    for step in range(400):
        box = canvas(page).bounding_box()
        if box is not None:
            page.mouse.move(box["x"] + box["width"] / 2 + step % 2, box["y"] + box["height"] / 2)
            if canvas(page).evaluate("canvas => canvas.style.cursor") == cursor:
                return
        page.wait_for_timeout(25)
    raise AssertionError("the canvas never became ready to draw on")


def draw(page: Page, points: Sequence[Point]) -> list[Point]:
    """Draw a line through points with the tool that is chosen.

    Returns
    -------
    list of Point
        Where the pointer really was: a mouse moves in whole pixels of the screen.
    """
    box = canvas(page).bounding_box()
    assert box is not None
    places = [(round(box["x"] + x * SCALE), round(box["y"] + y * SCALE)) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    return [((x - box["x"]) / SCALE, (y - box["y"]) / SCALE) for x, y in places]


def go_to(page: Page, number: int) -> None:
    """Click a slice, counted from 1, in the strip below the picture."""
    tick = page.locator(f'.tick[title^="Slice {number}:"]')
    if "current" in (tick.get_attribute("class") or ""):
        return
    before = canvas_name(page)
    tick.click()
    expect(page.locator(".tick.current")).to_have_attribute(
        "title", re.compile(f"^Slice {number}:")
    )
    wait_for_new_canvas(page, before)


def wait_for_new_canvas(page: Page, before: str) -> None:
    """Wait until another canvas than before is shown and takes strokes."""
    wait_until_true(
        page,
        f"before => {{ const name = ({_VISIBLE_CANVAS})(); return name && name !== before; }}",
        before,
    )
    wait_until_drawable(page)


def choose_tool(page: Page, name: str) -> None:
    """Choose a tool by its name, and wait until the canvas has it."""
    page.get_by_role("radio", name=name, exact=True).click()
    tool = {"Erase": "eraser"}.get(name, name.lower())
    expect(page.locator(".save-state")).to_have_attribute("data-tool", tool)


def wait_until_saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    expect(page.locator(".save-state")).to_have_attribute("data-state", "saved")


def slice_shown(page: Page) -> int:
    """Number of the slice shown, counted from 1."""
    slider = page.get_by_role("slider", name="Slice")
    # Before its script has run, the slider has no range and shows the middle of 1 to 100.
    expect(slider).to_have_attribute("max", re.compile(r"\d+"))
    return int(slider.input_value())


def mask_on_screen(page: Page) -> NDArray[np.bool_]:
    """Pixels of the slice that the screen shows in colour, bool [rows, columns]."""
    box = canvas(page).bounding_box()
    assert box is not None
    pixels = np.asarray(Image.open(io.BytesIO(canvas(page).screenshot())).convert("RGB"), int)
    # The letters at the edges are coloured, too.
    pixels[:40], pixels[-40:], pixels[:, :40], pixels[:, -40:] = 0, 0, 0, 0
    coloured = pixels.max(axis=2) - pixels.min(axis=2) > 25
    # A picture starts on a whole pixel of the screen, its screenshot on the one before.
    left, top = (round(box[axis]) - int(box[axis]) for axis in ("x", "y"))
    middles = ((np.arange(256) + 0.5) * SCALE).astype(int)
    return np.asarray(coloured[np.ix_(middles + top, middles + left)])
