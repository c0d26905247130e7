"""Every slice of a long series has its tick in sight, on wide and narrow pages, in both editors."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series
from tests.support.slice_editor_driver import slice_shown, wait_until_drawable
from tests.support.synthetic_series import PLACEMENTS, write_series

pytestmark = pytest.mark.browser

SLICES, SIDE = 1000, 136
NEAR_END = 5  # ticks that share the last pixels of the narrower strip
WIDTHS = (768, 1360)
DRAWN_BLUE = np.array([0, 114, 178])  # of the state "drawn" in core/annotation/states.py

# How far the last tick and the page reach beyond what is in sight, in CSS pixels.
BEYOND = """(strip) => {
  const last = strip.lastElementChild.getBoundingClientRect();
  const main = document.querySelector('[data-testid="stMain"]');
  return [last.right - strip.getBoundingClientRect().right, main.scrollWidth - main.clientWidth];
}"""


@pytest.fixture
def long_series(own_server: Server, tmp_path: Path) -> DrawnSeries:
    """A series of many slices; the one in the middle is drawn."""
    files = write_series(tmp_path / "long", PLACEMENTS[0], SLICES, SIDE, SIDE).folder.iterdir()
    series = add_series(own_server, sorted(files), "long")
    series.draw_on(SLICES // 2)
    return series


def pixels_like(page: Page, color: np.ndarray) -> int:
    """How many pixels of the strip have a colour."""
    shown = Image.open(io.BytesIO(page.locator(".strip").screenshot())).convert("RGB")
    return int((np.abs(np.asarray(shown, dtype=int) - color).max(axis=2) < 30).sum())


def click_last_tick(page: Page) -> None:
    """Click where the strip ends."""
    box = page.locator(".strip").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)


def test_the_strip_of_a_long_series_fits_the_page_and_leads_to_its_last_slice(
    page: Page, long_series: DrawnSeries
) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(long_series.address())
        wait_until_drawable(page)
        beyond_strip, beyond_page = page.locator(".strip").evaluate(BEYOND)
        assert beyond_strip <= 0.5 and beyond_page == 0, width
        assert pixels_like(page, DRAWN_BLUE) > 0, width
        click_last_tick(page)
        expect(page.locator('.editor[data-ready="true"]')).to_have_count(1)
        assert slice_shown(page) > SLICES - NEAR_END, width


def test_the_strip_beside_the_simple_canvas_fits_the_page_as_well(
    page: Page, tmp_path: Path, long_series: DrawnSeries
) -> None:
    long_series.server.editor = "simple"
    long_series.server.kill()
    long_series.server.start()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(long_series.address())
        expect(page.locator(".strip .tick")).to_have_count(SLICES)
        beyond_strip, beyond_page = page.locator(".strip").evaluate(BEYOND)
        assert beyond_strip <= 0.5 and beyond_page == 0, width
        click_last_tick(page)
        expect(page.locator(f".strip .tick.current:nth-last-child(-n + {NEAR_END})")).to_have_count(
            1
        )
