"""A server that is told to stop stores first what it has proposed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.annotation.states import SliceState
from tests.support.app_server import Server
from tests.support.drawn_series import add_series, new_home
from tests.support.slice_editor_driver import wait_until_drawable

pytestmark = pytest.mark.browser

PROPOSING_MS = 400_000  # the model is compiled first


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(new_home(tmp_path))
    yield server.start()
    server.kill()
    server.check_log()


def test_what_was_proposed_is_stored_before_the_server_ends(
    page: Page, server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(server, demo_slices, "shutdown")
    for number in (3, 12):
        series.draw_on(number)
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="Propose", exact=True).click()
    expect(page.locator(".strip .tick.proposed").first).to_be_attached(timeout=PROPOSING_MS)
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)
    states = {one.state for one in series.store.annotation(series.uid).values()}
    assert SliceState.PROPOSED in states
