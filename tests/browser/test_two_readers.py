"""Two people read a series without seeing each other's masks, and a third adjudicates, in Chromium.

All of them sign in by way of a real OpenID provider.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import pydicom
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.projects.moves import move
from core.projects.readings import visible_readings
from core.projects.records import Role, WorkState
from tests.support.app_server import Server
from tests.support.read_twice import READERS, SeriesReadTwice, serve_read_twice
from tests.support.signed_in import expect_signed_out, sign_in
from tests.support.slice_editor_driver import (
    Point,
    choose_tool,
    draw,
    go_to,
    slice_shown,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

ANNA, BEN = READERS
RITA = "rita@example.org"
PAGES = ("annotate", "review", "export", "compare")
REFUSED = "This does not exist, or you may not do this; ask your administrator."
SQUARE = [(60, 60), (120, 60), (120, 120), (60, 120)]
LARGER = [(60, 60), (150, 60), (150, 150), (60, 150)]


@pytest.fixture(scope="module")
def twice(sign_in_server: Server, demo_slices: list[Path]) -> SeriesReadTwice:
    series = serve_read_twice(sign_in_server, demo_slices, {RITA: {Role.REVIEW}})
    for item, person in ((series.first, ANNA), (series.second, BEN)):
        move(series.store, item.annotation_key, WorkState.IN_PROGRESS, person)
    return series


def address(
    server: Server, series: SeriesReadTwice, annotation_key: str, page: str = "annotate"
) -> str:
    """Address of a page with one of the readings."""
    return f"{server.url}/{page}?{urlencode(series.query(annotation_key))}"


def new_context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme="light")
    context.set_default_timeout(60_000)
    # Pages of the provider name a font of another server.
    context.route("**://fonts.googleapis.com/**", lambda route: route.abort())
    return context


def come(page: Page, address: str, person: str) -> None:
    """Sign in by an address, which asks who it is."""
    page.goto(address)
    expect_signed_out(page)
    sign_in(page, person)


def expect_nothing_of(
    page: Page, server: Server, series: SeriesReadTwice, annotation_key: str
) -> None:
    """Try the address of every page with a reading: all refuse it by the same sentence."""
    for name in PAGES:
        page.goto(address(server, series, annotation_key, name))
        expect(page.get_by_text(REFUSED)).to_be_visible()
        expect(page.locator(".editor, .comparison, [data-testid=stDownloadButton]")).to_have_count(
            0
        )


def draw_square(page: Page, number: int, corners: Sequence[Point]) -> None:
    """Draw round a square with the outline tool on a slice."""
    go_to(page, number)
    choose_tool(page, "Outline")
    draw(page, [*corners, corners[0]])
    wait_until_saved(page)


def test_two_people_read_blinded_and_a_third_adjudicates(
    browser: Browser, sign_in_server: Server, twice: SeriesReadTwice
) -> None:
    first, second = twice.first.annotation_key, twice.second.annotation_key
    store = twice.store
    people: dict[str, BrowserContext] = {}
    for person, own, other, corners in (
        (ANNA, first, second, SQUARE),
        (BEN, second, first, LARGER),
    ):
        people[person] = new_context(browser)
        page = people[person].new_page()
        come(page, address(sign_in_server, twice, own), person)
        wait_until_drawable(page)
        draw_square(page, 5, SQUARE)
        draw_square(page, 6, corners)
        draw_square(page, 7, corners)
        expect_nothing_of(page, sign_in_server, twice, other)
        page.goto(address(sign_in_server, twice, own, "compare"))
        expect(page.get_by_text("You may see one reading of this series")).to_be_visible()
        expect(page.locator(".comparison")).to_have_count(0)
        move(store, own, WorkState.TO_REVIEW, person)
    people[RITA] = new_context(browser)
    page = people[RITA].new_page()
    come(page, address(sign_in_server, twice, first, "compare"), RITA)
    final = adjudicate(page, twice)
    page.goto(address(sign_in_server, twice, final, "export"))
    expect_exported(page)
    # Now both readers may see how it was decided.
    page = people[ANNA].pages[0]
    page.goto(address(sign_in_server, twice, second, "compare"))
    expect(page.get_by_text("The adjudication of this series is done.")).to_be_visible()
    for context in people.values():
        context.close()


def adjudicate(page: Page, series: SeriesReadTwice) -> str:
    """See how far both readings agree, and decide about the rest; returns the key of the third."""
    place = page.locator(".comparison .place")
    expect(place).to_contain_text(re.compile(r"Slice [67] of 14 · Dice 0\.\d\d"))
    for outline in ("path.first", "path.second"):
        expect(page.locator(outline)).to_have_attribute("d", re.compile("^M"))
    expect_window_name_whole(page)
    page.get_by_role("button", name="Begin adjudication").click()
    count = page.locator(".comparison .count")
    expect(count).to_have_text("2 to decide")
    expect(page.get_by_role("button", name="Done")).to_be_disabled()
    page.keyboard.press("2")
    expect(page.get_by_text("1 slice left to decide")).to_be_visible()
    page.keyboard.press("Control+z")
    page.keyboard.press("n")
    expect(page.get_by_text("2 slices left to decide")).to_be_visible()
    expect(count).to_have_text("2 to decide")
    expect(place).to_contain_text("Slice 6 of 14")
    page.keyboard.press("1")
    expect(place).to_contain_text("Slice 7 of 14")
    expect(page.get_by_text("1 slice left to decide")).to_be_visible()
    (final,) = [
        one.annotation_key
        for one in visible_readings(series.store, series.first.annotation_key, RITA)
        if one.reading == 3
    ]
    page.keyboard.press("d")
    wait_until_drawable(page)
    assert f"annotation={final}" in page.url
    choose_tool(page, "Outline")
    draw(page, [*LARGER, LARGER[0]])
    wait_until_saved(page)
    drawn = series.store.slice(final, 1, slice_shown(page) - 1)
    assert (drawn.person, drawn.tool) == (RITA, "outline")
    page.get_by_role("button", name="Compare readings").click()
    expect(page.get_by_text("All slices are decided.")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("The adjudication of this series is done.")).to_be_visible()
    return final


def expect_window_name_whole(page: Page) -> None:
    """The menu of windows shows the whole name of the chosen one, also in a small window."""
    usual = page.viewport_size
    assert usual is not None
    page.set_viewport_size({"width": 1280, "height": 720})
    menu = page.locator('.comparison [data-choose="window"]')
    expect(menu).to_have_value(re.compile("^From the file"))
    for longest in (False, True):
        # Beside it, for a moment, one that shows the same and is as wide as this needs.
        needed, width = menu.evaluate(
            """(menu, longest) => {
                const names = [...menu.options].map((one) => one.text);
                const name = longest ? names.sort((a, b) => b.length - a.length)[0] : menu.value;
                const alone = document.createElement("select");
                alone.append(new Option(name, name));
                alone.style.cssText = "width: max-content; position: absolute; visibility: hidden";
                menu.after(alone);
                const needed = alone.offsetWidth;
                alone.remove();
                return [needed, menu.offsetWidth];
            }""",
            longest,
        )
        assert width >= needed
    page.set_viewport_size(usual)


def expect_exported(page: Page) -> None:
    """Export all three readings: each file says who drew it."""
    page.get_by_text("All that you may see, a file each").click()
    page.get_by_role("button", name="Create DICOM-SEG").click()
    button = page.get_by_role("button", name=re.compile("^Download .*readings"))
    with page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        written = {
            name: pydicom.dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()
        }
    creators = {name: str(one.ContentCreatorName) for name, one in written.items()}
    assert creators == {
        "reading-1.dcm": f"{ANNA}^",
        "reading-2.dcm": f"{BEN}^",
        "adjudicated.dcm": f"{RITA}^",
    }
    operators = [
        str(item.OperatorsName)
        for item in written["adjudicated.dcm"].ContributingEquipmentSequence
        if "OperatorsName" in item
    ]
    assert ANNA in operators[0] and BEN in operators[0]
    assert operators[-1] == f"{RITA}^"
