"""What is drawn on the simple canvas is stored, whatever a person does right after."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.annotation.states import SliceState
from core.projects.moves import move
from core.projects.records import Role, WorkState
from core.projects.work_items import work_item_for
from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.pages import PERSON
from tests.support.read_twice import serve_read_twice
from tests.support.simple_canvas_driver import (
    SCALE,
    canvas,
    canvas_name,
    choose_tool,
    draw,
    go_to,
    slice_shown,
    wait_for_new_canvas,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

DELAYS_MS = (0, 20, 50, 80, 110, 140, 170, 200, 0, 30, 90, 150)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where people draw on the simple canvas."""
    server = Server(new_home(tmp_path_factory.mktemp("simple")), editor="simple")
    yield server.start()
    server.kill()
    server.check_log()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """One for a single test, which may kill it."""
    server = Server(new_home(tmp_path), editor="simple")
    yield server.start()
    server.kill()
    server.check_log()


def open_series(page: Page, series: DrawnSeries) -> None:
    """Open the annotate page of a series by its address."""
    page.goto(series.address())
    wait_until_drawable(page)


def test_no_stroke_is_lost_by_turning_the_slice_right_after_it(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 1)
    for number, delay in enumerate(DELAYS_MS, start=1):
        row = 40 + 10 * number
        draw(page, [(80, row), (120, row)])
        page.wait_for_timeout(delay)
        before = canvas_name(page)
        page.keyboard.press("ArrowRight")
        wait_for_new_canvas(page, before)
    wait_until_saved(page)
    stored = series.store.annotation(series.uid)
    assert sorted(index + 1 for _, index in stored) == list(range(1, len(DELAYS_MS) + 1))
    for number in range(1, len(DELAYS_MS) + 1):
        rows = np.flatnonzero(series.mask(number).any(axis=1))
        assert rows.min() <= 40 + 10 * number <= rows.max()
        assert rows.max() - rows.min() < 20


def test_a_narrow_window_shows_the_whole_picture_and_strokes_lie_where_they_were_drawn(
    page: Page, series: DrawnSeries
) -> None:
    page.set_viewport_size({"width": 768, "height": 1000})
    open_series(page, series)
    box = canvas(page).bounding_box()
    column = page.locator(".st-key-stage").bounding_box()
    assert box is not None and column is not None
    assert box["width"] == pytest.approx(column["width"], abs=1)
    assert box["height"] == pytest.approx(box["width"]) == pytest.approx(column["height"])
    pixel = box["width"] / 256
    page.mouse.move(box["x"] + 200 * pixel, box["y"] + 120 * pixel)
    page.mouse.down()
    page.mouse.move(box["x"] + 240 * pixel, box["y"] + 120 * pixel, steps=5)
    page.mouse.up()
    wait_until_saved(page)
    rows, columns = np.nonzero(series.mask(slice_shown(page)))
    assert rows.mean() == pytest.approx(120, abs=1)
    # The brush is 24 picture pixels wide.
    assert columns.min() == pytest.approx(200 - 12 / SCALE, abs=2)
    assert columns.max() == pytest.approx(240 + 12 / SCALE, abs=2)


def test_returning_to_a_slice_keeps_its_mask_and_goes_on_from_it(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 3)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    before = series.store.slice(series.uid, 1, 2)
    assert before.state is SliceState.DRAWN
    go_to(page, 4)
    go_to(page, 3)
    go_to(page, 5)
    go_to(page, 3)
    wait_until_saved(page)
    assert series.store.slice(series.uid, 1, 2) == before
    draw(page, [(80, 160), (120, 160)])
    wait_until_saved(page)
    after = series.mask(3)
    assert after[before.mask].all()
    assert after[160, 100] and not before.mask[160, 100]


def test_strokes_stay_on_the_slice_they_were_drawn_on(page: Page, series: DrawnSeries) -> None:
    open_series(page, series)
    for number, row in ((2, 60), (3, 120), (9, 180)):
        go_to(page, number)
        draw(page, [(80, row), (120, row)])
    wait_until_saved(page)
    for number, row in ((2, 60), (3, 120), (9, 180)):
        drawn = series.mask(number)
        assert drawn[row, 100]
        assert not any(drawn[other, 100] for other in (60, 120, 180) if other != row)
    assert len(series.store.annotation(series.uid)) == 3


def test_what_is_stored_is_what_the_pointer_covered(page: Page, series: DrawnSeries) -> None:
    open_series(page, series)
    go_to(page, 6)
    (left, row), (right, _) = draw(page, [(60, 100), (160, 100)])
    wait_until_saved(page)
    rows, columns = np.mgrid[:256, :256] + 0.5
    along = np.clip(columns, left, right)
    covered = np.hypot(columns - along, rows - row) <= 24 / 2 / SCALE
    stored = series.mask(6)
    overlap = 2 * (covered & stored).sum() / (covered.sum() + stored.sum())
    assert overlap > 0.98


def test_polygon_outline_and_eraser_do_what_they_say(page: Page, series: DrawnSeries) -> None:
    open_series(page, series)
    go_to(page, 2)
    choose_tool(page, "Outline")
    draw(page, [(60, 60), (160, 60), (160, 160), (60, 160), (60, 62)])
    wait_until_saved(page)
    assert series.mask(2)[70:150, 70:150].all()

    before = canvas_name(page)
    choose_tool(page, "Erase")
    wait_for_new_canvas(page, before)
    draw(page, [(80, 110), (140, 110)])
    wait_until_saved(page)
    erased = series.mask(2)
    assert not erased[110, 90:130].any()
    assert erased[80, 70:150].all()

    go_to(page, 3)
    choose_tool(page, "Polygon")
    wait_until_drawable(page, cursor="default")
    for x, y in ((80, 80), (140, 80), (110, 140)):
        draw(page, [(x, y)])
    expect(page.locator(".save-state")).to_have_attribute("data-state", "open")
    draw(page, [(80, 80)])
    wait_until_saved(page)
    polygon = series.mask(3)
    assert polygon[100, 110] and not polygon[130, 85]
    assert abs(int(polygon.sum()) - 60 * 60 / 2) < 150


def test_a_stroke_right_after_choosing_a_tool_is_not_made_with_the_tool_before(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 2)
    page.get_by_role("radio", name="Outline", exact=True).click()
    square = [(60.0, 60.0), (160.0, 60.0), (160.0, 160.0), (60.0, 160.0), (60.0, 62.0)]
    draw(page, square)
    choose_tool(page, "Outline")
    wait_until_drawable(page)
    wait_until_saved(page)
    if not series.mask(2).any():
        draw(page, square)
        wait_until_saved(page)
    assert series.mask(2)[70:150, 70:150].all()


def test_undo_by_keys_right_after_a_stroke_takes_that_stroke_back(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 4)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    first = series.mask(4)
    before = canvas_name(page)
    draw(page, [(80, 160), (120, 160)])
    page.keyboard.press("Control+z")
    wait_for_new_canvas(page, before)
    wait_until_saved(page)
    assert (series.mask(4) == first).all()


def test_another_page_is_opened_only_after_the_stroke_is_stored(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 4)
    draw(page, [(80, 80), (120, 80)])
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    assert series.mask(4)[80, 100]
    page.get_by_role("link", name="Annotate").click()
    wait_until_drawable(page)
    wait_until_saved(page)
    assert series.mask(4)[80, 100]


def test_saved_means_on_disk_when_the_tab_is_reloaded_or_closed(
    page: Page, context: BrowserContext, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 7)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    page.reload()
    wait_until_drawable(page)
    assert series.mask(7)[80, 100]
    expect(page.locator(".tick.current")).to_have_attribute("title", "Slice 7: drawn")
    draw(page, [(80, 160), (120, 160)])
    wait_until_saved(page)
    page.close()
    stored = series.mask(7)
    assert stored[80, 100] and stored[160, 100]
    again = context.new_page()
    open_series(again, series)
    expect(again.locator(".tick.current")).to_have_attribute("title", "Slice 7: drawn")


def test_saved_means_on_disk_when_the_server_is_killed(
    page: Page, own_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(own_server, demo_slices, "killed")
    open_series(page, series)
    go_to(page, 5)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    own_server.kill()
    own_server.start()
    assert series.mask(5)[80, 100]
    page.goto(series.address())
    wait_until_drawable(page)
    expect(page.locator(".tick.current")).to_have_attribute("title", "Slice 5: drawn")


def test_a_page_without_a_connection_does_not_say_saved(
    page: Page, own_server: Server, demo_slices: list[Path]
) -> None:
    series = add_series(own_server, demo_slices, "offline")
    open_series(page, series)
    own_server.kill()
    draw(page, [(80, 80), (120, 80)])
    expect(page.locator(".save-state")).to_have_attribute("data-state", "problem")
    assert series.store.annotation(series.uid) == {}


def test_drawing_goes_on_while_proposals_are_made(page: Page, series: DrawnSeries) -> None:
    open_series(page, series)
    choose_tool(page, "Outline")
    for number in (1, 8):
        go_to(page, number)
        draw(page, [(60, 80), (120, 80), (120, 140), (60, 140), (60, 82)])
        wait_until_saved(page)
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    go_to(page, 5)
    draw(page, [(60, 150), (120, 150), (120, 200), (60, 200), (60, 152)])
    wait_until_saved(page)
    own = series.store.slice(series.uid, 1, 4)
    assert own.state is SliceState.DRAWN and own.mask[170, 90]
    expect(page.get_by_role("button", name="Review")).to_be_visible(timeout=300_000)
    assert series.store.slice(series.uid, 1, 4) == own
    states = {index: one.state for (_, index), one in series.store.annotation(series.uid).items()}
    assert states[2] is SliceState.PROPOSED
    assert [index for index, one in states.items() if one is SliceState.DRAWN] == [0, 4, 7]


def test_a_reading_of_a_project_is_handed_in_once_its_last_stroke_is_stored(
    page: Page, own_server: Server, demo_slices: list[Path]
) -> None:
    read = serve_read_twice(own_server, demo_slices, {PERSON: {Role.ANNOTATE}})
    key = read.first.annotation_key
    move(read.store, key, WorkState.IN_PROGRESS, PERSON)
    page.goto(f"{own_server.url}/annotate?{urlencode(read.query(key))}")
    wait_until_drawable(page)
    go_to(page, 4)
    draw(page, [(80, 80), (120, 80)])
    page.get_by_role("button", name="Hand in", exact=True).click()  # waits for the stroke
    expect(page.get_by_text("View only")).to_be_visible()
    assert work_item_for(read.store, key, PERSON).state is WorkState.TO_REVIEW
    stored = read.store.slice(key, 1, 3)
    assert stored.person == PERSON and stored.mask[80, 80:120].all()
    read.store.close()


@pytest.mark.parametrize("width", [768, 1280])
def test_every_tool_is_within_its_column(page: Page, series: DrawnSeries, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    open_series(page, series)
    column = page.get_by_test_id("stColumn").last.bounding_box()
    assert column is not None
    for name in ("Brush", "Outline", "Polygon", "Erase"):
        tool = page.get_by_role("radio", name=name).bounding_box()
        assert tool is not None
        assert tool["x"] + tool["width"] <= column["x"] + column["width"] + 2, name
