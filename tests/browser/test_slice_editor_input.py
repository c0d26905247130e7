"""Pen, fingers and keys reach everything in the slice editor that the mouse does."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import CDPSession, Page, expect

from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.slice_editor_driver import (
    Point,
    choose_tool,
    draw,
    expect_shown,
    go_to,
    places,
    stage,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

NUMBER = 5  # slice to draw on, counted from 1


@pytest.fixture
def opened(page: Page, series: DrawnSeries) -> Page:
    """The annotate page, on the slice to draw on."""
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, NUMBER)
    return page


@pytest.fixture
def touch(opened: Page) -> Callable[..., None]:
    """Fingers on the screen: `touch("touchStart", places)` with all that are down."""
    session = opened.context.new_cdp_session(opened)

    def dispatch(kind: str, *fingers: Point) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return dispatch


def draw_with_pen(session: CDPSession, line: list[Point]) -> None:
    """Draw a line through places in the window with a pen."""
    (x, y), *rest = line
    pen = {"button": "left", "buttons": 1, "pointerType": "pen", "clickCount": 1}
    session.send("Input.dispatchMouseEvent", {"type": "mousePressed", "x": x, "y": y, **pen})
    for x, y in rest:
        session.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y, **pen})
    pen["buttons"] = 0
    session.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "x": x, "y": y, **pen})


def scale(page: Page) -> float:
    """CSS pixels per mm."""
    return float(page.evaluate("() => slicewiseEditor.app.view.scale"))


def wait_for_mask(page: Page, series: DrawnSeries) -> NDArray[np.bool_]:
    """Stored mask of the slice once everything is saved."""
    wait_until_saved(page)
    return series.store.slice(series.uid, 1, NUMBER - 1).mask


def test_one_finger_draws_and_two_zoom_without_drawing(
    opened: Page, series: DrawnSeries, touch: Callable[..., None]
) -> None:
    page = opened
    one, other, far = places(page, [(100, 100), (140, 100), (200, 100)])
    before = scale(page)
    touch("touchStart", one)
    touch("touchStart", one, other)
    touch("touchMove", one, far)
    touch("touchEnd")
    wait_until_true(page, "(before) => slicewiseEditor.app.view.scale > 1.5 * before", before)
    assert not wait_for_mask(page, series).any()
    page.keyboard.press("0")
    touch("touchStart", one)
    touch("touchMove", other)
    touch("touchEnd")
    drawn = wait_for_mask(page, series)
    assert drawn[100, 100:140].all()
    expect_shown(page, drawn)


def test_fingers_that_zoom_leave_an_open_polygon_and_a_region_alone(
    opened: Page, series: DrawnSeries, touch: Callable[..., None]
) -> None:
    page = opened
    choose_tool(page, "Polygon")
    for corner in [(60, 60), (160, 60), (160, 160)]:
        draw(page, [corner])
    one, other, far = places(page, [(100, 100), (140, 100), (170, 100)])
    for tool in ("Polygon", "Region"):
        touch("touchStart", one)
        touch("touchStart", one, other)
        touch("touchMove", one, far)
        touch("touchEnd")
        if tool == "Polygon":
            expect(page.locator(".save-state")).to_have_attribute("data-state", "open")
            page.keyboard.press("Enter")
            triangle = wait_for_mask(page, series)
            assert abs(int(triangle.sum()) - 100 * 100 / 2) < 200
            choose_tool(page, "Region")
    assert (wait_for_mask(page, series) == triangle).all()


def test_a_hand_on_the_screen_neither_draws_nor_disturbs_a_pen(
    opened: Page, series: DrawnSeries, touch: Callable[..., None]
) -> None:
    page = opened
    pen = page.context.new_cdp_session(page)
    draw_with_pen(pen, places(page, [(60, 60), (100, 60)]))
    assert wait_for_mask(page, series)[60, 60:100].all()

    palm, beside = places(page, [(200, 200), (210, 210)])
    touch("touchStart", palm)
    draw_with_pen(pen, places(page, [(60, 120), (100, 120)]))
    touch("touchStart", palm, beside)
    touch("touchEnd")
    page.keyboard.press("0")
    drawn = wait_for_mask(page, series)
    assert drawn[120, 60:100].all()
    assert not drawn[180:].any()


def test_a_stroke_a_region_and_a_polygon_are_drawn_with_keys_alone(
    opened: Page, series: DrawnSeries
) -> None:
    page = opened
    stage(page).focus()

    def steer(way: str, count: int) -> None:
        for _ in range(count):
            page.keyboard.press(f"Shift+Arrow{way}")

    steer("Left", 20)
    page.keyboard.press("Enter")
    steer("Down", 15)
    page.keyboard.press("Enter")
    drawn = wait_for_mask(page, series)
    assert drawn[128:143, 108].all() and not drawn[128:143, 128].any()
    expect(page.locator(".tick.current")).to_have_attribute("title", f"Slice {NUMBER}: drawn")

    page.keyboard.press("Delete")
    page.keyboard.press("p")
    for way, count in [("Left", 10), ("Down", 30), ("Right", 30), ("Up", 10)]:
        steer(way, count)
        page.keyboard.press("Enter")
    page.keyboard.press("Backspace")  # the last corner was one too many
    page.keyboard.press("Enter")
    triangle = wait_for_mask(page, series)
    assert abs(int(triangle.sum()) - 30 * 30 / 2) < 60

    page.keyboard.press("Delete")
    page.keyboard.press("f")
    steer("Left", 1)
    page.keyboard.press("Enter")
    assert wait_for_mask(page, series).any()


def test_the_slice_is_zoomed_moved_and_windowed_with_keys_alone(opened: Page) -> None:
    page = opened
    stage(page).focus()
    fitted = page.evaluate("() => slicewiseEditor.app.view")
    page.keyboard.press("z")
    assert scale(page) > fitted["scale"]
    page.keyboard.press("Shift+Z")
    page.keyboard.press("Control+ArrowRight")
    assert page.evaluate("() => slicewiseEditor.app.view.x") < fitted["x"]
    page.keyboard.press("0")
    assert page.evaluate("() => slicewiseEditor.app.view") == fitted
    window = page.locator(".window-text")
    before = window.inner_text()
    for key in (".", ">"):
        page.keyboard.press(key)
        assert window.inner_text() != before
    page.keyboard.press("w")
    assert window.inner_text() == before
    assert page.locator(".editor").get_attribute("data-slice") == str(NUMBER)
