"""Nothing on the page moves because of the server: not the slice, not the strip, no button."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, expect

from core.annotation.actions import confirm_empty, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    act,
    go_to,
    places,
    stage,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

PROPOSING_MS = 400_000  # the model is compiled first
SIZES = [(768, 1024), (1280, 720), (1440, 900)]
STROKE_ROW, STROKE_SLICE = 60, 4

# Collects, in every frame, where the slice, the strip and all buttons lie.
WATCH = """() => {
  const { root } = slicewiseEditor;
  globalThis.boxes = {};
  const tools = root.querySelector(".tools");
  const note = (name, element, scrolled = 0) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    if (width === 0) return; // hidden while Streamlit fetches a part of itself
    (boxes[name] ??= new Set()).add([x, y + scrolled, width, height].map(Math.round).join());
  };
  const look = () => {
    const parts = [".stage", ".strip", ".planes", ".figures"];
    for (const name of parts) note(name, root.querySelector(name));
    for (const button of tools.querySelectorAll("[data-do]")) {
      note(button.dataset.do, button, tools.scrollTop);
    }
    for (const button of document.querySelectorAll('.st-key-steps button')) {
      const holder = button.closest('[class*="st-key-"]');
      const name = [...holder.classList].find((one) => one.startsWith("st-key-"));
      note(name, button);
    }
    requestAnimationFrame(look);
  };
  look();
}"""
SEEN = "() => Object.fromEntries(Object.entries(boxes).map(([name, all]) => [name, [...all]]))"


def disk(radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:256, :256]
    return np.asarray((rows - 128) ** 2 + (columns - 100) ** 2 < radius**2)


def open_drawn(page: Page, series: DrawnSeries) -> None:
    """Open a series with two drawn slices, two without the structure, and older proposals."""
    old = [Proposal(1, index, disk(20), 0.5) for index in (2, 7)]
    store_proposals(series.store, series.uid, old, person=PERSON)
    for index in (5, 8):
        save_drawing(series.store, series.uid, 1, index, disk(30), person=PERSON, tool="brush")
    for index in (1, 11):
        confirm_empty(series.store, series.uid, 1, index, person=PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    expect(page.locator(".st-key-line")).to_be_visible()
    wait_until_true(page, "() => document.fonts.status === 'loaded'")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_run_of_proposals_an_end_and_undo_leave_everything_in_its_place(
    context: BrowserContext, series: DrawnSeries, width: int, height: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    open_drawn(page, series)
    go_to(page, STROKE_SLICE)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Propose again").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()

    # A stroke that is held while the run ends, and drawn on from there, is straight.
    start, middle, end = places(page, [(60, STROKE_ROW), (100, STROKE_ROW), (140, STROKE_ROW)])
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*middle, steps=3)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PROPOSING_MS)
    expect(page.get_by_role("button", name="Review")).to_be_enabled()
    page.mouse.move(*end, steps=3)
    page.mouse.up()
    wait_until_saved(page)
    assert len(page.evaluate(SEEN)[".stage"]) == 1
    drawn = series.mask(STROKE_SLICE)
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    assert drawn[STROKE_ROW, 60:140].all(), (rows, columns)
    assert not drawn[STROKE_ROW + 12 : STROKE_ROW + 20].any(), (rows, columns)

    for number, button in ((3, "Begins here"), (11, "Ends here")):
        go_to(page, number)
        act(page, button)
        wait_until_saved(page)
    stage(page).focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".strip .tick.last")).to_have_count(0)
    wait_until_saved(page)

    seen = page.evaluate(SEEN)
    assert {".stage", ".strip", "st-key-leave-propose", "st-key-leave-page-review"} <= seen.keys()
    assert {name: boxes for name, boxes in seen.items() if len(boxes) > 1} == {}


def test_buttons_of_the_row_keep_one_meaning_each(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    row = page.locator(".st-key-steps")
    names = ("Propose", "Neighbours", "Review", "Next slice")
    for name in names:
        expect(row.get_by_role("button", name=name)).to_be_disabled()
    expect(page.locator(".st-key-line")).to_contain_text("draw on one slice")
    before = [row.get_by_role("button", name=name).bounding_box() for name in names[:3]]

    for index in (5, 8):
        save_drawing(series.store, series.uid, 1, index, disk(30), person=PERSON, tool="brush")
    store_proposals(series.store, series.uid, [Proposal(1, 6, disk(30), 0.5)], person=PERSON)
    page.reload()
    wait_until_drawable(page)
    for name in ("Propose", "Review"):
        expect(row.get_by_role("button", name=name)).to_be_enabled()
    assert [row.get_by_role("button", name=name).bounding_box() for name in names[:3]] == before
    assert series.store.slice(series.uid, 1, 6).state is SliceState.PROPOSED
