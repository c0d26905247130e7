"""Reviewing in the editor's own view: decisions answer at once, and nothing moves."""

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from core.annotation.actions import save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.proposals.examples import Proposal
from tests.browser.conftest import FLAGS
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import (
    draw,
    slice_shown,
    stage,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

SLICES, DRAWN, JUMPS = 14, 6, 10
WORST = [1, 12, 4]  # slices with the lowest expected Dice, in this order

# Presses a key as a browser would, and tells which slice is shown before anything else happens.
PRESS = """(key) => {
  const pressed = { key, bubbles: true, cancelable: true };
  const page = document.querySelector('[data-testid="stMain"]');
  page.dispatchEvent(new KeyboardEvent("keydown", pressed));
  const { slice, pixels } = slicewiseEditor.app;
  return pixels.has(slice) ? slice : "a slice that is not here yet";
}"""
PARTS = (".stage", ".strip", '[data-do="review-accept"]', '[data-do="review-all"]')
BOXES = """(parts) => parts.map((part) => {
  const { x, y, width, height } = slicewiseEditor.root.querySelector(part).getBoundingClientRect();
  return [x, y, width, height].map(Math.round);
})"""
# Whether the canvas of the masks shows the colour of the version before.
SHOWS_PREVIOUS = """() => {
  const canvas = slicewiseEditor.root.querySelector("canvas.masks");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, opacity] = data.slice(at, at + 4);
    if (red < 60 && green > 180 && blue > 200 && opacity > 200) return true;
  }
  return false;
}"""


def disk(radius: float = 28, column: int = 100) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:256, :256]
    return np.asarray((rows - 128) ** 2 + (columns - column) ** 2 < radius**2)


@pytest.fixture
def proposed(series: DrawnSeries) -> DrawnSeries:
    """One drawn slice, the others proposed; one lies elsewhere than those beside it."""
    save_drawing(series.store, series.uid, 1, DRAWN, disk(), person=PERSON, tool="brush")
    expected = {at: 0.3 + 0.1 * place for place, at in enumerate(WORST)}
    for radius in (20, 28):
        proposals = [
            Proposal(1, at, disk(radius, 160 if at == JUMPS else 100), expected.get(at, 0.95))
            for at in range(SLICES)
            if at != DRAWN
        ]
        store_proposals(series.store, series.uid, proposals, person=PERSON)
    return series


@pytest.fixture
def reviewing(page: Page, proposed: DrawnSeries) -> Page:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(proposed.address("review"))
    wait_until_drawable(page)
    expect(line(page)).to_contain_text("13 left, about 3 need a stroke")
    fetched = "(slices) => slices.every((one) => slicewiseEditor.app.pixels.has(one))"
    wait_until_true(page, fetched, WORST)
    return page


def line(page: Page) -> Locator:
    return page.locator(".review-line")


def state(series: DrawnSeries, index: int) -> SliceState:
    return series.store.slice(series.uid, 1, index).state


def test_keys_decide_at_once_worst_first_and_undo_takes_each_back(
    reviewing: Page, proposed: DrawnSeries
) -> None:
    page = reviewing
    assert slice_shown(page) == WORST[0] + 1
    boxes = page.evaluate(BOXES, PARTS)
    decisions = [("a", SliceState.ACCEPTED), ("x", SliceState.EMPTY)]
    for place, (key, after) in enumerate(decisions):
        assert page.evaluate(PRESS, key) == WORST[place + 1]
        wait_until_saved(page)
        assert state(proposed, WORST[place]) is after
    page.evaluate(PRESS, "n")
    wait_until_saved(page)
    assert state(proposed, WORST[2]) is SliceState.CONFIRMED_EMPTY
    expect(line(page)).to_contain_text("10 left, about none needs a stroke")
    assert page.evaluate(BOXES, PARTS) == boxes

    for index in reversed(WORST):
        page.keyboard.press("Control+z")
        expect(page.locator(f'.editor[data-slice="{index + 1}"]')).to_have_count(1)
        wait_until_saved(page)
        assert state(proposed, index) is SliceState.PROPOSED
    expect(line(page)).to_contain_text("13 left")


def test_buttons_are_pressed_by_enter_and_sliders_keep_their_arrows(reviewing: Page) -> None:
    page = reviewing
    page.locator('[data-do="review-next"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'.editor[data-slice="{WORST[1] + 1}"]')).to_have_count(1)
    page.locator(".opacity").focus()
    before = page.locator(".opacity").input_value()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".opacity")).not_to_have_value(before)
    assert slice_shown(page) == WORST[1] + 1


def test_the_whole_picture_and_the_strip_are_in_sight_on_a_short_page(reviewing: Page) -> None:
    for part in PARTS:
        box = reviewing.locator(part).bounding_box()
        assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 720, part
    assert reviewing.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop") == 0


def test_slices_swept_over_on_the_strip_are_accepted_in_one_step(
    reviewing: Page, proposed: DrawnSeries
) -> None:
    page = reviewing
    box = page.locator(".strip").bounding_box()
    assert box is not None
    first, last = (box["x"] + box["width"] * (at + 0.5) / SLICES for at in (3, 8))
    y = box["y"] + box["height"] / 2
    page.mouse.move(first, y)
    page.mouse.down()
    page.mouse.move(last, y, steps=5)
    page.mouse.up()
    assert slice_shown(page) == WORST[0] + 1
    assert state(proposed, 4) is SliceState.PROPOSED
    expect(page.locator('[data-do="review-range"]')).to_have_text("Accept 5: slices 4–9")
    page.keyboard.press("Enter")
    wait_until_saved(page)
    accepted = [at for at in range(SLICES) if state(proposed, at) is SliceState.ACCEPTED]
    assert accepted == [3, 4, 5, 7, 8]
    page.keyboard.press("Control+z")
    wait_until_true(page, "() => !slicewiseEditor.app.annotation.isWaiting()")
    wait_until_saved(page)
    assert [state(proposed, at) for at in accepted] == [SliceState.PROPOSED] * 5


def test_a_proposal_is_rejected_with_a_reason_that_the_step_keeps(
    reviewing: Page, proposed: DrawnSeries
) -> None:
    page, store = reviewing, proposed.store
    page.keyboard.press("Shift+X")
    page.get_by_role("button", name="too large").click()
    wait_until_saved(page)
    assert state(proposed, WORST[0]) is SliceState.EMPTY
    assert store.undo_action(proposed.uid, PERSON) == "reject: too large"
    page.keyboard.press("Shift+X")
    page.get_by_label("Other reason").fill("a vessel, x and a")
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert store.undo_action(proposed.uid, PERSON) == "reject: a vessel, x and a"
    assert state(proposed, WORST[1]) is SliceState.EMPTY


def test_a_slice_is_corrected_in_place(reviewing: Page, proposed: DrawnSeries) -> None:
    page = reviewing
    draw(page, [(20, 20), (40, 20)])  # looking around draws nothing
    page.keyboard.press("e")
    draw(page, [(130, 60), (150, 60)])
    wait_until_saved(page)
    stored = proposed.store.slice(proposed.uid, 1, WORST[0])
    assert stored.state is SliceState.CORRECTED
    assert stored.mask[60, 140] and not stored.mask[20, 30]
    expect(line(page)).to_contain_text("12 left")
    assert page.evaluate(PRESS, "a") == WORST[1]
    # The wheel turns the slices, as everywhere.
    stage(page).hover()
    page.mouse.wheel(0, 100)
    expect(page.locator(f'.editor[data-slice="{WORST[1] + 2}"]')).to_have_count(1)


def test_a_jump_is_marked_with_the_reason_and_the_version_before_is_outlined(
    reviewing: Page,
) -> None:
    page = reviewing
    expect(page.locator(".strip .tick.jumps")).to_have_count(1)
    page.locator(".strip .tick.jumps").click()
    expect(line(page)).to_contain_text("lies elsewhere than on the slices beside it")
    assert not page.evaluate(SHOWS_PREVIOUS)
    page.get_by_label("Previous version").check()
    wait_until_true(page, SHOWS_PREVIOUS)
    page.keyboard.press("y")
    wait_until_true(page, f"() => !({SHOWS_PREVIOUS})()")


def test_what_another_window_has_changed_is_not_accepted_unseen(
    reviewing: Page, proposed: DrawnSeries
) -> None:
    page = reviewing
    save_drawing(
        proposed.store, proposed.uid, 1, WORST[0], disk(9), person="Somebody Else", tool="brush"
    )
    page.evaluate(PRESS, "a")
    expect(page.locator(".notice")).to_contain_text("Not stored")
    wait_until_saved(page)
    assert state(proposed, WORST[0]) is SliceState.CORRECTED


@pytest.mark.parametrize("leave", ["link", "button"])
def test_after_all_are_accepted_the_page_leads_on(
    reviewing: Page, proposed: DrawnSeries, leave: str
) -> None:
    page = reviewing
    page.get_by_role("button", name="Accept all 13 of Liver").click()
    expect(line(page)).to_contain_text("All proposals are reviewed.")
    if leave == "button":
        page.get_by_role("button", name="Export").click()
        expect(page.get_by_role("button", name="Create DICOM-SEG")).to_be_visible()
    else:
        page.get_by_role("link", name="Annotate").click()
        wait_until_drawable(page)
        expect(page.locator(".review")).to_have_count(0)
        brush = page.locator(".tools").get_by_role("button", name="Brush")
        expect(brush).to_have_attribute("aria-pressed", "true")
    states = [state(proposed, at) for at in range(SLICES)]
    assert states.count(SliceState.ACCEPTED) == SLICES - 1


def test_tools_that_do_not_fit_scroll_up_and_down_alone(
    browser: Browser, chromium: str, proposed: DrawnSeries
) -> None:
    # Scrollbars take room, as on most desktops; Playwright hides them.
    showing = browser.browser_type.launch(
        executable_path=chromium, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
    )
    page = showing.new_page(viewport={"width": 1360, "height": 760})
    page.goto(proposed.address("review"))
    wait_until_drawable(page)
    beside, below = page.locator(".tools").evaluate(
        "({ offsetWidth, clientWidth, offsetHeight, clientHeight }) =>"
        " [offsetWidth - clientWidth, offsetHeight - clientHeight]"
    )
    assert beside > 0 and below == 0
    showing.close()
