"""Signing in by way of a real OpenID provider, and out again, in Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.signed_in import (
    expect_signed_out,
    redirect_uri,
    sign_in,
    start_provider,
    with_sign_in,
)
from tests.support.slice_editor_driver import draw, go_to, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser

ANNA, BRIEFLY = "anna@example.org", "briefly@example.org"
SQUARE = [(60, 60), (120, 60), (120, 120), (60, 120)]


@pytest.fixture(scope="module")
def sign_in_server(
    openid_provider_program: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    server = Server(new_home(tmp_path_factory.mktemp("signed")))
    provider = start_provider(openid_provider_program, redirect_uri(server))
    yield with_sign_in(server, provider.port, provider.secret).start()
    server.kill()
    provider.end()
    server.check_log()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(60_000)
    # Pages of the provider name a font of another server.
    context.route("**://fonts.googleapis.com/**", lambda route: route.abort())
    yield context
    context.close()


def opened_by(page: Page, series: DrawnSeries, person: str) -> None:
    """Open a series by its address, which asks who it is."""
    page.goto(series.address())
    expect_signed_out(page)
    sign_in(page, person)
    wait_until_drawable(page)


def test_a_person_signs_in_comes_back_to_the_address_and_draws_under_the_name_of_the_provider(
    page: Page, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "named")
    opened_by(page, series, ANNA)
    assert page.url.split("&")[0] == series.address()
    expect(page.get_by_text(ANNA)).to_be_visible()
    draw(page, SQUARE)
    wait_until_saved(page)
    (version,) = [one for one in series.store.annotation(series.uid).values() if one.mask.any()]
    assert version.person == ANNA


def test_signing_out_in_one_tab_ends_the_others(
    page: Page, context: BrowserContext, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "tabs")
    opened_by(page, series, ANNA)
    other = context.new_page()
    other.goto(series.address("review"))
    expect(other.get_by_test_id("banner")).to_be_visible()
    cookies = context.cookies(sign_in_server.url)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect_signed_out(page)
    expect_signed_out(other)
    # Whoever has kept the cookie gets nothing for it, either.
    context.add_cookies(cookies)
    page.goto(series.address())
    expect_signed_out(page)


def test_a_tab_ends_when_its_token_expires(
    page: Page, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "brief")
    opened_by(page, series, BRIEFLY)
    go_to(page, 3)
    expect_signed_out(page)
    sign_in(page, ANNA)
    wait_until_drawable(page)
