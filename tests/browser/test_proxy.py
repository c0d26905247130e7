"""The whole way through nginx, set up as deploy/ has it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.drawn_series import DrawnSeries
from tests.support.nginx import nginx_in_front
from tests.support.slice_editor_driver import draw, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser


def test_a_person_draws_through_the_proxy(
    browser: Browser, series: DrawnSeries, tmp_path: Path
) -> None:
    with nginx_in_front(tmp_path, [series.server.port]) as port:
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(series.address().replace(series.server.url, f"https://127.0.0.1:{port}"))
        wait_until_drawable(page)
        draw(page, [(100, 100), (140, 100)])
        wait_until_saved(page)
        expect(page.locator(".save-state")).to_have_text("saved")
        context.close()
    assert any(one.pixels for one in series.store.annotation(series.uid).values())
