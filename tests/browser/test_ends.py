"""Where a structure begins and ends is stated in two clicks, and nothing drawn gets lost by it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, expect

from core.annotation.actions import save_drawing
from core.annotation.ends import stated_ends
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from core.segments.ends import Ends
from tests.support.browser_connection import Connection
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    act,
    draw,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

MIDDLE, SLICES = 7, 14


def block() -> NDArray[np.bool_]:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[90:150, 60:120] = True
    return mask


def open_drawn(page: Page, series: DrawnSeries, port: int | None = None) -> None:
    """Open a series with one drawn slice and proposals on all others."""
    save_drawing(series.store, series.uid, 1, MIDDLE - 1, block(), person=PERSON, tool="brush")
    others = [index for index in range(SLICES) if index != MIDDLE - 1]
    proposals = [Proposal(1, index, block(), 0.5) for index in others]
    store_proposals(series.store, series.uid, proposals, person=PERSON)
    page.goto(series.address(port=port))
    wait_until_drawable(page)


def ends(series: DrawnSeries) -> Ends:
    stated = stated_ends(series.store, series.uid)
    return stated[1].ends if stated else Ends()


def states(series: DrawnSeries) -> list[SliceState]:
    return [series.store.slice(series.uid, 1, index).state for index in range(SLICES)]


def test_both_ends_are_stated_shown_undone_and_there_after_a_reload(
    page: Page, series: DrawnSeries
) -> None:
    open_drawn(page, series)
    asked = page.get_by_text("go to the first and the last slice that show")
    expect(asked).to_be_visible()
    go_to(page, 3)
    act(page, "Begins here")
    go_to(page, 11)
    page.keyboard.press("Shift+M")
    expect(page.locator(".strip .tick.first")).to_have_attribute(
        "title", "Slice 3: proposed, expected Dice 0.50, its first slice"
    )
    expect(page.locator(".strip .tick.beyond.proposed")).to_have_count(0)
    wait_until_saved(page)
    assert ends(series) == Ends(2, 10)
    assert states(series).count(SliceState.PROPOSED) == 8
    expect(asked).to_have_count(0)

    page.reload()
    wait_until_drawable(page)
    expect(page.locator(".strip .tick.beyond")).to_have_count(5)
    expect(page.locator(".segments")).to_contain_text("slices 3–11")
    page.keyboard.press("Control+z")
    expect(page.locator(".strip .tick.last")).to_have_count(0)
    wait_until_saved(page)
    assert ends(series) == Ends(2, None)
    assert states(series).count(SliceState.PROPOSED) == 11


def test_an_end_that_contradicts_a_drawing_is_refused_and_a_drawing_beyond_one_is_kept(
    page: Page, series: DrawnSeries
) -> None:
    open_drawn(page, series)
    go_to(page, 9)
    act(page, "Begins here")
    expect(page.locator(".notice")).to_contain_text(f"drawn on slice {MIDDLE}")
    wait_until_saved(page)
    assert ends(series) == Ends()
    act(page, "Ends here")
    expect(page.locator(".place")).to_contain_text("its last slice")
    go_to(page, 12)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    assert series.mask(12)[80, 100]
    assert ends(series) == Ends(None, 8)
    expect(page.get_by_text("Drawn on slice 12, behind the last slice (9)")).to_be_visible()


def test_an_end_that_another_tab_states_is_not_overwritten(
    page: Page, context: BrowserContext, series: DrawnSeries, connection: Connection
) -> None:
    open_drawn(page, series, connection.port)
    go_to(page, 3)
    connection.cut()  # so that this tab surely states its end before it hears of the other one
    other = context.new_page()
    other.goto(series.address())
    wait_until_drawable(other)
    go_to(other, 2)
    act(other, "Begins here")
    wait_until_saved(other)
    page.bring_to_front()
    act(page, "Begins here")
    connection.mend()
    expect(page.locator(".notice")).to_contain_text("stated elsewhere")
    expect(page.locator(".strip .tick.first")).to_have_attribute(
        "aria-label", "Slice 2: proposed, expected Dice 0.50, its first slice"
    )
    assert ends(series) == Ends(1, None)
