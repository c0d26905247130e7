"""Several segments in the slice editor: what is drawn with one, and what becomes of the others."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from core.annotation.actions import save_drawing
from core.segments.segment import default_color
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.segments import LIVER_SEGMENT
from tests.support.slice_editor_driver import (
    act,
    draw,
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
    expect(page.locator(".segments button").nth(1)).to_contain_text("1 done")
    assert not stored(two, 1).any()
    assert np.array_equal(stored(two, 2), block())
