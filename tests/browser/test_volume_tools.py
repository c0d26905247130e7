"""A segment is changed on all slices with the mouse: seen before, stored as one step, undone."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from core.annotation.actions import save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    act,
    choose_tool,
    draw,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

MIDDLE, SLICES = 6, 14


def block(island: bool) -> NDArray[np.bool_]:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[90:150, 60:120] = True
    mask[200:206, 200:206] = island
    return mask


def open_drawn(page: Page, series: DrawnSeries) -> None:
    """Open a series with one drawn slice and proposals with an island on four others."""
    save_drawing(series.store, series.uid, 1, MIDDLE, block(True), person=PERSON, tool="brush")
    near = [index for index in range(MIDDLE - 2, MIDDLE + 3) if index != MIDDLE]
    proposals = [Proposal(1, index, block(True), 0.5) for index in near]
    store_proposals(series.store, series.uid, proposals, person=PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="Volume tools").click()
    expect(panel(page)).to_be_visible()


def panel(page: Page) -> Locator:
    return page.locator(".st-key-volume-tools")


def press(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name).click()


def choose_operation(page: Page, name: str) -> None:
    panel(page).get_by_role("combobox").first.click()
    page.get_by_role("option", name=name, exact=True).click()


def pixels(series: DrawnSeries) -> list[int]:
    return [int(series.mask(number).sum()) for number in range(1, SLICES + 1)]


def test_islands_are_shown_removed_from_proposals_alone_and_brought_back_by_one_undo(
    page: Page, series: DrawnSeries
) -> None:
    open_drawn(page, series)
    before = pixels(series)
    press(page, "Preview")
    expect(panel(page)).to_contain_text("4 slices would change (slices 5 to 9)")
    expect(page.locator(".place")).not_to_contain_text("preview")
    go_to(page, MIDDLE)
    expect(page.locator(".place")).to_contain_text("preview")
    assert pixels(series) == before

    press(page, "Apply")
    expect(panel(page)).to_contain_text("Changed 4 slices. One undo takes all of it back.")
    expect(page.locator(".place")).not_to_contain_text("preview")
    assert [number for number in range(1, SLICES + 1) if series.mask(number)[200, 200]] == [
        MIDDLE + 1
    ]
    assert series.store.slice(series.uid, 1, MIDDLE - 1).state is SliceState.PROPOSED
    assert series.store.slice(series.uid, 1, MIDDLE).state is SliceState.DRAWN

    act(page, "Undo")
    wait_until_saved(page)
    assert pixels(series) == before


def test_a_margin_changes_drawn_slices_only_when_asked(page: Page, series: DrawnSeries) -> None:
    open_drawn(page, series)
    own, before = series.mask(MIDDLE + 1), pixels(series)
    choose_operation(page, "Grow by a margin")
    panel(page).get_by_label("By (mm)").fill("3")
    panel(page).get_by_label("By (mm)").press("Enter")
    press(page, "Preview")
    expect(panel(page)).to_contain_text("would change")
    press(page, "Apply")
    expect(panel(page)).to_contain_text("Changed")
    assert np.array_equal(series.mask(MIDDLE + 1), own)
    assert all(
        now > one
        for place, (now, one) in enumerate(zip(pixels(series), before, strict=True))
        if one and place != MIDDLE
    )
    # The label is what a person clicks; the box itself is hidden behind it.
    panel(page).get_by_text("Also slices I drew").click()
    press(page, "Preview")
    expect(panel(page)).to_contain_text("would change")
    press(page, "Apply")
    expect(panel(page)).to_contain_text("Changed")
    assert series.mask(MIDDLE + 1).sum() > own.sum()
    assert series.store.slice(series.uid, 1, MIDDLE).state is SliceState.DRAWN


def test_a_stroke_takes_an_outdated_preview_away(page: Page, series: DrawnSeries) -> None:
    open_drawn(page, series)
    press(page, "Preview")
    apply = panel(page).get_by_role("button", name="Apply")
    expect(apply).to_be_enabled()
    choose_tool(page, "Brush")
    go_to(page, MIDDLE)
    draw(page, [(60, 170), (120, 170)])
    wait_until_saved(page)
    expect(apply).to_be_disabled()
    expect(page.locator(".place")).not_to_contain_text("preview")
    press(page, "Preview")
    expect(panel(page)).to_contain_text("3 slices would change")
