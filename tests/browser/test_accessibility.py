"""No page has a serious finding of axe-core: wide and narrow, light and dark."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.annotation.states import SliceState
from core.projects.adjudication import start_adjudication
from core.projects.comments import add_comment
from core.projects.records import Role
from core.segments.segment import Segment, default_color
from tests.support.accessibility import Finding, lasting_findings
from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, new_home
from tests.support.pages import PERSON
from tests.support.read_twice import put_read_twice
from tests.support.segments import ANATOMY, SPLEEN
from tests.support.slice_editor_driver import wait_until_drawable
from tests.support.stored_series import put_mask

pytestmark = pytest.mark.browser

_SIZES = ((1440, 900), (768, 1024))


def text_shown(text: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible()


def compared(page: Page) -> None:
    expect(page.locator(".comparison .place")).to_contain_text("Dice")


_READY: dict[str, Callable[[Page], None]] = {
    "series": text_shown("Try it"),
    "annotate": wait_until_drawable,
    "review": wait_until_drawable,
    "export": text_shown("Create DICOM-SEG"),
    "project": text_shown("You are in no project yet"),
    "compare": compared,
    "worklist": text_shown("0 of 2 readings done"),
    "own project": text_shown("0 of 2 readings done"),
    "unnamed": text_shown("What do you want to annotate?"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: the projects of these tests would change the pages of others."""
    server = Server(new_home(tmp_path_factory.mktemp("accessibility")))
    yield server.start()
    server.kill()
    server.check_log()


@pytest.fixture
def worked_on(series: DrawnSeries) -> DrawnSeries:
    """The series with two segments, drawings and proposals."""
    spleen = Segment(2, "Spleen", default_color(2), ANATOMY, SPLEEN)
    series.store.save_segment(series.uid, spleen, PERSON)
    mask = np.zeros_like(series.mask(1))
    mask[100:140, 60:110] = True
    for number, state in ((4, SliceState.DRAWN), (5, SliceState.PROPOSED), (6, SliceState.DRAWN)):
        put_mask(
            series.store,
            series.uid,
            1,
            number - 1,
            mask=mask,
            state=state,
            person=PERSON,
            expected_dice=0.8 if state is SliceState.PROPOSED else None,
        )
    return series


def adjudicated_address(series: DrawnSeries) -> str:
    """Address of the comparison of two readings of the series, which the person adjudicates."""
    home, name = series.server.home, series.uid[-40:]
    twice = put_read_twice(home, series.store, series.folder, {PERSON: {Role.REVIEW}}, name)
    twice.submit()
    final = start_adjudication(series.store, twice.first.annotation_key, PERSON)
    return f"{series.server.url}/compare?{urlencode(twice.query(final.annotation_key))}"


def address_in_project(series: DrawnSeries, page: str) -> str:
    """Address of a page of a project that the person administers, with a series read twice."""
    home, roles = series.server.home, {PERSON: {Role.REVIEW, Role.ADMINISTER}}
    twice = put_read_twice(home, series.store, series.folder, roles, "Livers of axe")
    twice.submit()
    add_comment(series.store, twice.first.annotation_key, "See slice 3.", PERSON, slice_index=2)
    return f"{series.server.url}/{page}?{urlencode({'project': twice.project_key})}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", list(_READY))
def test_a_page_has_no_serious_finding(
    name: str, scheme: str, browser: Browser, worked_on: DrawnSeries
) -> None:
    address = worked_on.server.url if name == "series" else worked_on.address(name)
    if name == "unnamed":
        for segment in worked_on.store.segments(worked_on.uid):
            worked_on.store.remove_segment(worked_on.uid, segment.number, PERSON)
        address = worked_on.address()
    if name == "compare":
        address = adjudicated_address(worked_on)
    if name in ("worklist", "own project"):
        address = address_in_project(worked_on, name.removeprefix("own "))
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(address)
    serious: dict[tuple[int, int], set[Finding]] = {}
    for width, height in _SIZES:
        page.set_viewport_size({"width": width, "height": height})
        _READY[name](page)
        serious[width, height] = lasting_findings(page)
    context.close()
    assert not any(serious.values()), serious
