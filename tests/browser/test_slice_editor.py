"""What is drawn in the slice editor is stored, whatever a person does right after."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, expect

from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from tests.support.browser_connection import Connection
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    act,
    choose_tool,
    draw,
    expect_drawn,
    expect_shown,
    go_to,
    places,
    slice_shown,
    stage,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

DELAYS_MS = (0, 20, 50, 80, 110, 150, 200, 300, 0, 30, 90, 0)
SQUARE = [(60.0, 60.0), (160.0, 60.0), (160.0, 160.0), (60.0, 160.0), (60.0, 62.0)]


def open_series(page: Page, series: DrawnSeries, port: int | None = None) -> None:
    """Open the annotate page of a series by its address, at another port if one is given."""
    page.goto(series.address(port=port))
    wait_until_drawable(page)


def test_no_stroke_is_lost_by_turning_the_slice_right_after_it(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 1)
    for number, delay in enumerate(DELAYS_MS, start=1):
        draw(page, [(80, 40 + 10 * number), (120, 40 + 10 * number)])
        page.wait_for_timeout(delay)
        page.keyboard.press("ArrowRight")
    wait_until_saved(page)
    stored = series.store.annotation(series.uid)
    assert sorted(index + 1 for _, index in stored) == list(range(1, len(DELAYS_MS) + 1))
    for number in range(1, len(DELAYS_MS) + 1):
        rows = np.flatnonzero(series.mask(number).any(axis=1))
        assert rows.min() <= 40 + 10 * number <= rows.max()
        assert rows.max() - rows.min() < 20


@pytest.mark.parametrize("delay", [0, 150])
def test_no_stroke_is_lost_by_a_reload_right_after_it(
    delay: int, page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 3)
    draw(page, [(80, 80), (120, 80)])
    page.wait_for_timeout(delay)
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    wait_until_drawable(page)
    wait_until_saved(page)
    assert series.mask(3)[80, 100]
    go_to(page, 3)
    expect_shown(page, series.mask(3))


def test_each_stroke_is_a_step_that_can_be_taken_back_even_after_leaving_the_page(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 4)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    first = series.mask(4)
    draw(page, [(80, 120), (120, 120)])
    go_to(page, 9)
    draw(page, [(80, 80), (120, 80)])
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    assert series.mask(9)[80, 100]
    page.get_by_role("link", name="Annotate").click()
    wait_until_drawable(page)
    for number in (9, 4):
        page.keyboard.press("Control+z")
        expect(page.locator(f'.editor[data-slice="{number}"][data-ready="true"]')).to_have_count(1)
        wait_until_saved(page)
    assert not series.mask(9).any()
    assert (series.mask(4) == first).all()
    expect_shown(page, first)
    page.keyboard.press("Control+y")
    wait_until_saved(page)
    assert series.mask(4)[120, 100]


@pytest.mark.parametrize("way", ["Keep the stored version", "Apply my strokes on top of it"])
def test_a_slice_changed_in_another_tab_is_shown_and_never_overwritten(
    way: str, page: Page, context: BrowserContext, series: DrawnSeries, connection: Connection
) -> None:
    open_series(page, series, connection.port)
    go_to(page, 5)
    connection.cut()  # so that this tab surely draws before it hears of the other one
    other = context.new_page()
    open_series(other, series)
    go_to(other, 5)
    draw(other, [(80, 80), (120, 80)])
    wait_until_saved(other)
    theirs = series.mask(5)
    page.bring_to_front()
    draw(page, [(80, 120), (120, 120)])
    connection.mend()
    expect(page.locator(".save-state")).to_have_attribute("data-state", "problem")
    assert (series.mask(5) == theirs).all()
    expect(page.locator(".notice")).to_be_visible()
    expect_drawn(page, 120, 100)
    expect(page.locator(".notice")).to_contain_text("This slice was changed in another window")
    page.get_by_role("button", name=way).click()
    wait_until_saved(page)
    stored = series.mask(5)
    assert stored[theirs].all()
    assert stored[120, 100] == (way == "Apply my strokes on top of it")
    expect_shown(page, stored)


def test_the_editor_comes_back_where_its_files_cannot_be_fetched_again(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    page.route("**/scripts/slice-editor/**", lambda route: route.abort())
    links = page.get_by_test_id("stTopNav")
    links.get_by_role("link", name="Export").click()
    expect(page.get_by_text("Nothing to export yet")).to_be_visible()
    links.get_by_role("link", name="Annotate").click()
    wait_until_drawable(page)
    expect(page.get_by_text("Failed to load")).to_have_count(0)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)


def test_strokes_made_without_a_connection_are_stored_when_it_is_back(
    page: Page, series: DrawnSeries, connection: Connection
) -> None:
    open_series(page, series, connection.port)
    go_to(page, 6)
    draw(page, [(80, 60), (120, 60)])
    wait_until_saved(page)
    connection.cut()
    draw(page, [(80, 80), (120, 80)])
    expect(page.locator(".save-state")).to_have_attribute("data-state", "offline")
    draw(page, [(80, 120), (120, 120)])
    page.keyboard.press("Control+z")
    draw(page, [(80, 160), (120, 160)])
    assert not series.mask(6)[80, 100]
    connection.mend()
    wait_until_saved(page)
    stored = series.mask(6)
    assert stored[60, 100] and stored[80, 100] and stored[160, 100] and not stored[120, 100]
    expect_shown(page, stored)


def test_a_proposal_that_arrives_meanwhile_gives_way_and_one_that_is_seen_is_corrected(
    page: Page, series: DrawnSeries, connection: Connection
) -> None:
    open_series(page, series, connection.port)
    go_to(page, 7)
    connection.cut()  # so that the page surely hears nothing of the proposals before the stroke
    proposed = np.zeros((256, 256), dtype=np.bool_)
    proposed[180:200, 100:140] = True
    store_proposals(
        series.store,
        series.uid,
        [Proposal(1, index, proposed, 0.8) for index in (6, 7)],
        person=PERSON,
    )
    draw(page, [(80, 80), (120, 80)])
    connection.mend()
    wait_until_saved(page)
    drawn = series.store.slice(series.uid, 1, 6)
    assert drawn.state is SliceState.DRAWN
    assert drawn.mask[80, 100] and not drawn.mask[190, 120]
    expect(page.locator('.tick[title="Slice 8: proposed, expected Dice 0.80"]')).to_have_count(1)
    go_to(page, 8)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    corrected = series.store.slice(series.uid, 1, 7)
    assert corrected.state is SliceState.CORRECTED
    assert corrected.mask[80, 100] and corrected.mask[190, 120]
    expect(page.locator(".tick.current")).to_have_attribute("title", "Slice 8: corrected")


def test_every_tool_stores_what_the_screen_shows(page: Page, series: DrawnSeries) -> None:
    open_series(page, series)
    go_to(page, 8)

    def stored() -> NDArray[np.bool_]:
        wait_until_saved(page)
        found = series.mask(8)
        expect_shown(page, found)
        return found

    choose_tool(page, "Outline")
    draw(page, SQUARE)
    square = stored()
    assert square[61:159, 61:159].all() and not square[:58].any()
    page.keyboard.down("Alt")
    draw(page, [(100, 100), (120, 100), (120, 120), (100, 120), (100, 101)])
    page.keyboard.up("Alt")
    assert not stored()[102:118, 102:118].any()
    act(page, "Fill holes")
    assert (stored() == square).all()
    act(page, "Grow")
    grown = stored()
    assert grown.sum() > square.sum()
    act(page, "Shrink")
    assert (stored() == square).all()

    choose_tool(page, "Erase")
    draw(page, [(50, 110), (170, 110)])
    assert not stored()[110, 60:160].any()
    choose_tool(page, "Brush")
    draw(page, [(200, 200), (210, 200)])
    act(page, "Largest")
    largest = stored()
    assert not largest[200, 205] and largest.sum() < square.sum() * 0.6

    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    wait_until_saved(page)
    assert (series.mask(9) == largest).all()
    act(page, "Clear")
    wait_until_saved(page)
    assert series.store.slice(series.uid, 1, 8).state is SliceState.EMPTY
    act(page, "Not here")
    wait_until_saved(page)
    assert series.store.slice(series.uid, 1, 8).state is SliceState.CONFIRMED_EMPTY


def test_a_polygon_is_filled_when_closed_and_follows_its_corners(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 9)
    choose_tool(page, "Polygon")
    for corner in [(60, 60), (160, 60), (160, 160), (60, 160)]:
        draw(page, [corner])
    expect(page.locator(".save-state")).to_have_attribute("data-state", "open")
    assert not series.mask(9).any()
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert abs(int(series.mask(9).sum()) - 100 * 100) < 300
    draw(page, [(160, 160), (100, 100)])
    wait_until_saved(page)
    assert not series.mask(9)[140, 140]
    draw(page, [(200, 60)])
    draw(page, [(220, 60)])
    draw(page, [(220, 80)])
    page.keyboard.press("ArrowRight")
    wait_until_saved(page)
    assert series.mask(9)[63, 217]


def test_threshold_and_region_follow_the_values_of_the_image(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    go_to(page, 4)
    values = page.evaluate("() => [...slicewiseEditor.app.pixels.get(3)]")
    offset = page.evaluate("() => slicewiseEditor.app.info.offset")
    image = np.array(values, dtype=float).reshape(256, 256) + offset
    choose_tool(page, "Threshold")
    page.get_by_label("From HU").fill("20")
    page.get_by_label("to HU").fill("300")
    draw(page, [(20, 128), (230, 128)])
    wait_until_saved(page)
    painted = series.mask(4)
    assert painted.any()
    assert image[painted].min() >= 20 and image[painted].max() <= 300
    act(page, "Clear")
    choose_tool(page, "Region")
    inside = np.argwhere(painted)[len(np.argwhere(painted)) // 2]
    draw(page, [(float(inside[1]) + 0.5, float(inside[0]) + 0.5)])
    wait_until_saved(page)
    region = series.mask(4)
    assert region[tuple(inside)]
    assert np.ptp(image[region]) <= 2 * page.evaluate("() => slicewiseEditor.app.tolerance")


def test_the_slice_is_zoomed_moved_windowed_and_turned(page: Page, series: DrawnSeries) -> None:
    open_series(page, series)
    go_to(page, 5)
    ((x, y),) = places(page, [(100.5, 80.5)])
    page.mouse.move(x, y)
    scale = page.evaluate("() => slicewiseEditor.app.view.scale")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    wait_until_true(page, "(scale) => slicewiseEditor.app.view.scale > scale", scale)
    page.keyboard.up("Control")
    assert np.allclose(places(page, [(100.5, 80.5)]), [(x, y)], atol=2)
    page.mouse.down(button="middle")
    page.mouse.move(x + 40, y + 20)
    page.mouse.up(button="middle")
    assert np.allclose(places(page, [(100.5, 80.5)]), [(x + 40, y + 20)], atol=2)
    before = page.locator(".window-text").inner_text()
    page.mouse.down(button="right")
    page.mouse.move(x + 140, y + 60)
    page.mouse.up(button="right")
    assert page.locator(".window-text").inner_text() != before
    page.keyboard.press("w")
    assert page.locator(".window-text").inner_text() == before
    page.mouse.wheel(0, 120)
    expect(page.locator('.editor[data-slice="6"]')).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    expect(page.locator('.editor[data-slice="1"][data-ready="true"]')).to_have_count(1)
    draw(page, [(100, 80), (110, 80)])
    wait_until_saved(page)
    assert series.mask(1)[80, 105]
    assert series.store.slice(series.uid, 1, 0).pixels > 0
    page.keyboard.press("0")
    box = page.locator('.plane[data-axis="row"]').bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator('.editor[data-slice="1"]')).to_have_count(0)
    assert 5 < slice_shown(page) < 10
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys and mouse")).to_be_visible()
    page.keyboard.press("Escape")
    expect(stage(page)).to_be_visible()


def test_drawing_goes_on_while_proposals_are_made_and_they_appear_by_themselves(
    page: Page, series: DrawnSeries
) -> None:
    open_series(page, series)
    choose_tool(page, "Outline")
    for number in (1, 8):
        go_to(page, number)
        draw(page, [(60, 80), (120, 80), (120, 140), (60, 140), (60, 82)])
    page.get_by_role("button", name="Propose").click()
    go_to(page, 5)
    draw(page, [(60, 150), (120, 150), (120, 200), (60, 200), (60, 152)])
    wait_until_saved(page)
    own = series.store.slice(series.uid, 1, 4)
    assert own.state is SliceState.DRAWN and own.mask[170, 90]
    expect(page.locator(".tick.proposed").first).to_be_visible(timeout=300_000)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=300_000)
    assert series.store.slice(series.uid, 1, 4) == own
    go_to(page, 3)
    expect_shown(page, series.mask(3))
