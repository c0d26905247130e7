"""All segments in three dimensions: drawn without any network, and a click goes to a slice."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.annotation.actions import save_drawing
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser


def fill(series: DrawnSeries, slices: range) -> None:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[60:180, 60:180] = True
    for index in slices:
        save_drawing(series.store, series.uid, 1, index, mask, person=PERSON, tool="brush")


def coloured(page: Page) -> np.ndarray:
    """Rows and columns of the view, in CSS pixels, that show a surface, shape (pixels, 2)."""
    picture = page.locator(".surface-plot").screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    red, blue = pixels[..., 0], pixels[..., 2]
    # The surface is orange; the frame of the slice and the letters are a pale yellow.
    return np.argwhere((red > 60) & (blue < 0.3 * red))


def test_surfaces_are_drawn_and_a_click_goes_to_the_slice(page: Page, series: DrawnSeries) -> None:
    problems: list[str] = []
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: problems.append(str(one)))
    hosts: set[str] = set()
    page.on("request", lambda one: hosts.add(one.url.split("/")[2]))
    fill(series, range(2, 12))
    page.goto(series.address())
    wait_until_drawable(page)
    assert page.evaluate("() => typeof Plotly") == "undefined"
    page.get_by_role("button", name="3-D").click()
    expect(page.locator('.surface-plot[data-ready="true"]')).to_be_visible()
    expect(page.get_by_text("Drawn slices are opaque")).to_be_visible()
    shown = wait_until_true(page, "() => slicewiseEditor.app.surfaces.shown")
    assert [one["segment"] for one in shown["meshes"]] == [1]
    pixels = coloured(page)
    assert len(pixels) > 5000
    # The head end of the block is at the top: the last slice that is filled lies there.
    box = page.locator(".surface-plot").bounding_box()
    assert box is not None
    rows = pixels[:, 0]
    for share, wanted in ((0.9, range(3, 6)), (0.45, range(7, 13))):
        row = int(rows.min() + share * (rows.max() - rows.min()))
        column = int(np.median(pixels[rows == row, 1]))
        page.mouse.move(box["x"] + column - 5, box["y"] + row)
        page.mouse.move(box["x"] + column, box["y"] + row, steps=3)
        place = [box["x"] + column, box["y"] + row]
        click_until(page, place, wanted)
    page.get_by_role("button", name="Hide Liver").click()
    for _ in range(60):
        if not len(coloured(page)):
            break
        page.wait_for_timeout(200)
    assert not len(coloured(page))
    assert hosts == {f"127.0.0.1:{series.server.port}"}
    assert [one for one in problems if "Content Security" in one or "eval" in one] == []


def click_until(page: Page, place: list[float], wanted: range) -> None:
    """Click a place again until one of the slices, counted from 1, is shown."""
    for _ in range(60):
        page.mouse.move(place[0] - 3, place[1])
        page.mouse.move(*place)
        page.wait_for_timeout(300)
        page.mouse.click(*place)
        if page.evaluate("() => slicewiseEditor.app.slice + 1") in wanted:
            return
    raise AssertionError(f"no click led to one of the slices {wanted}")


def test_surfaces_are_drawn_again_when_the_browser_has_dropped_them(
    page: Page, series: DrawnSeries
) -> None:
    fill(series, range(2, 12))
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="3-D").click()
    expect(page.locator('.surface-plot[data-ready="true"]')).to_be_visible()
    wait_until_true(
        page,
        """() => {
          const canvases = [...slicewiseEditor.root.querySelectorAll(".surface-plot canvas")];
          window.lost = canvases
            .map((one) => one.getContext("webgl2") ?? one.getContext("webgl"))
            .filter((context) => context !== null && !context.isContextLost())
            .map((context) => context.getExtension("WEBGL_lose_context"));
          for (const one of window.lost) one.loseContext();
          return window.lost.length;
        }""",
    )
    # A browser gives a context back after the event of its loss.
    page.evaluate("() => new Promise((done) => setTimeout(done, 0))")
    page.evaluate("() => { for (const one of window.lost) one.restoreContext(); }")
    for _ in range(60):
        if len(coloured(page)) > 5000:
            return
        page.wait_for_timeout(200)
    raise AssertionError("the surfaces were not drawn again")


def test_surfaces_are_updated_when_asked_and_left_by_a_key(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    page.keyboard.press("Shift+U")
    expect(page.get_by_text("Nothing is drawn yet.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".surface-view")).to_be_hidden()
    choose_tool(page, "Brush")
    draw(page, [(100, 100), (140, 100)])
    wait_until_saved(page)
    page.keyboard.press("Shift+U")
    wait_until_true(page, "() => slicewiseEditor.app.surfaces.shown?.meshes.length === 1")
    update = page.get_by_role("button", name="update")
    expect(update).to_have_text("Update")
    page.keyboard.press("Control+z")
    expect(update).to_have_text("Masks have changed: update")
    update.click()
    wait_until_true(page, "() => slicewiseEditor.app.surfaces.shown?.meshes.length === 0")
    expect(update).to_have_text("Update")
    page.get_by_role("button", name="Back to the slices").click()
    expect(page.locator(".surface-view")).to_be_hidden()
