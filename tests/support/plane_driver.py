"""What a person does on a plane across the slices in the large view of the slice editor."""

from collections.abc import Sequence
from typing import Literal

from playwright.sync_api import Page, expect

from tests.support.page_conditions import wait_until_true

Axis = Literal["row", "column"]

_VIEW = """(axis) => {
  const { app, root } = slicewiseEditor;
  const { upright, shape, spacing } = app.info;
  const box = root.querySelector(".plane-stage").getBoundingClientRect();
  const { view } = app.planeViews[axis];
  return {
    x: box.x + view.x, y: box.y + view.y, scale: view.scale, slices: shape[0], distance: spacing[0],
    step: axis === "row" ? spacing[2] : spacing[1], flipped: upright[axis][0].startsWith("F"),
  };
}"""


def enlarge(page: Page, axis: Axis) -> None:
    """Show a plane in the large view, and wait until its pixels have come."""
    page.locator(f'[data-do="large-{axis}"]').click()
    wait_until_here(page, axis)


def wait_until_here(page: Page, axis: Axis) -> None:
    """Wait until the large view shows the plane at the place chosen."""
    expect(page.locator(f'.plane-view[data-axis="{axis}"][data-ready="true"]')).to_be_visible()


def show_at(page: Page, axis: Axis, index: int) -> None:
    """Move the plane to a row or column of the slices, counted from 0."""
    page.evaluate(
        """([axis, index]) => {
          const { app } = slicewiseEditor;
          app.cross = app.cross.with(axis === "row" ? 0 : 1, index);
        }""",
        [axis, index - 1],
    )
    page.locator(".plane-stage").hover()
    page.mouse.wheel(0, 60)
    wait_until_true(
        page,
        "([axis, index]) => slicewiseEditor.app.planes[axis]?.index === index",
        [axis, index],
    )
    wait_until_here(page, axis)


def places(page: Page, axis: Axis, points: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """Where points lie in the window: pixel along the plane, and slice counted from 0.

    Half a slice is the face between two; slices lie evenly.
    """
    view = page.evaluate(_VIEW, axis)
    found = []
    for along, slice_index in points:
        at = view["slices"] - 1 - slice_index if view["flipped"] else slice_index
        depth = (at + 0.5) * view["distance"]
        found.append(
            (
                round(view["x"] + along * view["step"] * view["scale"]),
                round(view["y"] + depth * view["scale"]),
            )
        )
    return found


def draw_on_plane(page: Page, axis: Axis, points: Sequence[tuple[float, float]]) -> None:
    """Draw a line through points of the plane with the tool that is chosen."""
    first, *rest = places(page, axis, points)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
