"""The tour of the first visit: beside everything else, and closed for good."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.app_server import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has visited."""
    server = Server(tmp_path / "home").start()
    yield server
    server.kill()


def overlap(one: Locator, other: Locator) -> bool:
    first, second = one.bounding_box(), other.bounding_box()
    assert first is not None and second is not None
    across = min(first["x"] + first["width"], second["x"] + second["width"]) - max(
        first["x"], second["x"]
    )
    down = min(first["y"] + first["height"], second["y"] + second["height"]) - max(
        first["y"], second["y"]
    )
    return across > 0 and down > 0


def test_the_tour_goes_along_covers_nothing_and_is_closed_for_good(
    page: Page, fresh: Server
) -> None:
    page.goto(fresh.url)
    page.get_by_role("textbox", name="Your name or initials").fill("A Person")
    page.get_by_role("button", name="Start").click()
    tour = page.locator(".st-key-tour")
    expect(tour).to_contain_text("1 of 5 · Find a series")
    page.get_by_role("button", name="Open the demonstration series").click()
    expect(tour).to_contain_text("2 of 5 · Name a structure")
    expect(page.locator(".st-key-look img")).to_be_visible()
    for width, height in ((1280, 720), (768, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        for other in (
            page.locator(".st-key-look"),
            page.get_by_test_id("banner"),
            page.get_by_role("link", name="Series"),
            page.get_by_role("link", name="Export"),
        ):
            expect(other).to_be_visible()
            assert not overlap(tour, other)
    page.reload()
    expect(tour).to_contain_text("2 of 5")
    page.get_by_role("button", name="Close tour").click()
    expect(tour).to_have_count(0)
    page.reload()
    expect(page.get_by_text("What do you want to annotate?")).to_be_visible()
    expect(tour).to_have_count(0)
    page.goto(fresh.url)
    page.get_by_role("button", name="Show the tour").click()
    expect(tour).to_contain_text("1 of 5")
