"""What a person does in the slice editor, and what the screen then says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect
from scipy.ndimage import binary_dilation, binary_erosion

Point = tuple[float, float]
"""Column and row in image pixels, the centre of the first pixel at (0.5, 0.5)."""

_LOOKS = 300  # at the screen, 50 ms and more apart, until it must show what is expected

ON_SCREEN = """() => {
  const { app } = slicewiseEditor;
  // The page makes its element anew, such as after a lost connection.
  if (slicewiseEditor.root === null) return null;
  const [, rows, columns] = app.info.shape;
  const canvas = slicewiseEditor.root.querySelector("canvas.masks");
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const [height, wide] = app.info.spacing.slice(1).map((one) => one * app.view.scale);
  const found = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = Math.floor((app.view.x + (column + 0.5) * wide) * devicePixelRatio);
      const y = Math.floor((app.view.y + (row + 0.5) * height) * devicePixelRatio);
      if (data[4 * (y * width + x) + 3] > 0) found.push(row * columns + column);
    }
  }
  return { rows, columns, found };
}"""


def stage(page: Page) -> Locator:
    """The slice to draw on."""
    return page.locator(".stage")


def wait_until_drawable(page: Page) -> None:
    """Wait until the slice is shown and takes strokes."""
    expect(page.locator('.editor[data-ready="true"]')).to_have_count(1)


def places(page: Page, points: Sequence[Point]) -> list[tuple[float, float]]:
    """Where points of the image lie in the window, in whole CSS pixels."""
    box = stage(page).bounding_box()
    assert box is not None
    view: dict[str, Any] = page.evaluate(
        "() => ({ ...slicewiseEditor.app.view, spacing: slicewiseEditor.app.info.spacing })"
    )
    _, height, width = view["spacing"]
    return [
        (
            round(box["x"] + view["x"] + column * width * view["scale"]),
            round(box["y"] + view["y"] + row * height * view["scale"]),
        )
        for column, row in points
    ]


def draw(page: Page, points: Sequence[Point]) -> None:
    """Draw a line through points with the tool that is chosen."""
    first, *rest = places(page, points)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def go_to(page: Page, number: int) -> None:
    """Click a slice, counted from 1, in the strip below the picture."""
    page.locator(f'.tick[title^="Slice {number}:"]').click()
    expect(page.locator(f'.editor[data-slice="{number}"][data-ready="true"]')).to_have_count(1)


def choose_tool(page: Page, name: str) -> None:
    """Choose a tool by its name."""
    tool = page.locator(".tools").get_by_role("button", name=name, exact=True)
    tool.click()
    expect(tool).to_have_attribute("aria-pressed", "true")


def act(page: Page, name: str) -> None:
    """Press a button of the tools that does something at once."""
    page.locator(".tools").get_by_role("button", name=name, exact=True).click()


def wait_until_saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    expect(page.locator(".save-state")).to_have_attribute("data-state", "saved")


def slice_shown(page: Page) -> int:
    """Number of the slice shown, counted from 1."""
    return int(page.locator(".editor").get_attribute("data-slice") or 0)


def mask_on_screen(page: Page) -> NDArray[np.bool_]:
    """Pixels of the slice that the screen shows in colour, bool [rows, columns]."""
    shown = page.evaluate(ON_SCREEN)
    for _ in range(_LOOKS):
        if shown is not None:
            break
        page.wait_for_timeout(50)
        shown = page.evaluate(ON_SCREEN)
    mask = np.zeros(shown["rows"] * shown["columns"], dtype=np.bool_)
    mask[shown["found"]] = True
    return mask.reshape(shown["rows"], shown["columns"])


def expect_drawn(page: Page, row: int, column: int) -> None:
    """Wait until the screen shows a pixel in colour."""
    for _ in range(_LOOKS):
        if mask_on_screen(page)[row, column]:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the screen does not show the pixel in row {row} and column {column}")


def expect_shown(page: Page, mask: NDArray[np.bool_]) -> None:
    """Wait until the screen shows exactly a mask; its outline hides the pixels beside it."""
    inside, outside = binary_erosion(mask), ~binary_dilation(mask, iterations=2)
    for _ in range(_LOOKS):
        shown = mask_on_screen(page)
        if shown[inside].all() and not shown[outside].any():
            return
        page.wait_for_timeout(50)
    missing, surplus = (inside & ~shown).sum(), (outside & shown).sum()
    raise AssertionError(f"the screen misses {missing} pixels and has {surplus} too many")
