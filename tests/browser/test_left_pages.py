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
def page(browser: Browser, chromium: str, series: DrawnSeries) -> Iterator[Page]:
    """A drawn series in a browser as people have it: Playwright's keeps no page that was left."""
    series.draw_on(3)  # so that there is something to export
    keeping = browser.browser_type.launch(
        executable_path=chromium,
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = keeping.new_page(viewport={"width": 1360, "height": 900})
    page.goto(series.address())
    wait_until_drawable(page)
    yield page
    keeping.close()


def test_a_series_that_was_left_by_the_address_bar_is_not_open_in_another_tab(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address("export"))
    expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    page.goto(series.address())
    wait_until_drawable(page)
    page.wait_for_timeout(SEEN_MS)
    expect(page.locator(".people")).to_be_empty()


def test_the_back_button_leads_to_a_page_that_is_asked_for_anew(
    page: Page, series: DrawnSeries
) -> None:
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
