"""Lengths on the slice, and the figures of the segment beside it."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.drawn_series import DrawnSeries
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

LENGTHS = "() => slicewiseEditor.app.lengths"
SERIES = "() => slicewiseEditor.app.info"


def figure(page: Page, name: str) -> Locator:
    """What the page says of a figure."""
    return page.locator(".figures dt", has_text=re.compile(f"^{name}$")).locator("+ dd")


def test_lengths_stay_with_any_tool_until_the_slice_turns(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 5)
    choose_tool(page, "Measure")
    draw(page, [(60, 80), (100, 110)])
    draw(page, [(150, 60), (170, 60)])
    (start, end), _ = page.evaluate(LENGTHS)
    assert np.allclose([start, end], [(60, 80), (100, 110)], atol=1)
    draw(page, [(100, 110), (100, 80)])
    (_, moved), _ = page.evaluate(LENGTHS)
    assert np.allclose(moved, (100, 80), atol=1)
    page.keyboard.press("Delete")
    assert len(page.evaluate(LENGTHS)) == 1
    choose_tool(page, "Brush")
    draw(page, [(120, 120), (130, 120)])
    wait_until_saved(page)
    assert len(page.evaluate(LENGTHS)) == 1
    assert not series.mask(5)[70:90, 50:110].any()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(LENGTHS) == []
    choose_tool(page, "Measure")
    draw(page, [(60, 80), (100, 110)])
    page.get_by_role("button", name="Clear lengths").click()
    assert page.evaluate(LENGTHS) == []
    assert not series.mask(6).any()


def test_area_values_and_volume_follow_every_stroke(page: Page, series: DrawnSeries) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 5)
    expect(figure(page, "Area")).to_have_text("–")
    choose_tool(page, "Outline")
    draw(page, [(60, 80), (120, 80), (120, 140), (60, 140), (60, 82)])
    wait_until_saved(page)
    info = page.evaluate(SERIES)
    mask = series.mask(5)
    pixel = info["spacing"][1] * info["spacing"][2]
    values = np.array(page.evaluate("() => [...slicewiseEditor.app.pixels.get(4)]"))
    inside = values.reshape(256, 256)[mask] * info["slope"] + info["offset"]
    expect(figure(page, "Area")).to_have_text(f"{mask.sum() * pixel / 100:.2f} cm²")
    expect(figure(page, "Mean")).to_have_text(f"{inside.mean():.1f} HU")
    expect(figure(page, "SD")).to_have_text(f"{inside.std():.1f} HU")
    expect(figure(page, "Volume")).to_have_text(f"{mask.sum() * pixel * 5 / 1000:.1f} ml")
    go_to(page, 6)
    page.keyboard.press("c")
    wait_until_saved(page)
    expect(figure(page, "Volume")).to_have_text(f"{2 * mask.sum() * pixel * 5 / 1000:.1f} ml")
    page.keyboard.press("Control+z")
    expect(figure(page, "Area")).to_have_text("–")
