"""On a fresh server, every address leads through the same gate."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.app_server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(params=["", "worklist", "annotate", "review", "export", "project"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server that nobody has visited, and the address to visit first."""
    server = Server(tmp_path / "home").start()
    yield server, f"{server.url}/{request.param}"
    server.kill()


def test_the_first_visit_asks_who_is_working_and_then_shows_the_page(
    page: Page, context: BrowserContext, fresh: tuple[Server, str]
) -> None:
    server, address = fresh
    page.goto(address)
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    expect(page.get_by_text("not a medical device")).to_be_visible()
    expect(page.get_by_role("link", name="Series")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)
    assert not (server.home / "opened").exists()
    page.get_by_role("textbox", name="Your name or initials").fill("A Person")
    page.get_by_role("button", name="Start").click()
    of_projects = address.endswith(("project", "worklist"))
    shown = "You are in no project yet" if of_projects else "No series"
    expect(page.get_by_text(shown)).to_be_visible()
    assert page.url == address or page.url == address + "/"
