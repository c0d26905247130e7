"""A browser that keeps pages for its back button: nothing of a page that was left stays open."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FLAGS
from tests.support.drawn_series import DrawnSeries
from tests.support.slice_editor_driver import (
    draw,
    expect_drawn,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

SEEN_MS = 3_000  # editors ask every second who else is here


@pytest.fixture
def keeping_page(browser: Browser, chromium: str) -> Iterator[Page]:
    """A page of a browser as people have it: Playwright's keeps no page that was left."""
    keeping = browser.browser_type.launch(
        executable_path=chromium,
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield keeping.new_page(viewport={"width": 1360, "height": 900})
    keeping.close()


def test_a_series_that_was_left_by_the_address_bar_is_not_open_in_another_tab(
    keeping_page: Page, series: DrawnSeries
) -> None:
    page = keeping_page
    series.draw_on(3)  # so that there is something to export
    page.goto(series.address())
    wait_until_drawable(page)
    page.goto(series.address("export"))
    expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    page.goto(series.address())
    wait_until_drawable(page)
    page.wait_for_timeout(SEEN_MS)
    expect(page.locator(".people")).to_be_empty()


def test_the_back_button_leads_to_a_page_that_is_asked_for_anew(
    keeping_page: Page, series: DrawnSeries
) -> None:
    page = keeping_page
    series.draw_on(3)  # so that there is something to export
    page.goto(series.address())
    wait_until_drawable(page)
    page.evaluate("() => { globalThis.isKept = true; }")
    page.goto(series.address("export"))
    expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    page.go_back()
    wait_until_drawable(page)
    assert page.evaluate("() => globalThis.isKept === undefined")
    go_to(page, 5)
    draw(page, [(60, 60), (120, 60)])
    wait_until_saved(page)
    expect_drawn(page, 60, 90)
