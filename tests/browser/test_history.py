"""Going back and forward between pages, and opening an address again."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.slice_editor_driver import go_to, wait_until_drawable

pytestmark = pytest.mark.browser

_SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app?.getAttribute("data-test-script-state") === "notRunning";
}"""


def visit(page: Page, name: str) -> None:
    """Go to a page by the navigation on top."""
    page.get_by_role("link", name=name, exact=True).click()
    expect_page(page, name)


def expect_page(page: Page, name: str) -> None:
    """Wait until a page is there, and has named its series in its address."""
    path = {"Series": r"/(\?.*)?$"}.get(name, rf"/{name.lower()}\?series=")
    expect(page).to_have_url(re.compile(path))
    shown = {"Series": "Try it", "Export": "Create DICOM-SEG", "Annotate": None}[name]
    if shown is None:
        wait_until_drawable(page)
    else:
        expect(page.get_by_text(shown).first).to_be_visible()
    wait_until_true(page, _SETTLED)


def test_back_and_forward_take_one_press_for_each_page(page: Page, series: DrawnSeries) -> None:
    series.draw_on(4)
    page.goto(series.address())
    expect_page(page, "Annotate")
    visit(page, "Export")
    visit(page, "Series")
    visit(page, "Annotate")
    for name in ("Series", "Export", "Annotate"):
        page.go_back()
        expect_page(page, name)
    for name in ("Export", "Series"):
        page.go_forward()
        expect_page(page, name)


def test_an_address_opens_its_series_and_slice(
    page: Page, context: BrowserContext, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 5)
    expect(page).to_have_url(re.compile(r"[?&]slice=5$"))
    address = page.url
    assert re.fullmatch(rf"{series.server.url}/annotate\?series={series.key}&slice=5", address)
    page.reload()
    expect(page.locator('.editor[data-slice="5"][data-ready="true"]')).to_have_count(1)
    go_to(page, 2)
    expect(page).to_have_url(re.compile(r"[?&]slice=2$"))
    other = context.new_page()
    other.goto(address)
    expect(other.locator('.editor[data-slice="5"][data-ready="true"]')).to_have_count(1)
