"""What the line above a slice says while proposals are computed elsewhere, or cannot be."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.annotation.states import SliceState
from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.proposal_service import TOKEN, Gate, RunningService, running_service
from tests.support.slice_editor_driver import draw, go_to, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser

PROPOSED_S = 400.0
FEW = slice(4, 8)  # short work, which waits behind other short work
BEHIND_ONE = re.compile(r"^Waiting: 1 job is done before, (a few seconds|about \d+ s)$")
WAITING = "Waiting for the proposal service"


@pytest.fixture(scope="module")
def service(ray_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A real service with two replicas on this machine."""
    with running_service(ray_python, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def gate(service: RunningService) -> Iterator[Gate]:
    """Stands between server and service; it is shut at first."""
    gate = Gate(service.address)
    yield gate
    gate.shut()


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that has proposals computed in a worker process, or by a service behind the gate."""
    variables = {"SLICEWISE_PROPOSALS": "processes:1"}
    if "gate" in request.fixturenames:
        place = f"ray+{request.getfixturevalue('gate').address}"
        variables = {"SLICEWISE_PROPOSALS": place, "SLICEWISE_PROPOSALS_TOKEN": TOKEN}
    server = Server(new_home(tmp_path), variables=variables)
    yield server.start()
    server.kill()
    server.check_log()


def drawn(server: Server, slices: list[Path], name: str) -> DrawnSeries:
    """A series with drawings on its first and its last slice."""
    series = add_series(server, slices, name)
    for number in (1, len(slices)):
        series.draw_on(number)
    return series


def show(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)


def propose(page: Page) -> None:
    page.get_by_role("button", name="Propose", exact=True).click()


def line(page: Page) -> Locator:
    return page.locator(".line-text")


def expect_proposed(page: Page, series: DrawnSeries) -> None:
    """What lies between the drawings is stored as proposed, and the line says nothing of it."""
    deadline = time.monotonic() + PROPOSED_S
    while series.store.slice(series.uid, 1, 1).state is not SliceState.PROPOSED:
        assert time.monotonic() < deadline, line(page).all_text_contents()
        page.wait_for_timeout(100)
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)


def test_the_place_in_line_of_a_worker_process_is_told_and_about_how_long_it_takes(
    page: Page, elsewhere: Server, demo_slices: list[Path]
) -> None:
    before, ahead, behind = (
        drawn(elsewhere, demo_slices[FEW], name) for name in ("before", "ahead", "behind")
    )
    show(page, before)
    propose(page)
    expect_proposed(page, before)  # it is known now how long a slice takes
    other = page.context.new_page()
    show(other, ahead)
    show(page, behind)
    with closing(sqlite3.connect(elsewhere.home / "annotations.db")) as database:
        database.execute("begin immediate")  # nothing is stored, so that no job ends
        propose(other)
        expect(other.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
        propose(page)
        expect(line(page)).to_have_text(BEHIND_ONE)
        database.rollback()
    expect_proposed(other, ahead)
    expect_proposed(page, behind)


def test_who_waits_for_a_service_that_is_gone_is_told_and_goes_on_drawing(
    page: Page, gate: Gate, elsewhere: Server, demo_slices: list[Path]
) -> None:
    series = drawn(elsewhere, demo_slices, "scan")
    show(page, series)
    propose(page)
    expect(line(page)).to_have_text(WAITING)
    go_to(page, 3)
    draw(page, [(100, 100), (140, 100), (140, 140)])
    wait_until_saved(page)
    assert series.mask(3).any()
    expect(line(page)).to_have_text(WAITING)
    gate.open()
    expect_proposed(page, series)


def test_a_person_who_waits_for_a_service_that_is_gone_can_cancel_and_ask_again(
    page: Page, gate: Gate, elsewhere: Server, demo_slices: list[Path]
) -> None:
    series = drawn(elsewhere, demo_slices, "cancelled")
    show(page, series)
    propose(page)
    expect(line(page)).to_have_text(WAITING)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    expect(line(page)).not_to_have_text(WAITING)
    assert series.store.slice(series.uid, 1, 1).state is SliceState.EMPTY
    go_to(page, 3)
    draw(page, [(100, 100), (140, 100), (140, 140)])
    wait_until_saved(page)
    gate.open()
    propose(page)
    expect_proposed(page, series)
