"""Work goes on while the server cannot be reached: nothing is lost, and nothing is stored twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from core.annotation.actions import save_drawing
from core.annotation.ends import stated_ends
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from core.segments.segment import Segment, default_color
from pages.server.field_scripts import field_addresses
from tests.support.app_server import Server
from tests.support.browser_connection import Connection
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.pages import PERSON
from tests.support.plane_driver import draw_on_plane, enlarge, show_at
from tests.support.segments import ANATOMY, SPLEEN
from tests.support.slice_editor_driver import (
    act,
    choose_tool,
    draw,
    expect_drawn,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

# Counts how often the page says too early that everything is saved. Components of Streamlit lie in
# shadow roots, and one that is put on the page anew in another.
_WATCH_WHAT_IS_SAID = """() => {
  globalThis.saidTooEarly = 0;
  const observe = (root) => new MutationObserver(() => {
    const isSaid = root.querySelector('.save-state[data-state="saved"]') !== null;
    const waits = slicewiseEditor.app.annotation.outbox.pending().length > 0;
    if (isSaid && waits) saidTooEarly += 1;
  }).observe(root, { childList: true, subtree: true, attributes: true });
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    observe(root);
    return root;
  };
  observe(slicewiseEditor.root.getRootNode());
}"""


@dataclass
class Outage:
    """A page whose server can be taken away.

    Attributes
    ----------
    page : Page
        The browser's page.
    series : DrawnSeries
        A series with one segment.
    port : int
        Under which the page reaches the server.
    lose, restore : callable
        Take the server away, and bring it back.
    """

    page: Page
    series: DrawnSeries
    port: int
    lose: Callable[[], object]
    restore: Callable[[], object]
    versions: dict[tuple[int, int], int] = field(default_factory=dict)

    def open(self, name: str = "annotate") -> None:
        """Open a page with the series."""
        self.page.goto(f"http://127.0.0.1:{self.port}/{name}?series={self.series.key}")
        wait_until_drawable(self.page)

    def begin(self) -> None:
        """Take the server away."""
        self.versions = self._stored()
        self.lose()

    def expect_told(self) -> None:
        """One editor is there, it alone tells what is saved, and nothing is stored."""
        state = self.page.locator(".save-state")
        expect(state).to_have_attribute("data-state", "offline")
        expect(state).to_have_text("offline, will send")
        expect(self.page.locator(".editor")).to_have_count(1)
        expect(self.page.get_by_role("dialog")).to_have_count(0)
        assert self._stored() == self.versions

    def end(self) -> None:
        """Bring the server back, and wait until everything is stored; nothing says so before."""
        self.page.evaluate(_WATCH_WHAT_IS_SAID)
        self.restore()
        wait_until_saved(self.page)
        assert self.page.evaluate("saidTooEarly") == 0
        wait_until_drawable(self.page)
        expect(self.page.locator(".editor")).to_have_count(1)

    def changed(self) -> dict[tuple[int, int], int]:
        """How many versions were added, by segment and slice."""
        return {
            place: version - self.versions.get(place, 0)
            for place, version in self._stored().items()
            if version != self.versions.get(place, 0)
        }

    def _stored(self) -> dict[tuple[int, int], int]:
        annotation = self.series.store.annotation(self.series.uid)
        return {place: one.version for place, one in annotation.items()}


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of this file kill and start again."""
    server = Server(new_home(tmp_path_factory.mktemp("mortal")))
    yield server.start()
    server.kill()
    server.check_log()


@pytest.fixture(params=["connection cut", "server killed"])
def outage(
    request: pytest.FixtureRequest,
    page: Page,
    server: Server,
    mortal: Server,
    demo_slices: list[Path],
) -> Iterator[Outage]:
    name = "".join(one if one.isalnum() else "-" for one in request.node.name)
    if request.param == "server killed":
        if mortal.process is None:
            mortal.start()
        series = add_series(mortal, demo_slices, name)
        yield Outage(page, series, mortal.port, mortal.kill, mortal.start)
        return
    connection = Connection(server.port)
    series = add_series(server, demo_slices, name)
    yield Outage(page, series, connection.port, connection.cut, connection.mend)
    connection.close()


def test_strokes_on_an_enlarged_plane(outage: Outage) -> None:
    page = outage.page
    outage.open()
    choose_tool(page, "Brush")
    page.evaluate("() => { slicewiseEditor.app.size = 8; }")
    enlarge(page, "row")
    show_at(page, "row", 100)
    outage.begin()
    draw_on_plane(page, "row", [(80, 3), (80, 6)])
    draw_on_plane(page, "row", [(120, 3), (120, 4)])
    outage.expect_told()
    page.keyboard.press("Escape")
    go_to(page, 5)
    expect_drawn(page, 100, 80)
    outage.end()
    reached = outage.changed()
    assert {(1, 3), (1, 4), (1, 5), (1, 6)} <= reached.keys()
    assert all(outage.series.mask(number)[100, 80] for number in (4, 5, 6, 7))
    assert reached[1, 3] == 2 and reached[1, 6] == 1
    for _ in range(2):
        act(page, "Undo")
        wait_until_saved(page)
    assert not any(outage.series.mask(number).any() for number in range(1, 15))


def test_a_sphere(outage: Outage) -> None:
    page = outage.page
    outage.open()
    go_to(page, 7)
    choose_tool(page, "Brush")
    page.get_by_label("Sphere").check()
    page.evaluate("() => { slicewiseEditor.app.size = 24; }")
    outage.begin()
    draw(page, [(100, 100)])
    outage.expect_told()
    outage.end()
    assert outage.changed() == {(1, at): 1 for at in range(4, 9)}
    act(page, "Undo")
    wait_until_saved(page)
    assert not outage.series.mask(7).any()


def test_decisions_of_a_review(outage: Outage) -> None:
    page, series = outage.page, outage.series
    mask = series.mask(1).copy()
    mask[100:130, 90:140] = True
    save_drawing(series.store, series.uid, 1, 6, mask, person=PERSON, tool="brush")
    proposals = [Proposal(1, at, mask, 0.4 + at / 20) for at in (3, 4, 5, 7)]
    store_proposals(series.store, series.uid, proposals, person=PERSON)
    outage.open("review")
    expect(page.locator(".review-line")).to_contain_text("4 left")
    outage.begin()
    page.keyboard.press("a")
    page.keyboard.press("x")
    page.keyboard.press("n")
    expect(page.locator(".review-line")).to_contain_text("1 left")
    outage.expect_told()
    outage.end()
    states = {at: series.store.slice(series.uid, 1, at).state for at in (3, 4, 5, 7)}
    assert states == {
        3: SliceState.ACCEPTED,
        4: SliceState.EMPTY,
        5: SliceState.CONFIRMED_EMPTY,
        7: SliceState.PROPOSED,
    }
    assert outage.changed() == {(1, 3): 1, (1, 4): 1, (1, 5): 1}
    expect(page.locator(".review-line")).to_contain_text("1 left")


def test_ends(outage: Outage) -> None:
    page, series = outage.page, outage.series
    series.draw_on(6)
    outage.open()
    go_to(page, 11)  # so that its pixels are here
    go_to(page, 3)
    outage.begin()
    act(page, "Begins here")
    go_to(page, 11)
    act(page, "Ends here")
    outage.expect_told()
    outage.end()
    ends = stated_ends(series.store, series.uid)[1].ends
    assert (ends.first, ends.last) == (2, 10)
    expect(page.locator('.editor[data-slice="11"]')).to_have_count(1)
    act(page, "Undo")
    wait_until_saved(page)
    ends = stated_ends(series.store, series.uid)[1].ends
    assert (ends.first, ends.last) == (2, None)


def test_another_segment_and_what_is_set_for_it(outage: Outage) -> None:
    page, series = outage.page, outage.series
    series.store.save_segment(
        series.uid, Segment(2, "Spleen", default_color(2), ANATOMY, SPLEEN), PERSON
    )
    outage.open()
    go_to(page, 5)
    choose_tool(page, "Brush")
    segments = page.locator(".segments")
    outage.begin()
    segments.get_by_role("button", name="Lock Liver").click()
    segments.get_by_role("radio", name="Spleen").click()
    draw(page, [(100, 100), (120, 100)])
    outage.expect_told()
    outage.end()
    assert outage.changed() == {(2, 4): 1}
    # What is drawn now belongs to the segment that was chosen, also with a server started anew.
    expect(segments.get_by_role("radio", name="Spleen")).to_have_attribute("aria-checked", "true")
    draw(page, [(100, 140), (120, 140)])
    wait_until_saved(page)
    assert outage.changed() == {(2, 4): 2}
    page.reload()
    wait_until_drawable(page)
    expect(segments.get_by_role("button", name="Unlock Liver")).to_be_visible()
    expect(segments.get_by_role("radio", name="Spleen")).to_have_attribute("aria-checked", "true")


def test_a_segment_cannot_be_renamed_before_the_server_is_back(outage: Outage) -> None:
    page, series = outage.page, outage.series
    outage.open()
    menu = page.get_by_role("button", name="Edit", exact=True).first
    menu.click()
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_enabled()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_enabled()
    outage.begin()
    expect(save).to_be_disabled()
    page.keyboard.press("Escape")
    draw(page, [(100, 60), (120, 60)])
    outage.expect_told()
    outage.end()
    assert [one.label for one in series.store.segments(series.uid)] == ["Liver"]
    assert len(outage.changed()) == 1
    menu.click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Hepar")
    save.click()
    expect(page.locator(".segments").get_by_role("radio", name="Hepar")).to_be_visible()
    assert [one.label for one in series.store.segments(series.uid)] == ["Hepar"]


def test_a_menu_waits_for_the_server_and_shows_its_fields_when_it_is_back(outage: Outage) -> None:
    # Scripts of fields are fetched ahead: one that could not be fetched would leave an error.
    page = outage.page
    fetched: set[str] = set()
    page.on("requestfinished", lambda one: fetched.add(urlsplit(one.url).path))
    outage.open()
    for _ in range(600):
        if fetched.issuperset(field_addresses()):
            break
        page.wait_for_timeout(50)
    assert fetched.issuperset(field_addresses())
    page.wait_for_load_state("networkidle")  # what the last of them needs
    outage.begin()
    menu = page.get_by_role("button", name="Edit", exact=True).first
    menu.click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    page.keyboard.press("Escape")
    draw(page, [(100, 60), (120, 60)])
    outage.expect_told()
    outage.end()
    menu.click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_enabled()
    page.get_by_role("textbox", name="Find another code").fill("spleen")
    expect(page.get_by_role("combobox", name="Code")).to_be_enabled()


def test_a_stroke_while_the_browser_itself_has_no_network(page: Page, series: DrawnSeries) -> None:
    go = page.context.set_offline
    outage = Outage(page, series, series.server.port, lambda: go(True), lambda: go(False))
    outage.open()
    go_to(page, 5)
    choose_tool(page, "Brush")
    outage.begin()
    draw(page, [(60, 60), (90, 60)])
    outage.expect_told()
    outage.end()
    assert outage.changed() == {(1, 4): 1}
    assert series.mask(5)[60, 70]
