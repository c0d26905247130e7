"""Proposals come slice by slice while one may go on drawing, and none of an earlier run stays."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from core.annotation.actions import confirm_empty, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import wait_until_drawable

pytestmark = pytest.mark.browser

PROPOSING_MS = 400_000  # the model is compiled first
FIRST, LAST, SLICES = 3, 10, 14  # without the structure; it lies between

# What the strip and the bar say while a job runs.
WATCH = """() => {
  const editor = document.querySelector('[data-testid="stMain"]');
  globalThis.seen = { live: new Set(), shares: [], texts: new Set() };
  globalThis.watching = setInterval(() => {
    for (const tick of slicewiseEditor.root.querySelectorAll(".strip .tick.proposed")) {
      if (!tick.title.includes("expected Dice")) seen.live.add(tick.title);
    }
    const bar = editor.querySelector('[role="progressbar"]');
    if (bar !== null) {
      seen.shares.push(Number(bar.getAttribute("aria-valuenow")));
      seen.texts.add(bar.parentElement.textContent);
    }
  }, 100);
}"""
SEEN = "() => ({ live: [...seen.live], shares: seen.shares, texts: [...seen.texts] })"


def disk(radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:256, :256]
    return np.asarray((rows - 128) ** 2 + (columns - 100) ** 2 < radius**2)


def test_a_run_shows_slices_as_they_come_and_removes_what_earlier_runs_left(
    page: Page, series: DrawnSeries
) -> None:
    old = [Proposal(1, index, disk(20), 0.5) for index in range(SLICES)]
    store_proposals(series.store, series.uid, old, person=PERSON)
    for index in (5, 8):
        save_drawing(series.store, series.uid, 1, index, disk(30), person=PERSON, tool="brush")
    for index in (FIRST, LAST):
        confirm_empty(series.store, series.uid, 1, index, person=PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Propose again").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PROPOSING_MS)
    wait_until_true(
        page,
        "() => slicewiseEditor.root.querySelectorAll('.strip .tick.proposed').length <= 4",
    )
    seen = page.evaluate(SEEN)
    assert seen["live"], "no proposal was shown before all were made"
    assert seen["shares"] == sorted(seen["shares"])
    assert not [text for text in seen["texts"] if " of " in text]
    states = [series.store.slice(series.uid, 1, index).state for index in range(SLICES)]
    beyond = [*range(FIRST), *range(LAST + 1, SLICES)]
    assert {states[index] for index in beyond} == {SliceState.EMPTY}
