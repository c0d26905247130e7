"""Several segments in the slice editor: what is drawn with one, and what becomes of the others."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from core.annotation.actions import save_drawing
from core.annotation.proposal_storing import store_proposals
from core.proposals.examples import Proposal
from core.segments.segment import Code, default_color
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.segments import LIVER_SEGMENT
from tests.support.slice_editor_driver import (
    act,
    draw,
    expect_drawn,
    expect_shown,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

SLICE = 3


def block() -> NDArray[np.bool_]:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[100:140, 60:180] = True
    return mask


@pytest.fixture
def two(series: DrawnSeries, page: Page) -> DrawnSeries:
    """A series with a block drawn in a second segment, opened at its slice."""
    spleen = replace(LIVER_SEGMENT, number=2, label="Spleen", color=default_color(2))
    series.store.save_segment(series.uid, spleen, PERSON)
    save_drawing(series.store, series.uid, 2, SLICE - 1, block(), person=PERSON, tool="brush")
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, SLICE)
    return series


def stored(series: DrawnSeries, segment: int) -> NDArray[np.bool_]:
    return series.store.slice(series.uid, segment, SLICE - 1).mask


def shown_pixels(page: Page, segment: int) -> int:
    """Pixels of a segment on the slice, as the tab shows them before the server has answered."""
    return int(
        page.evaluate(
            """async ([segment, slice]) => {
              const { app } = slicewiseEditor;
              const bytes = app.annotation.shown(segment, slice).code;
              let [pixels, inside, length, factor] = [0, false, 0, 1];
              for (const byte of bytes) {
                length += (byte & 0x7f) * factor;
                factor *= 0x80;
                if (byte >= 0x80) continue;
                if (inside) pixels += length;
                [inside, length, factor] = [!inside, 0, 1];
              }
              return pixels;
            }""",
            [segment, SLICE - 1],
        )
    )


def test_a_stroke_takes_its_pixels_from_the_other_segment_until_it_is_undone(
    page: Page, two: DrawnSeries
) -> None:
    draw(page, [(80, 120), (160, 120)])
    left = shown_pixels(page, 2)
    assert left < block().sum()
    wait_until_saved(page)
    drawn = stored(two, 1)
    assert (drawn & block()).any()
    assert np.array_equal(stored(two, 2), block() & ~drawn)
    assert stored(two, 2).sum() == left
    act(page, "Undo")
    wait_until_saved(page)
    expect(page.locator(".segments").get_by_role("radio").nth(1)).to_contain_text("1 done")
    assert not stored(two, 1).any()
    assert np.array_equal(stored(two, 2), block())


def row(page: Page, name: str, label: str) -> Locator:
    """A small button beside a segment, such as "Lock Spleen"."""
    return page.locator(".segments").get_by_role("button", name=f"{name} {label}", exact=True)


def test_a_locked_segment_keeps_its_pixels_and_says_why_it_cannot_be_drawn(
    page: Page, two: DrawnSeries
) -> None:
    row(page, "Lock", "Spleen").click()
    draw(page, [(80, 120), (160, 120)])
    expect(page.locator(".notice")).to_contain_text("Pixels of locked segments were left out")
    draw(page, [(30, 160), (200, 160)])
    wait_until_saved(page)
    drawn = stored(two, 1)
    assert drawn.any() and not (drawn & block()).any()
    assert np.array_equal(stored(two, 2), block())
    page.keyboard.press("2")
    draw(page, [(80, 200), (160, 200)])
    expect(page.locator(".notice")).to_contain_text("Spleen is locked")
    page.keyboard.press("Delete")
    expect(page.locator(".notice")).to_contain_text("Spleen is locked")
    row(page, "Unlock", "Spleen").click()
    expect(page.locator(".notice")).to_be_hidden()
    draw(page, [(80, 200), (160, 200)])
    wait_until_saved(page)
    assert stored(two, 2).sum() > block().sum()


def test_segments_are_hidden_and_shown_alone_by_mouse_and_keyboard(
    page: Page, two: DrawnSeries
) -> None:
    expect_drawn(page, 120, 100)
    hide = row(page, "Hide", "Spleen")
    hide.focus()
    page.keyboard.press("Enter")
    expect_shown(page, np.zeros((256, 256), dtype=np.bool_))
    expect(row(page, "Show", "Spleen")).to_be_focused()
    row(page, "Show", "Spleen").click()
    expect_shown(page, block())
    page.locator(".segments").get_by_role("button", name="Show Liver alone").click()
    expect_shown(page, np.zeros((256, 256), dtype=np.bool_))
    page.keyboard.press("2")
    expect_shown(page, block())


def test_what_is_locked_hidden_and_moved_is_as_it_was_at_the_next_visit(
    page: Page, two: DrawnSeries
) -> None:
    row(page, "Lock", "Liver").click()
    row(page, "Hide", "Spleen").click()
    page.locator(".segments").get_by_role("button", name="Move Liver down").click()
    expect(page.locator(".segments").get_by_role("radio")).to_contain_text(["Spleen", "Liver"])
    wait_until_kept(page, two)
    page.reload()
    wait_until_drawable(page)
    expect(page.locator(".segments").get_by_role("radio")).to_contain_text(["Spleen", "Liver"])
    expect(row(page, "Unlock", "Liver")).to_have_attribute("aria-pressed", "true")
    expect(row(page, "Show", "Spleen")).to_have_attribute("aria-pressed", "true")


def wait_until_kept(page: Page, series: DrawnSeries) -> None:
    """Wait until the server has kept how the segments are shown; nothing tells of it."""
    for _ in range(1200):
        views = [json.loads(path.read_text()) for path in (series.server.home / "views").iterdir()]
        if any(view["segments"]["order"] == [2, 1] for view in views):
            return
        page.wait_for_timeout(50)
    raise AssertionError("the display was not kept within a minute")


def test_fifty_segments_are_searched_and_do_not_push_the_planes_away(
    page: Page, series: DrawnSeries
) -> None:
    for number in range(2, 51):
        label = "Lesion" if number % 10 == 0 else f"Structure {number}"
        segment = replace(LIVER_SEGMENT, number=number, label=label, color=default_color(number))
        series.store.save_segment(series.uid, segment, PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    radios = page.locator(".segments").get_by_role("radio")
    expect(radios).to_have_count(50)
    expect(page.locator(".plane").first).to_be_in_viewport(ratio=0.9)
    page.get_by_role("searchbox", name="Find a segment").fill("lesion")
    expect(radios).to_contain_text([f"Lesion ({number})" for number in range(10, 51, 10)])
    radios.nth(4).click()
    expect(radios.nth(4)).to_have_attribute("aria-checked", "true")
    page.get_by_role("searchbox", name="Find a segment").fill("nothing")
    expect(page.locator(".segment-list")).to_contain_text("No segment has this name.")


def test_many_segments_are_grouped_by_what_is_done_and_by_category(
    page: Page, series: DrawnSeries
) -> None:
    lesion = Code("49755003", "SCT", "Morphologically Abnormal Structure")
    for number in range(2, 13):
        segment = replace(LIVER_SEGMENT, number=number, label=f"Structure {number}")
        if number == 12:
            segment = replace(segment, category=lesion)
        series.store.save_segment(series.uid, segment, PERSON)
    series.draw_on(5, segment=3)
    mask = series.mask(1).copy()
    mask[50:60, 50:60] = True
    store_proposals(series.store, series.uid, [Proposal(4, 5, mask, 0.5)], person=PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    radios = page.locator(".segments").get_by_role("radio")
    expect(radios).to_have_count(12)
    groups = page.get_by_label("Group of segments")
    for group, names in (
        ("Begun", ["Structure 3"]),
        ("To review", ["Structure 4"]),
        (lesion.meaning, ["Structure 12"]),
    ):
        groups.select_option(group)
        expect(radios).to_contain_text(names)
    groups.select_option("Not begun")
    expect(radios).to_have_count(10)
    groups.select_option("All")
    expect(radios).to_have_count(12)
