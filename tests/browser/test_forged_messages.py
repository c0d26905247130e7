"""Forged messages of a member of one project, with keys and names of another one: Chromium.

The keys were seen somewhere, as on a screenshot; the forger has a series and a reading in a project
of their own, and sends what the page itself would send over its own connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from core.annotation.database import reading
from core.annotation.schema import metadata
from core.projects.comments import add_comment
from core.projects.moves import move
from core.projects.records import AccessRefused, Role, WorkState
from tests.support.app_server import ROOT, Server
from tests.support.drawn_series import new_home
from tests.support.ports import free_port
from tests.support.read_twice import READERS, SeriesReadTwice, serve_read_twice
from tests.support.signed_in import give_session, new_session, with_sign_in
from tests.support.slice_editor_driver import draw, go_to, wait_until_drawable, wait_until_saved
from tests.support.stored_series import put_mask

pytestmark = pytest.mark.browser

ANNA, MALLORY = READERS[0], "mallory@example.org"
SECRET = "The lesion of segment seven"
REFUSED = str(AccessRefused())
SQUARE = [(60, 60), (120, 60), (120, 120), (60, 120)]
ICON = (ROOT / "pages" / "views" / "icon.png").read_bytes()

NAMES_ANOTHER = """(annotation) => {
  const { app } = slicewiseEditor;
  app.honest = app.setState;
  app.forged = 0;
  const forge = (name, value) => {
    app.forged += value.messages.length;
    app.honest(name, { ...value, annotation });
  };
  Object.defineProperty(app, "setState", {
    configurable: true,
    get: () => (app.honest === null ? null : forge),
    set: (honest) => (app.honest = honest),
  });
}"""
IS_HONEST_AGAIN = """() => {
  const { app } = slicewiseEditor;
  Object.defineProperty(app, "setState", { value: app.honest, writable: true });
}"""
REWRITES = """(keys) => {
  const honest = WebSocket.prototype.send;
  window.rewritten = 0;
  WebSocket.prototype.send = function (content) {
    const { buffer, byteOffset, byteLength } = content;
    let text = String.fromCharCode(...new Uint8Array(buffer, byteOffset, byteLength));
    for (const [own, theirs] of keys) {
      window.rewritten += text.split(own).length - 1;
      text = text.replaceAll(own, theirs);
    }
    honest.call(this, Uint8Array.from(text, (one) => one.charCodeAt(0)));
  };
}"""
STATUS_OF = """async ([address, method, body]) => {
  const form = new FormData();
  if (body) form.append("file", new Blob([body]), "forged.dcm");
  return (await fetch(address, { method, body: body ? form : undefined })).status;
}"""


@dataclass
class Forging:
    """A server with two projects, and what was seen of the one that mallory is no member of."""

    server: Server
    own: SeriesReadTwice
    theirs: SeriesReadTwice
    media: set[str]
    presence: set[str]
    uploads: set[str]

    def address(self, series: SeriesReadTwice, name: str = "annotate") -> str:
        """Address of a page with the first reading of a series."""
        return f"{self.server.url}/{name}?{urlencode(query(series))}"

    def rows(self, *, of: SeriesReadTwice) -> dict[str, list[Any]]:
        """Every row that names the readings of a series or its project."""
        keys = {of.first.annotation_key, of.second.annotation_key, of.project_key}
        keys.add(of.opened.key)
        with reading(of.store.database) as connection:
            return {
                name: [
                    row for row in connection.execute(select(table)) if keys & set(map(str, row))
                ]
                for name, table in metadata.tables.items()
            }


def query(series: SeriesReadTwice) -> dict[str, str]:
    """Of the address of the first reading of a series."""
    return series.query(series.first.annotation_key)


def context_of(browser: Browser, server: Server, person: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(60_000)
    give_session(context, server, new_session(server.home, person, server.url))
    return context


@pytest.fixture(scope="module")
def forging(
    browser: Browser, demo_slices: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forging]:
    """Mallory reads a series of one project; anna draws and uploads in the other one."""
    server = Server(new_home(tmp_path_factory.mktemp("forging")))
    with_sign_in(server, free_port(), "never asked").start()
    theirs = serve_read_twice(server, demo_slices[:6], {}, "theirs")
    own = serve_read_twice(server, demo_slices[6:12], {MALLORY: {Role.ANNOTATE}}, "own")
    key = theirs.first.annotation_key
    move(own.store, own.first.annotation_key, WorkState.IN_PROGRESS, MALLORY)
    move(theirs.store, key, WorkState.IN_PROGRESS, ANNA)
    mask = np.zeros((theirs.summary.rows, theirs.summary.columns), dtype=np.bool_)
    mask[60:90, 60:90] = True
    put_mask(theirs.store, key, 1, 2, mask=mask, person=ANNA)
    add_comment(theirs.store, key, SECRET, ANNA, slice_index=2, segment_number=1)
    made = Forging(server, own, theirs, set(), set(), set())
    context = context_of(browser, server, ANNA)
    page = context.new_page()
    page.on("request", lambda one: note(made, one.url.removeprefix(server.url)))
    page.goto(f"{server.url}/series")
    chooser = page.locator('[data-testid="stFileUploader"] input[type="file"]').first
    chooser.set_input_files(demo_slices[:1])
    expect(page.locator('[data-testid="stFileChipIconSpinner"]')).to_have_count(0)
    expect(page.locator('[data-testid="stFileChip"]')).to_have_count(1)
    page = context.new_page()
    page.on("request", lambda one: note(made, one.url.removeprefix(server.url)))
    page.goto(made.address(theirs))
    wait_until_drawable(page)
    page.goto(made.address(theirs, "export"))
    expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    page.goto(made.address(theirs))
    wait_until_drawable(page)
    expect(page.locator(".tick.commented")).to_have_count(1)
    for _ in range(300):
        if made.presence:
            break
        page.wait_for_timeout(100)
    yield made
    context.close()
    server.kill()
    server.check_log()


def note(made: Forging, path: str) -> None:
    """Keep what a browser of the other project asks for."""
    if path.startswith("/media/"):
        made.media.add(path)
    elif path.startswith("/people-here"):
        made.presence.add(path)
    elif "/upload_file/" in path:
        made.uploads.add(path)


@pytest.fixture
def page(browser: Browser, forging: Forging) -> Iterator[Page]:
    """Mallory's reading, open in the editor."""
    context = context_of(browser, forging.server, MALLORY)
    page = context.new_page()
    page.goto(forging.address(forging.own))
    wait_until_drawable(page)
    yield page
    context.close()


def wait_until_forged(page: Page) -> None:
    """Wait until a stroke was sent twice: the first time, it got no answer."""
    page.wait_for_function("() => slicewiseEditor.app.forged >= 2")


@pytest.mark.parametrize("by", ["annotation", "series"])
def test_strokes_that_name_another_reading_are_stored_nowhere(
    page: Page, forging: Forging, by: str
) -> None:
    theirs, own = forging.rows(of=forging.theirs), forging.rows(of=forging.own)
    item, opened = forging.theirs.first, forging.theirs.opened
    key = f"{opened.key}.{item.annotation_key}" if by == "series" else item.annotation_key
    number = 3 if by == "series" else 5
    go_to(page, number)
    page.evaluate(NAMES_ANOTHER, key)  # from then on, no picture is sent either
    draw(page, SQUARE)
    wait_until_forged(page)
    expect(page.locator(".save-state")).not_to_have_attribute("data-state", "saved")
    assert forging.rows(of=forging.theirs) == theirs
    assert forging.rows(of=forging.own)["mask_version"] == own["mask_version"]
    page.evaluate(IS_HONEST_AGAIN)
    wait_until_saved(page)
    assert forging.own.store.slice(forging.own.first.annotation_key, 1, number - 1).pixels
    assert forging.rows(of=forging.theirs) == theirs


def test_an_address_that_is_exchanged_behind_the_page_gives_nothing_away(
    page: Page, forging: Forging
) -> None:
    theirs = forging.rows(of=forging.theirs)
    page.evaluate(
        "(query) => history.replaceState(null, '', `?${query}`)", urlencode(query(forging.theirs))
    )
    draw(page, SQUARE)
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.get_by_text(REFUSED).or_(page.get_by_text("to review").first).first).to_be_visible()
    assert SECRET not in page.content()
    assert forging.rows(of=forging.theirs) == theirs
    page.reload()
    expect(page.get_by_text(REFUSED)).to_be_visible()
    expect(page.locator(".editor, .tick")).to_have_count(0)


@pytest.mark.parametrize("by", ["annotation", "series and annotation"])
def test_a_comment_whose_message_names_another_reading_does_not_reach_it(
    page: Page, forging: Forging, by: str
) -> None:
    theirs = forging.rows(of=forging.theirs)
    page.get_by_role("button", name="Comments").click()
    page.get_by_role("textbox", name="New comment").fill("forged")
    names = by.split(" and ")
    keys = [[query(forging.own)[name], query(forging.theirs)[name]] for name in names]
    # Keys are of one length, so that the message stays one that the server can read.
    assert all(len(mine) == len(other) for mine, other in keys)
    page.evaluate(REWRITES, keys)
    page.get_by_role("button", name="Add comment").click()
    expect(page.get_by_text(REFUSED).first).to_be_visible()
    assert page.evaluate("() => window.rewritten") > 0
    assert SECRET not in page.content()
    assert forging.rows(of=forging.theirs) == theirs


@pytest.mark.parametrize("name", ["annotate", "review", "export", "compare"])
def test_own_and_foreign_keys_in_one_address_are_refused(
    page: Page, forging: Forging, name: str
) -> None:
    own, theirs = query(forging.own), query(forging.theirs)
    for mixed in (own | {"annotation": theirs["annotation"]}, own | {"series": theirs["series"]}):
        page.goto(f"{forging.server.url}/{name}?{urlencode(mixed)}")
        expect(page.get_by_text(REFUSED)).to_be_visible()
        assert SECRET not in page.content()


def test_nothing_is_served_to_the_connection_of_another_project(
    page: Page, forging: Forging
) -> None:
    assert forging.media and forging.presence and forging.uploads
    for path in forging.presence:
        assert page.evaluate(STATUS_OF, [path, "POST", ""]) == 404
    statuses = {
        page.evaluate(STATUS_OF, [path, "GET", ""])
        for path in forging.media
        if page.request.get(forging.server.url + path).body() != ICON
    }
    assert statuses <= {404}
    for path in forging.uploads:
        assert page.evaluate(STATUS_OF, [path, "PUT", "forged"]) >= 400
        assert page.evaluate(STATUS_OF, [path, "DELETE", ""]) >= 400
