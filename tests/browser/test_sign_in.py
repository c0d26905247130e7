"""Signing in by way of a real OpenID provider, and out again, in Chromium."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.audit.entries import read_entries
from tests.support.app_server import Server
from tests.support.browser_connection import Connection
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.page_conditions import wait_until_true
from tests.support.signed_in import (
    expect_signed_out,
    give_session,
    new_session,
    sign_in,
    with_sign_in,
)
from tests.support.slice_editor_driver import draw, go_to, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser

ANNA, BOB, BRIEFLY = "anna@example.org", "bob@example.org", "briefly@example.org"
PROPOSING_MS = 400_000  # the model is compiled first
KEPT = "() => Object.keys(sessionStorage).filter((name) => name.startsWith('slicewise.unsaved.'))"
# As on a page that is being left: nothing is sent.
BRIEF_S = 60.0  # as the provider lets people in whose names begin with "brief"
A_MINUTE_S = 60.0
UNSENT = """() => {
  Object.defineProperty(slicewiseEditor.app, "setState", { get: () => null, set() {} });
}"""
SQUARE = [(60, 60), (120, 60), (120, 120), (60, 120)]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(60_000)
    # Pages of the provider name a font of another server.
    context.route("**://fonts.googleapis.com/**", lambda route: route.abort())
    yield context
    context.close()


def opened_by(page: Page, series: DrawnSeries, person: str) -> float:
    """Open a series by its address, which asks who it is; returns when the person signed in."""
    page.goto(series.address())
    expect_signed_out(page)
    sign_in(page, person)
    page.wait_for_url(f"{series.address()}**")
    signed_in = time.monotonic()
    wait_until_drawable(page)
    return signed_in


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
    recorded = [(entry.action, entry.person) for entry in read_entries(series.store.database)]
    assert ("signed in", ANNA) in recorded
    assert ("series opened", ANNA) in recorded


def test_signing_out_in_one_tab_ends_the_others(
    page: Page, context: BrowserContext, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "tabs")
    opened_by(page, series, ANNA)
    other = context.new_page()
    other.goto(series.address("review"))
    expect(other.get_by_test_id("banner")).to_be_visible()
    # Playwright gives cookies with another type than it takes.
    cookies: Any = context.cookies(sign_in_server.url)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect_signed_out(page, A_MINUTE_S)
    expect_signed_out(other, A_MINUTE_S)
    # Whoever has kept the cookie gets nothing for it, either.
    context.add_cookies(cookies)
    page.goto(series.address())
    expect_signed_out(page)


def test_a_tab_ends_within_a_minute_after_its_token_has_expired(
    page: Page, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "brief")
    signed_in = opened_by(page, series, BRIEFLY)
    go_to(page, 3)
    left_s = signed_in + BRIEF_S - time.monotonic()
    expect_signed_out(page, max(left_s, 0) + A_MINUTE_S)
    sign_in(page, ANNA)
    wait_until_drawable(page)


def come_as(page: Page, series: DrawnSeries, person: str) -> None:
    """Open the series in the same tab, with a new sign-in of somebody."""
    become(page, series.server, person)
    page.goto(series.address())
    wait_until_drawable(page)


def become(page: Page, server: Server, person: str, origin: str = "") -> None:
    """Put a new sign-in of somebody in the place of the one that the browser has."""
    page.context.clear_cookies()
    give_session(page.context, server, new_session(server.home, person, origin or server.url))


def drawn_by(series: DrawnSeries) -> list[tuple[int, str]]:
    """Slices with a mask, and who drew it."""
    versions = series.store.annotation(series.uid).values()
    return sorted((one.slice_index, one.person) for one in versions if one.mask.any())


def test_what_a_tab_could_not_send_is_kept_for_its_person_and_is_nobody_elses(
    page: Page, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "unsent")
    page.on("dialog", lambda dialog: dialog.accept())
    come_as(page, series, ANNA)
    go_to(page, 3)
    page.evaluate(UNSENT)
    draw(page, SQUARE)
    wait_until_true(page, f"() => ({KEPT})().length === 1")
    come_as(page, series, BOB)
    assert page.evaluate("() => slicewiseEditor.app.annotation.unsaved().length") == 0
    go_to(page, 5)
    draw(page, SQUARE)
    wait_until_saved(page)
    assert drawn_by(series) == [(4, BOB)]
    come_as(page, series, ANNA)
    wait_until_saved(page)
    assert drawn_by(series) == [(2, ANNA), (4, BOB)]
    assert page.evaluate(KEPT) == []


def test_a_tab_that_comes_back_under_another_sign_in_sends_nothing_of_before(
    page: Page, tmp_path: Path, demo_slices: list[Path]
) -> None:
    server = Server(new_home(tmp_path))
    connection = Connection(server.port)
    origin = f"http://127.0.0.1:{connection.port}"
    with_sign_in(server, 1, "no provider answers", origin).start()
    try:
        series = add_series(server, demo_slices, "back")
        become(page, server, ANNA, origin)
        page.goto(f"{origin}/annotate?series={series.key}")
        wait_until_drawable(page)
        go_to(page, 3)
        connection.cut()
        draw(page, SQUARE)
        expect(page.locator(".save-state")).to_have_attribute("data-state", "offline")
        annas = page.evaluate("() => slicewiseEditor.app.info.owner")
        become(page, server, BOB, origin)
        connection.mend()
        wait_until_true(page, "(owner) => slicewiseEditor.app.info.owner !== owner", annas)
        wait_until_drawable(page)
        go_to(page, 5)
        draw(page, SQUARE)
        wait_until_saved(page)
        assert drawn_by(series) == [(4, BOB)]
    finally:
        connection.close()
        server.kill()
    server.check_log()


def test_signing_out_clears_what_the_browser_keeps(
    page: Page, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "cleared")
    come_as(page, series, ANNA)
    page.evaluate(
        "() => { sessionStorage.setItem('slicewise.unsaved.x', '1');"
        " localStorage.setItem('slicewise.editor', '{}'); }"
    )
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").or_(
        page.get_by_role("button", name="Yes, sign me out")
    ).wait_for()
    page.goto(series.address())
    expect_signed_out(page)
    assert page.evaluate("() => sessionStorage.length + localStorage.length") == 0


def test_proposals_are_stored_under_the_name_of_who_asked_for_them(
    page: Page, sign_in_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(sign_in_server, demo_slices, "proposed")
    come_as(page, series, ANNA)
    go_to(page, 5)
    draw(page, SQUARE)
    wait_until_saved(page)
    page.get_by_role("button", name="Propose", exact=True).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PROPOSING_MS)
    assert {person for _, person in drawn_by(series)} == {ANNA}
    assert len(drawn_by(series)) > 1
