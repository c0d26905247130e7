"""A second series beside the slice: the same place, whichever slice is shown."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series
from tests.support.page_conditions import wait_until_true
from tests.support.slice_editor_driver import draw, go_to, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser

WINDOW = {"center": 350, "width": 700}
PIXEL = """() => {
  const canvas = slicewiseEditor.root.querySelector(".second canvas.image");
  const [x, y] = [canvas.width / 2, canvas.height / 2].map(Math.floor);
  return canvas.getContext("2d").getImageData(x, y, 1, 1).data[0];
}"""
COLOURED = """() => {
  const canvas = slicewiseEditor.root.querySelector(".second canvas.masks");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 === 3 && value > 0);
}"""


def write_beside(folder: Path, files: list[Path], name: str, **changes: object) -> None:
    """Write every other slice as a series of its own: its n-th slice is 100 × n HU everywhere."""
    uid = generate_uid()
    for index, path in enumerate(files[::2]):
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.SeriesDescription = name
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        value = 100 * (index + 1) - int(dataset.RescaleIntercept)
        dataset.PixelData = np.full((dataset.Rows, dataset.Columns), value, "<u2").tobytes()
        dataset.WindowCenter, dataset.WindowWidth = WINDOW["center"], WINDOW["width"]
        for keyword, other in changes.items():
            setattr(dataset, keyword, other)
        dataset.save_as(folder / f"{uid}-{index}.dcm")


@pytest.fixture(scope="module")
def series(server: Server, demo_slices: list[Path]) -> DrawnSeries:
    """A series with one beside it in the same frame of reference, and one in another."""
    added = add_series(server, demo_slices, "second-series")
    folder = server.home / "series" / "second-series"
    write_beside(folder, demo_slices, "Steps")
    write_beside(folder, demo_slices, "Elsewhere", FrameOfReferenceUID=generate_uid())
    return added


def choose(page: Page, name: str) -> None:
    """Choose the second series in its menu above the slice."""
    page.locator(".st-key-icon-menu-second").get_by_role(
        "button", name="Show a second series"
    ).click()
    menu = page.get_by_test_id("stPopoverBody")
    expect(menu).to_contain_text("Elsewhere (CT, 7 slices) cannot be shown: it has another")
    menu.locator("label", has_text=name).click()
    page.keyboard.press("Escape")


def expect_grey(page: Page, value: float) -> None:
    """Wait until the middle of the second picture is as bright as a value."""
    share = (value - (WINDOW["center"] - WINDOW["width"] / 2)) / (WINDOW["width"] - 1)
    wait_until_true(page, f"() => Math.abs(({PIXEL})() - {share * 255}) < 1.5")


def test_the_second_picture_follows_the_slice_and_shows_what_is_drawn(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 5)
    expect(page.locator(".second")).to_be_hidden()
    choose(page, "Steps")
    expect(page.locator(".second-name")).to_have_text("Steps")
    for number, shown in ((5, 3), (9, 5), (1, 1), (13, 7)):
        go_to(page, number)
        expect(page.locator(f'.second[data-slice="{number}"]')).to_be_visible()
        expect(page.locator(".second-place")).to_have_text(f"slice {shown} of 7")
        expect_grey(page, 100 * shown)
    assert not page.evaluate(COLOURED)
    draw(page, [(80, 80), (120, 80)])
    wait_until_saved(page)
    wait_until_true(page, COLOURED)
    assert series.store.slice(series.uid, 1, 12).mask[80, 100]
    choose(page, "None")
    expect(page.locator(".second")).to_be_hidden()


def test_the_wheel_over_the_second_picture_turns_both_and_its_window_is_its_own(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    go_to(page, 3)
    choose(page, "Steps")
    expect_grey(page, 200)
    page.locator(".second-stage").hover()
    page.mouse.wheel(0, 120)
    expect(page.locator('.editor[data-slice="4"]')).to_have_count(1)
    expect(page.locator(".second-value")).to_have_text("200 HU")
    window = page.locator(".window-text").inner_text()
    page.locator(".second-windows").select_option("Bone")
    wait_until_true(page, f"() => ({PIXEL})() < 110")
    assert page.locator(".window-text").inner_text() == window
