"""After a reload, and in a new tab, a person finds the series as they left it."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.segments.segment import Segment, default_color
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.segments import ANATOMY, SPLEEN
from tests.support.slice_editor_driver import choose_tool, go_to, wait_until_drawable

pytestmark = pytest.mark.browser


def expect_as_left(page: Page) -> None:
    wait_until_drawable(page)
    expect(page.locator('.editor[data-slice="4"]')).to_have_count(1)
    expect(page.locator('.segments [aria-checked="true"]')).to_contain_text("Spleen")
    tool = page.locator(".tools").get_by_role("button", name="Polygon", exact=True)
    expect(tool).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".windows")).to_have_value("Lung")


def wait_until_kept(page: Page, series: DrawnSeries) -> None:
    """Wait until the server has kept the view; nothing on the page tells of it."""
    for _ in range(1200):
        views = [json.loads(path.read_text()) for path in (series.server.home / "views").iterdir()]
        if any((view["slice"], view["tool"]) == (3, "polygon") for view in views):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the view was not kept within a minute")


def test_segment_slice_tool_and_window_are_restored(
    page: Page, context: BrowserContext, series: DrawnSeries
) -> None:
    spleen = Segment(2, "Spleen", default_color(2), ANATOMY, SPLEEN)
    series.store.save_segment(series.uid, spleen, PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    page.locator(".segments").get_by_role("radio", name="Spleen").click()
    choose_tool(page, "Polygon")
    page.locator(".windows").select_option("Lung")
    go_to(page, 4)
    wait_until_kept(page, series)
    page.reload()
    expect_as_left(page)
    page.close()
    other = context.new_page()
    other.goto(series.address())
    expect_as_left(other)
