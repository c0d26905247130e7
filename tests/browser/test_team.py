"""Three people take a series from upload to done, and people of other projects get nothing of it.

All of them sign in by way of a real OpenID provider.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from core.projects.comments import comments_on
from core.projects.members import remove_member, set_roles
from core.projects.projects import create_project
from core.projects.protocols import set_protocol
from core.projects.records import AccessRefused, Role, WorkItem, WorkState
from core.projects.worklist import worklist
from core.segments.label_lists import read_label_list
from tests.support.app_server import ROOT, Server
from tests.support.raw_requests import ask
from tests.support.signed_in import give_session, new_session, sign_in
from tests.support.slice_editor_driver import draw, go_to, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser

ADA, ANNA, RITA, MALLORY = (f"{name}@example.org" for name in ("ada", "anna", "rita", "mallory"))
REFUSED = str(AccessRefused())
SQUARE = [(60, 60), (120, 60), (120, 120), (60, 120)]
LABELS = b"label,code,scheme,meaning,instructions\nLiver,10200004,SCT,Liver,With the caudate lobe\n"
ICON = (ROOT / "pages" / "views" / "icon.png").read_bytes()
_LOOKS = 300
SAID = "The tip of the left lobe is missing."


@dataclass
class Team:
    """A server, its store, and the project of three people in it."""

    server: Server
    store: AnnotationStore
    project_key: str
    media: set[str] = field(default_factory=set)
    editors: set[str] = field(default_factory=set)

    def page(self, name: str) -> str:
        """Address of a page of the project."""
        return f"{self.server.url}/{name}?{urlencode({'project': self.project_key})}"

    def item(self) -> WorkItem:
        """The only reading of the project."""
        (line,) = worklist(self.store, self.project_key, ADA)
        return line.item

    def query(self) -> dict[str, str]:
        """Of the address of the reading."""
        item = self.item()
        return {"series": item.opened_key, "annotation": item.annotation_key}

    def state(self) -> WorkState:
        """Of the reading."""
        return self.item().state

    def wait_for(self, page: Page, state: WorkState) -> None:
        """Wait until the reading has a state."""
        for _ in range(_LOOKS):
            if self.state() is state:
                return
            page.wait_for_timeout(100)
        raise AssertionError(f"the reading is {self.state()}")


@pytest.fixture(scope="module")
def team(sign_in_server: Server) -> Iterator[Team]:
    store = AnnotationStore(default_url(sign_in_server.home))
    key = create_project(store, "Livers", ADA).key
    set_roles(store, key, ANNA, {Role.ANNOTATE}, ADA)
    set_roles(store, key, RITA, {Role.REVIEW}, ADA)
    set_protocol(store, key, read_label_list(LABELS), "Portal venous phase.", ADA)
    create_project(store, "Kidneys", MALLORY)
    yield Team(sign_in_server, store, key)
    store.close()


@pytest.fixture
def arrive(browser: Browser, team: Team) -> Iterator[Callable[[str, str], Page]]:
    """Open an address as a person in a browser of their own, signing in on the way."""
    contexts: list[BrowserContext] = []

    def come(person: str, address: str) -> Page:
        context = browser.new_context(viewport={"width": 1360, "height": 900})
        contexts.append(context)
        context.set_default_timeout(60_000)
        # Pages of the provider name a font of another server.
        context.route("**://fonts.googleapis.com/**", lambda route: route.abort())
        page = context.new_page()
        page.on("request", lambda one: note(team, one.url))
        page.goto(address)
        sign_in(page, person)
        expect(page.get_by_text(person).first).to_be_visible()
        return page

    yield come
    for context in contexts:
        context.close()


def note(team: Team, url: str) -> None:
    """Keep addresses of pictures, and names of editors, that a browser of the team asks for."""
    parts = urlsplit(url)
    if parts.path.startswith("/media/"):
        team.media.add(parts.path)
    if parts.path == "/people-here":
        team.editors.add(f"{parts.path}?{parts.query}")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def take_next(page: Page) -> None:
    press(page, "Next for me")
    wait_until_drawable(page)


def finish(page: Page, team: Team, state: WorkState) -> None:
    """Press the key that finishes, and wait for the worklist and the state."""
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("readings? done")).first).to_be_visible()
    team.wait_for(page, state)


def answer(page: Page, text: str) -> None:
    """Answer the only comment; its menu may have closed when the page was drawn anew."""
    field = page.get_by_label("Answer")
    try:
        field.fill(text, timeout=5_000)
    except TimeoutError:
        press(page, "Comments 1")
        field.fill(text)
    page.keyboard.press("Enter")


def test_three_people_take_a_series_from_upload_to_done(
    team: Team, arrive: Callable[[str, str], Page], demo_slices: list[Path]
) -> None:
    ada = arrive(ADA, f"{team.server.url}/series")
    ada.get_by_role("combobox", name="Series go into").click()
    ada.get_by_role("option", name="Livers").click()
    ada.wait_for_timeout(1500)
    ada.reload()  # the choice is remembered
    expect(ada.get_by_role("combobox", name="Series go into")).to_have_value("Livers")
    chooser = ada.locator('[data-testid="stFileUploader"] input[type="file"]').first
    chooser.set_input_files(demo_slices[:3])
    expect(ada.locator('[data-testid="stFileChip"]')).to_have_count(3)
    expect(ada.locator('[data-testid="stFileChipIconSpinner"]')).to_have_count(0)
    press(ada, "Upload and list series")
    expect(ada.get_by_text("Stored 3 files")).to_be_visible()
    ada.locator(".st-key-found-0").get_by_role("button", name="Open").click()
    expect(ada.get_by_text("0 of 1 reading done")).to_be_visible()
    assert team.state() is WorkState.TO_DO

    anna = arrive(ANNA, team.page("worklist"))
    take_next(anna)
    press(anna, "Instructions")
    expect(anna.get_by_text("With the caudate lobe")).to_be_visible()
    anna.keyboard.press("Escape")
    draw(anna, SQUARE)
    anna.keyboard.press("Control+Enter")  # is held back until the stroke is stored
    expect(anna.get_by_text("Nothing is left for you")).to_be_visible()
    assert team.state() is WorkState.TO_REVIEW
    drawn = team.store.annotation(team.item().annotation_key)
    assert [one.person for one in drawn.values() if one.pixels] == [ANNA]

    rita = arrive(RITA, team.page("worklist"))
    take_next(rita)
    expect(rita.get_by_text("View only")).to_be_visible()
    expect(rita.locator(".tools").get_by_role("button", name="Brush", exact=True)).to_be_disabled()
    go_to(rita, 3)
    draw(rita, SQUARE)
    press(rita, "Comments")
    rita.get_by_label("New comment").fill(SAID)
    press(rita, "Add comment")
    expect(rita.locator(".tick.commented")).to_have_count(1)
    rita.keyboard.press("Escape")
    press(rita, "Return")
    team.wait_for(rita, WorkState.RETURNED)
    assert len(team.store.annotation(team.item().annotation_key)) == len(drawn)

    anna.reload()
    take_next(anna)
    expect(anna.locator('.tick.commented[title^="Slice 3:"]')).to_have_count(1)
    press(anna, "Comments 1")
    press(anna, "Slice 3")
    expect(anna.locator('.editor[data-slice="3"]')).to_have_count(1)
    answer(anna, "Added.")
    expect(anna.get_by_text("Added.")).to_be_visible()
    anna.keyboard.press("Escape")
    draw(anna, SQUARE)
    wait_until_saved(anna)
    finish(anna, team, WorkState.TO_REVIEW)

    rita.goto(team.page("worklist"))
    take_next(rita)
    finish(rita, team, WorkState.DONE)
    ada.reload()
    expect(ada.get_by_text("1 of 1 reading done")).to_be_visible()
    (comment,) = comments_on(team.store, team.item().annotation_key, ADA)
    assert (comment.text, comment.slice_index, comment.answers[0].person) == (SAID, 2, ANNA)


@pytest.mark.parametrize("name", ["annotate", "review", "export", "compare"])
def test_members_of_another_project_are_refused_at_every_address(
    team: Team, arrive: Callable[[str, str], Page], name: str
) -> None:
    query = team.query()
    mallory = arrive(MALLORY, f"{team.server.url}/{name}?{urlencode(query)}")
    expect(mallory.get_by_text(REFUSED)).to_be_visible()
    expect(mallory.get_by_test_id("banner")).to_have_count(0)
    for wrong in ({"series": query["series"]}, query | {"annotation": "a" + "0" * 32}):
        mallory.goto(f"{team.server.url}/{name}?{urlencode(wrong)}")
        expect(mallory.get_by_text(REFUSED)).to_be_visible()
    expect(mallory.get_by_test_id("banner")).to_have_count(0)


def test_lists_show_nothing_of_another_project(
    team: Team, arrive: Callable[[str, str], Page]
) -> None:
    mallory = arrive(MALLORY, team.page("worklist"))
    expect(mallory.get_by_text(REFUSED)).to_be_visible()
    mallory.goto(f"{team.server.url}/series")
    expect(mallory.get_by_text("Try it")).to_be_visible()
    for hidden in ("Show", "Continue"):
        expect(mallory.get_by_role("button", name=hidden, exact=True)).to_have_count(0)
    expect(mallory.locator("img")).to_have_count(0)


def test_pictures_and_people_of_another_project_are_not_served(team: Team) -> None:
    server = team.server
    assert team.media and team.editors, "the first test notes them"
    cookie = new_session(server.home, MALLORY, server.url)
    headers = [
        ("Host", f"127.0.0.1:{server.port}"),
        ("Origin", server.url),
        ("Cookie", f"{USER_COOKIE_NAME}={cookie}"),
    ]
    # The icon of the pages is everybody's.
    answers = [ask(server.port, path, *headers) for path in team.media]
    others = [answer.status for answer in answers if answer.body != ICON]
    assert others and set(others) == {404}
    for path in team.editors:
        assert ask(server.port, path, *headers, method="POST").status == 404


def test_a_role_that_is_taken_away_ends_an_editor_that_is_open(
    team: Team, browser: Browser, demo_slices: list[Path]
) -> None:
    set_roles(team.store, team.project_key, "eve@example.org", {Role.ANNOTATE}, ADA)
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    give_session(
        context, team.server, new_session(team.server.home, "eve@example.org", team.server.url)
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{team.server.url}/annotate?{urlencode(team.query())}")
    wait_until_drawable(page)
    remove_member(team.store, team.project_key, "eve@example.org", ADA)
    expect(page.get_by_text(REFUSED)).to_be_visible()
    expect(page.locator(".editor")).to_have_count(0)
    assert team.state() is WorkState.DONE
    context.close()
