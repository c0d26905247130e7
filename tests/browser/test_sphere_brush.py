"""Brush and eraser as spheres: one stroke changes the neighbouring slices, too."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.annotation.actions import confirm_empty
from core.annotation.states import SliceState
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    expect_shown,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser


def drawn(series: DrawnSeries) -> set[int]:
    """Numbers of the slices with pixels."""
    return {
        index + 1 for (_, index), one in series.store.annotation(series.uid).items() if one.pixels
    }


def test_a_sphere_is_painted_erased_and_undone_in_single_steps(
    page: Page, series: DrawnSeries
) -> None:
    confirm_empty(series.store, series.uid, 1, 8, person=PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 8)
    choose_tool(page, "Brush")
    page.get_by_label("Sphere").check()
    page.evaluate("() => { slicewiseEditor.app.size = 24; }")
    draw(page, [(100, 100), (110, 100)])
    wait_until_saved(page)
    # Slices lie 5 mm apart: 12 mm reach two of them on either side. One is marked as not here.
    assert drawn(series) == {6, 7, 8, 10}
    assert series.store.slice(series.uid, 1, 8).state is SliceState.CONFIRMED_EMPTY
    pixel = page.evaluate("() => slicewiseEditor.app.info.spacing[1]")
    for number, away in ((8, 0), (7, 5), (6, 10)):
        height = int(series.mask(number).any(axis=1).sum()) * pixel
        assert height == pytest.approx(2 * np.sqrt(12**2 - away**2), abs=2 * pixel)
    go_to(page, 7)
    expect_shown(page, series.mask(7))
    go_to(page, 8)
    page.keyboard.press("Control+z")
    wait_until_saved(page)
    assert drawn(series) == set()
    page.keyboard.press("Control+y")
    wait_until_saved(page)
    assert drawn(series) == {6, 7, 8, 10}
    choose_tool(page, "Erase")
    expect(page.get_by_label("Sphere")).to_be_checked()
    page.evaluate("() => { slicewiseEditor.app.size = 16; }")
    draw(page, [(105, 100)])
    wait_until_saved(page)
    assert not series.mask(8)[100, 105] and not series.mask(7)[100, 105]
    assert series.mask(6)[100, 105]
    page.keyboard.press("k")
    expect(page.get_by_label("Sphere")).not_to_be_checked()


def test_a_sphere_survives_a_reload_right_after_it(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 5)
    page.keyboard.press("k")
    page.evaluate("() => { slicewiseEditor.app.size = 24; }")
    draw(page, [(100, 100), (110, 100)])
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    wait_until_drawable(page)
    wait_until_saved(page)
    wait_until_true(page, "() => slicewiseEditor.app.annotation.shown(1, 6).version > 0")
    assert drawn(series) == {3, 4, 5, 6, 7}
