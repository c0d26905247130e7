"""Menus close once something was done in them, and keys reach the buttons beside the slice."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.home.uploads import list_uploads, store_upload
from core.segments.segment import Segment, default_color
from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries
from tests.support.pages import PERSON
from tests.support.segments import ANATOMY, SPLEEN
from tests.support.slice_editor_driver import (
    go_to,
    slice_shown,
    stage,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser


def open_menus(page: Page) -> Locator:
    return page.locator('[data-testid="stPopoverBody"]:visible')


def test_deleting_one_upload_leaves_the_menu_of_the_next_closed(
    page: Page, server: Server, demo_slices: list[Path]
) -> None:
    for upload in range(2):
        content = demo_slices[upload].read_bytes()
        store_upload([(f"{upload}.dcm", io.BytesIO(content))], server.home)
    page.goto(server.url)
    menus = page.locator('[class*="st-key-icon-menu-"]')
    expect(menus.nth(1)).to_be_visible()
    before = {upload.identifier for upload in list_uploads(server.home)}
    menus.first.get_by_role("button").click()
    expect(open_menus(page)).to_contain_text("with 1 file permanently?")
    open_menus(page).get_by_role("button", name="Delete", exact=True).click()
    expect(menus).to_have_count(len(before) - 1)
    expect(open_menus(page)).to_have_count(0)
    assert len({upload.identifier for upload in list_uploads(server.home)}) == len(before) - 1


def test_the_menu_of_a_segment_closes_after_saving_and_is_closed_for_the_next_segment(
    page: Page, series: DrawnSeries
) -> None:
    spleen = Segment(2, "Spleen", default_color(2), ANATOMY, SPLEEN)
    series.store.save_segment(series.uid, spleen, PERSON)
    page.goto(series.address())
    wait_until_drawable(page)
    page.get_by_role("button", name="Edit").click()
    open_menus(page).get_by_label("Name").fill("Liver lobe")
    open_menus(page).get_by_role("button", name="Save").click()
    expect(page.locator(".segments")).to_contain_text("Liver lobe")
    expect(open_menus(page)).to_have_count(0)

    page.get_by_role("button", name="Edit").click()
    open_menus(page).get_by_role("button", name="Remove Liver lobe").click()
    expect(page.locator(".segments")).not_to_contain_text("Liver lobe")
    expect(open_menus(page)).to_have_count(0)
    assert [one.label for one in series.store.segments(series.uid)] == ["Spleen"]


def test_enter_and_space_press_buttons_after_keys_have_moved_the_cursor(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    stage(page).focus()
    page.keyboard.press("Shift+ArrowRight")
    button = page.get_by_role("button", name="Volume tools")
    panel = page.locator(".st-key-volume-tools")
    button.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    box = panel.get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    button.focus()
    page.keyboard.press("Space")
    expect(panel).to_have_count(0)
    # On the slice itself, Enter still puts the tool down.
    stage(page).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".segments")).to_contain_text("1 done")


def test_the_slice_has_the_focus_once_the_button_that_a_key_pressed_is_gone_or_disabled(
    page: Page, series: DrawnSeries
) -> None:
    series.draw_on(5)
    series.draw_on(9)
    page.goto(series.address())
    wait_until_drawable(page)
    propose = page.get_by_role("button", name="Propose", exact=True)
    propose.focus()
    page.keyboard.press("Enter")
    expect(propose).to_be_disabled()
    expect(stage(page)).to_be_focused()
    page.get_by_role("button", name="Add", exact=True).first.click()
    fields = open_menus(page)
    fields.get_by_role("textbox", name="Structure").fill("spleen")
    expect(fields.get_by_role("textbox", name="Name")).to_have_value("Spleen")
    fields.get_by_role("button", name="Add segment").focus()
    page.keyboard.press("Space")
    expect(page.locator(".segments")).to_contain_text("Spleen")
    expect(stage(page)).to_be_focused()


def test_what_was_typed_into_a_menu_is_there_when_it_is_opened_again(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    add = page.get_by_role("button", name="Add", exact=True).first
    add.click()
    fields = open_menus(page)
    fields.get_by_role("textbox", name="Structure").fill("spleen")
    expect(fields.get_by_role("textbox", name="Name")).to_have_value("Spleen")
    fields.get_by_role("textbox", name="Name").fill("Spleen, upper pole")
    fields.get_by_role("textbox", name="Name").press("Tab")
    page.keyboard.press("Escape")
    expect(fields).to_have_count(0)
    go_to(page, 5)
    add.click()
    expect(fields.get_by_role("textbox", name="Structure")).to_have_value("spleen")
    expect(fields.get_by_role("textbox", name="Name")).to_have_value("Spleen, upper pole")
    fields.get_by_role("button", name="Add segment").click()
    expect(page.locator(".segments")).to_contain_text("Spleen, upper pole")
    expect(fields).to_have_count(0)
    add.click()
    expect(fields.get_by_role("textbox", name="Structure")).to_have_value("")


def test_a_name_typed_when_a_menu_has_just_been_opened_goes_into_it_and_not_to_the_slice(
    page: Page, series: DrawnSeries
) -> None:
    series.draw_on(7)
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 7)
    before = series.store.annotation(series.uid)
    for menu in ("Add", "Edit"):
        page.get_by_role("button", name=menu, exact=True).first.click()
        expect(open_menus(page)).to_have_count(1)
        page.keyboard.press("Delete")
        page.keyboard.press("ArrowRight")
        page.keyboard.type("na me, ")  # before or after the fields of the menu are there
        field = open_menus(page).get_by_role("textbox").first
        expect(field).to_be_visible()
        page.keyboard.type("gland")
        expect(field).to_be_focused()
        expect(field).to_have_value(re.compile("gland$"))
        page.keyboard.press("Escape")
        expect(open_menus(page)).to_have_count(0)
    assert slice_shown(page) == 7
    page.keyboard.press("ArrowRight")
    expect(page.locator('.editor[data-slice="8"]')).to_have_count(1)
    wait_until_saved(page)
    assert series.store.annotation(series.uid).keys() == before.keys()
    assert series.mask(7).any()
