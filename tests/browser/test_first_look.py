"""Looking through a series before any segment is named."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from core.home.teaching_choices import recall_teaching
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.slice_editor_driver import slice_shown, wait_until_drawable

pytestmark = pytest.mark.browser


def test_wheel_slider_and_presets_work_beside_the_question(page: Page, series: DrawnSeries) -> None:
    series.store.remove_segment(series.uid, 1, PERSON)
    page.goto(series.address())
    expect(page.get_by_text("What do you want to annotate?")).to_be_visible()
    picture = page.locator(".st-key-look img")
    expect(picture).to_have_attribute("alt", "Slice 8 of 14")
    before = picture.get_attribute("src")
    picture.hover()
    page.mouse.wheel(0, 100)
    expect(picture).to_have_attribute("alt", "Slice 9 of 14")
    page.get_by_role("slider", name="Slice").fill("3")
    expect(picture).to_have_attribute("alt", "Slice 3 of 14")
    shown = picture.get_attribute("src")
    assert shown != before
    page.get_by_role("radio", name=re.compile("Bone")).click()
    expect(picture).not_to_have_attribute("src", shown or "")

    page.get_by_role("textbox", name="Structure").fill("liver")
    page.get_by_role("button", name="Add segment").click()
    wait_until_drawable(page)
    assert slice_shown(page) == 3


def test_codes_are_found_while_a_name_is_typed_and_nothing_moves(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    page.locator('[class*="st-key-add-"] button').first.click()
    field = page.get_by_role("textbox", name="Structure")
    code = page.get_by_role("combobox", name="Code")
    expect(code).to_be_disabled()
    top = field.bounding_box()
    field.press_sequentially("gliom")
    # The field keeps the focus: typing goes on while results come.
    expect(code).to_have_value(re.compile("^Neoplasm"))
    field.press_sequentially("xyz")
    expect(page.get_by_text("No match")).to_have_count(0)
    expect(code).to_have_attribute("placeholder", re.compile("No match"))
    assert field.bounding_box() == top
    field.fill("spleen")
    expect(code).to_have_value(re.compile("^Spleen"))
    page.get_by_role("button", name="Add segment").click()
    expect(page.locator(".segments").get_by_role("radio")).to_have_count(2)
    expect(page.get_by_role("button", name=re.compile(r"\bAdd\b"))).to_have_count(1)


def test_settings_are_reached_before_any_segment_is_named(page: Page, series: DrawnSeries) -> None:
    series.store.remove_segment(series.uid, 1, PERSON)
    page.goto(series.address())
    expect(page.get_by_text("What do you want to annotate?")).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    most = page.get_by_role("combobox", name="Propose new series from earlier ones")
    most.click()
    page.get_by_role("option", name="From up to 2").click()
    expect(page.get_by_text("Chosen on the Series page: none yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Propose from them now")).to_be_disabled()
    deadline = time.monotonic() + 60
    while recall_teaching(series.server.home, PERSON, "").most != 2:
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
