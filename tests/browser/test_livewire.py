"""The livewire: its line snaps to edges, and becomes a mask when it is applied."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from scipy.ndimage import binary_fill_holes, label

from core.annotation.states import SliceState
from tests.support.drawn_series import DrawnSeries
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    expect_shown,
    go_to,
    places,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser


def body(page: Page) -> NDArray[np.bool_]:
    """Pixels of the patient on the slice that is shown."""
    values = page.evaluate("() => [...slicewiseEditor.app.pixels.get(slicewiseEditor.app.slice)]")
    offset = page.evaluate("() => slicewiseEditor.app.info.offset")
    parts, _ = label(np.array(values).reshape(256, 256) + offset > -300)
    largest = parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])
    return np.asarray(binary_fill_holes(largest))


def points_on_edge(mask: NDArray[np.bool_], count: int) -> list[tuple[float, float]]:
    """Points on the edge of a mask, at equal angles around its middle."""
    row, column = np.argwhere(mask).mean(axis=0)
    points = []
    for angle in np.arange(count) * 2 * np.pi / count:
        steps = np.arange(0, 180, 0.5)
        xs, ys = column + steps * np.cos(angle), row + steps * np.sin(angle)
        inside = mask[ys.astype(int).clip(0, 255), xs.astype(int).clip(0, 255)]
        last = np.flatnonzero(inside)[-1]
        points.append((float(xs[last]), float(ys[last])))
    return points


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def open_slice(page: Page, series: DrawnSeries, number: int) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, number)
    # The edge between skin and air, which a window for soft tissue shows weakly.
    page.locator(".windows").select_option("Lung")
    choose_tool(page, "Livewire")


def test_a_few_clicks_follow_an_edge_that_the_window_shows(page: Page, series: DrawnSeries) -> None:
    open_slice(page, series, 6)
    wanted = body(page)
    points = points_on_edge(wanted, 6)
    for point in [*points, points[0]]:
        draw(page, [point])
    expect(page.locator(".save-state")).to_contain_text("line closed")
    assert not series.mask(6).any()
    page.keyboard.press("Enter")
    wait_until_saved(page)
    stored = series.store.slice(series.uid, 1, 5)
    assert stored.state is SliceState.DRAWN
    assert dice(stored.mask, wanted) > 0.97
    expect_shown(page, stored.mask)
    page.keyboard.press("Control+z")
    wait_until_saved(page)
    assert not series.mask(6).any()


def test_points_are_taken_back_and_the_line_is_dropped(page: Page, series: DrawnSeries) -> None:
    open_slice(page, series, 7)
    points = points_on_edge(body(page), 6)
    for point in points[:4]:
        draw(page, [point])
    page.keyboard.press("Backspace")
    page.mouse.dblclick(*places(page, [points[4]])[0])
    expect(page.locator(".save-state")).to_contain_text("line closed")
    page.keyboard.press("Backspace")
    expect(page.locator(".save-state")).to_contain_text("line open")
    page.keyboard.press("Escape")
    wait_until_saved(page)
    assert not series.mask(7).any()


def test_a_point_of_a_closed_line_is_dragged_and_turning_the_slice_applies_it(
    page: Page, series: DrawnSeries
) -> None:
    open_slice(page, series, 8)
    wanted = body(page)
    points = points_on_edge(wanted, 6)
    for point in points[:5]:
        draw(page, [point])
    page.keyboard.press("Enter")
    expect(page.locator(".save-state")).to_contain_text("line closed")
    middle = tuple(np.argwhere(wanted).mean(axis=0)[::-1])
    draw(page, [points[1], middle])
    page.keyboard.press("ArrowRight")
    wait_until_saved(page)
    stored = series.mask(8)
    assert 0.3 * wanted.sum() < stored.sum() < 0.95 * wanted.sum()
    assert not series.mask(9).any()
