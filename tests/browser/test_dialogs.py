"""Dialogs and panels lie alone on top, and leave nothing half out of sight."""

import pytest
from playwright.sync_api import Page, expect

from core.segments.segment import Segment, default_color
from tests.support.drawn_series import DrawnSeries
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.segments import ANATOMY, SPLEEN
from tests.support.slice_editor_driver import wait_until_drawable

pytestmark = pytest.mark.browser

LONG_NAME = "Lymph nodes of the hepatic hilum, later arterial phase, group 12"

_HIDDEN_SIDEWAYS = """() => [...document.querySelectorAll(".counts")].some(
  (one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth)"""
_HAS_FOCUS = """() => document.querySelector('[role="dialog"]')?.contains(document.activeElement)"""
_SCROLLED = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return main.scrollHeight - main.clientHeight;
}"""


@pytest.mark.parametrize("button", ["Import masks…", "Add from a label list…"])
def test_a_dialog_opened_from_a_menu_closes_the_menu(
    button: str, page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="Add", exact=True).first.click()
    menu = page.get_by_test_id("stPopoverBody")
    expect(menu).to_be_visible()
    menu.get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(menu).to_have_count(0)
    wait_until_true(page, _HAS_FOCUS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(menu).to_have_count(0)


@pytest.mark.parametrize("width", [768, 1280])
def test_every_column_of_the_counts_is_in_sight_beside_a_long_name(
    width: int, page: Page, series: DrawnSeries
) -> None:
    series.store.save_segment(
        series.uid, Segment(2, LONG_NAME, default_color(2), ANATOMY, SPLEEN), PERSON
    )
    series.draw_on(5, segment=2)
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(series.address("review"))
    wait_until_drawable(page)
    page.get_by_role("button", name="Counts").click()
    table = page.get_by_role("region", name="Counts")
    expect(table.get_by_role("rowheader", name=LONG_NAME)).to_be_visible()
    last = table.get_by_role("columnheader", name="Proposed volume (ml)")
    box = last.bounding_box()
    assert box is not None and box["x"] + box["width"] <= width
    assert page.evaluate(_HIDDEN_SIDEWAYS) is False


def test_the_volume_tools_leave_the_slice_and_the_strip_in_sight_on_a_short_page(
    page: Page, series: DrawnSeries
) -> None:
    series.draw_on(5)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="Volume tools").click()
    panel = page.locator(".st-key-volume-tools")
    expect(panel).to_be_visible()
    wait_until_true(page, f"() => ({_SCROLLED})() === 0")
    for part in (".stage", ".strip", ".legend"):
        box = page.locator(part).bounding_box()
        assert box is not None and box["y"] + box["height"] <= 720, part


def test_only_applying_is_coloured_while_the_volume_tools_show_a_preview(
    page: Page, series: DrawnSeries
) -> None:
    series.draw_on(5)
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="Volume tools").click()
    panel = page.locator(".st-key-volume-tools")
    panel.get_by_role("combobox").first.click()
    page.get_by_role("option", name="Grow by a margin", exact=True).click()
    # The label is what a person clicks; the box itself is hidden behind it.
    panel.get_by_text("Also slices I drew").click()
    panel.get_by_role("button", name="Preview").click()
    expect(page.locator(".st-key-line")).to_contain_text("Next: look at what the volume tools")
    coloured = page.locator('[data-testid="stBaseButton-primary"]:visible')
    expect(coloured).to_have_count(1)
    expect(coloured).to_contain_text("Apply")


def test_formats_stand_beside_the_choice_and_the_download_takes_over_as_next_step(
    page: Page, series: DrawnSeries
) -> None:
    series.draw_on(5)
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto(series.address("export"))
    create = page.get_by_role("button", name="Create DICOM-SEG")
    choice = page.get_by_text("1 slice: 1 drawn")
    expect(create).to_be_visible()
    left, right = choice.bounding_box(), create.bounding_box()
    assert left is not None and right is not None
    assert left["x"] + left["width"] <= right["x"] and right["x"] + right["width"] <= 768
    assert abs(right["y"] - left["y"]) < 100
    coloured = page.locator('[data-testid="stBaseButton-primary"]:visible')
    expect(coloured).to_have_text(["Create DICOM-SEG"])
    create.click()
    expect(page.get_by_role("button", name="Download slicewise")).to_be_visible()
    expect(coloured).to_have_count(1)
    expect(coloured).to_contain_text("Download slicewise")
