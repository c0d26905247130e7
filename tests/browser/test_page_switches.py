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

SWITCHES = 16
AROUND = ("Review", "Export", "Annotate", "Series", "Annotate", "Export", "Review", "Annotate")
WITHOUT_PICTURE = {"Export": "Create DICOM-SEG", "Series": "Try it"}
EDITOR = {"Annotate": ".editor:not(.reviewing)", "Review": ".editor.reviewing"}

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
    links = page.get_by_test_id("stTopNav")
    for place in range(SWITCHES):
        name = AROUND[place % len(AROUND)]
        links.get_by_role("link", name=name).click()
        if name in WITHOUT_PICTURE:
            expect(page.get_by_text(WITHOUT_PICTURE[name]).first).to_be_visible()
            page.locator(".editor").wait_for(state="detached")
            continue
        expect(page.locator(EDITOR[name])).to_have_count(1)
        wait_until_drawable(page)
        wait_until_true(page, BRIGHT)
        if name == "Annotate":
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
