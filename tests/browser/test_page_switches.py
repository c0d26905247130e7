"""The picture after pages were switched, and after the browser dropped what was on it."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    expect_shown,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

BRIGHT = """() => [".stage canvas.image", ".plane"].every((selector) =>
  [...slicewiseEditor.root.querySelectorAll(selector)].every((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, place) => place % 4 === 0 && value > 60);
  }))"""


def test_the_picture_is_there_after_every_switch_of_pages(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    choose_tool(page, "Brush")
    draw(page, [(100, 100), (120, 100)])
    wait_until_saved(page)
    number = page.evaluate("() => slicewiseEditor.app.slice + 1")
    for _ in range(10):
        page.get_by_role("link", name="Export").click()
        page.locator(".editor").wait_for(state="detached")
        page.get_by_role("link", name="Annotate").click()
        wait_until_drawable(page)
        wait_until_true(page, BRIGHT)
        expect_shown(page, series.mask(number))


def test_the_picture_is_drawn_again_when_the_browser_has_dropped_it(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 5)
    choose_tool(page, "Brush")
    draw(page, [(100, 100), (120, 100)])
    wait_until_saved(page)
    page.evaluate(
        """() => {
          for (const canvas of slicewiseEditor.root.querySelectorAll(".stage canvas, .plane")) {
            canvas.width = canvas.width;
            canvas.dispatchEvent(new Event("contextrestored"));
          }
        }"""
    )
    wait_until_true(page, BRIGHT)
    expect_shown(page, series.mask(5))
    expect(page.locator('.editor[data-slice="5"]')).to_have_count(1)
