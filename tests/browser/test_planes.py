"""The planes across the slices in the large view: looking, and drawing with the mouse."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from core.annotation.actions import confirm_empty
from core.annotation.states import SliceState
from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series
from tests.support.page_conditions import wait_until_true
from tests.support.pages import PERSON
from tests.support.plane_driver import (
    Axis,
    draw_on_plane,
    enlarge,
    places,
    show_at,
    wait_until_here,
)
from tests.support.slice_editor_driver import (
    choose_tool,
    draw,
    go_to,
    wait_until_drawable,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

BRIGHT = """() => {
  const canvas = slicewiseEditor.root.querySelector(".plane-stage canvas.image");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, place) => place % 4 === 0 && value > 40).length;
}"""
COLOURED = """([x, y]) => {
  const canvas = slicewiseEditor.root.querySelector(".plane-stage canvas.masks");
  const box = canvas.getBoundingClientRect();
  const density = canvas.width / box.width;
  const at = [(x - box.x) * density, (y - box.y) * density].map(Math.floor);
  return canvas.getContext("2d").getImageData(...at, 1, 1).data[3] > 0;
}"""


@pytest.fixture
def thick(server: Server, demo_slices: list[Path], request: pytest.FixtureRequest) -> DrawnSeries:
    """Every third slice alone: slices of 15 mm with pixels of less than 2 mm."""
    return add_series(server, demo_slices[::3], f"thick-{request.node.name}")


@pytest.fixture
def tilted(
    server: Server, demo_slices: list[Path], tmp_path: Path, request: pytest.FixtureRequest
) -> DrawnSeries:
    """Each slice is shifted against the one before by three pixels along its columns."""
    files = []
    for number, path in enumerate(demo_slices):
        dataset = pydicom.dcmread(path)
        across, down, along = (float(one) for one in dataset.ImagePositionPatient)
        shift = 3 * number * float(dataset.PixelSpacing[0])
        dataset.ImagePositionPatient = [across, round(down + shift, 4), along]
        files.append(tmp_path / path.name)
        dataset.save_as(files[-1])
    return add_series(server, files, f"tilted-{request.node.name}")


def open_plane(page: Page, series: DrawnSeries, axis: Axis, index: int, size: float) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    choose_tool(page, "Brush")
    page.evaluate("(size) => { slicewiseEditor.app.size = size; }", size)
    enlarge(page, axis)
    show_at(page, axis, index)


def stored(series: DrawnSeries) -> dict[int, np.ndarray]:
    """Masks with pixels by slice, counted from 0."""
    annotation = series.store.annotation(series.uid)
    return {index: one.mask for (_, index), one in annotation.items() if one.pixels}


def test_a_stroke_on_the_coronal_plane_lands_in_the_slices_it_crosses_as_one_step(
    page: Page, series: DrawnSeries
) -> None:
    confirm_empty(series.store, series.uid, 1, 6, person=PERSON)
    open_plane(page, series, "row", 100, size=8)
    draw_on_plane(page, "row", [(80, 3), (80, 8)])
    wait_until_saved(page)
    masks = stored(series)
    # Slices lie 5 mm apart: the brush, 4 mm beyond its ends, crosses one more on either side.
    # One is marked as not here, and stays.
    assert set(masks) == {2, 3, 4, 5, 7, 8, 9}
    assert series.store.slice(series.uid, 1, 6).state is SliceState.CONFIRMED_EMPTY
    step = page.evaluate("() => slicewiseEditor.app.info.spacing[2]")
    for mask in masks.values():
        rows, columns = np.nonzero(mask)
        assert set(rows) == {100}
        assert np.array_equal(columns, np.arange(columns[0], columns[-1] + 1))
    columns = np.nonzero(masks[5])[1]
    assert len(columns) * step == pytest.approx(8, abs=step)
    assert abs(columns.mean() + 0.5 - 80) <= 1
    assert page.evaluate(COLOURED, places(page, "row", [(80, 5)])[0])
    assert not page.evaluate(COLOURED, places(page, "row", [(80, 6)])[0])
    page.keyboard.press("Control+z")
    wait_until_saved(page)
    assert stored(series) == {}
    page.keyboard.press("Control+y")
    wait_until_saved(page)
    assert set(stored(series)) == set(masks)
    choose_tool(page, "Erase")
    draw_on_plane(page, "row", [(80, 9), (80, 5)])
    wait_until_saved(page)
    left = stored(series)
    assert set(left) == {2, 3, 4}
    assert 0 < left[4].sum() < masks[4].sum()


def test_thick_slices_are_shown_with_the_right_aspect_and_drawn_on_as_slabs(
    page: Page, thick: DrawnSeries
) -> None:
    open_plane(page, thick, "column", 90, size=6)
    # A dab well inside of a slab stays in it, however much thicker the slab is than the brush.
    draw_on_plane(page, "column", [(100, 2.2)])
    wait_until_saved(page)
    masks = stored(thick)
    assert set(masks) == {2}
    rows, columns = np.nonzero(masks[2])
    height = page.evaluate("() => slicewiseEditor.app.info.spacing[1]")
    assert set(columns) == {90}
    assert len(rows) * height == pytest.approx(6, abs=height)
    # All of the slab is coloured, and nothing beyond it.
    for at, is_marked in ((1.6, True), (2.0, True), (2.4, True), (1.2, False), (2.8, False)):
        assert page.evaluate(COLOURED, places(page, "column", [(100, at)])[0]) is is_marked
    # A dab on the face between two slices is in both.
    draw_on_plane(page, "column", [(60, 3.5)])
    wait_until_saved(page)
    assert set(stored(thick)) == {2, 3, 4}
    aspect = page.evaluate(
        """() => {
          const { info, planeViews } = slicewiseEditor.app;
          const { clientWidth, clientHeight } = slicewiseEditor.root.querySelector(".plane-stage");
          const [slices, rows] = info.shape;
          const size = [rows * info.spacing[1], slices * info.spacing[0]];
          const fitted = Math.min(clientWidth / size[0], clientHeight / size[1]);
          return planeViews.column.view.scale / fitted;
        }"""
    )
    assert aspect == pytest.approx(1, abs=1e-6)


def test_a_straight_stroke_over_tilted_slices_lands_where_each_of_them_lies(
    page: Page, tilted: DrawnSeries
) -> None:
    open_plane(page, tilted, "column", 90, size=8)
    draw_on_plane(page, "column", [(150, 3), (150, 8)])
    wait_until_saved(page)
    masks = stored(tilted)
    assert set(masks) == {2, 3, 4, 5, 6, 7, 8, 9}
    for index in range(3, 9):
        rows, columns = np.nonzero(masks[index])
        assert set(columns) == {90}
        assert abs(rows.mean() + 0.5 - (150 - 3 * index)) <= 1
    for index in (3, 8):
        assert page.evaluate(COLOURED, places(page, "column", [(150, index)])[0])


def test_a_sphere_on_a_slice_is_straight_over_tilted_slices(
    page: Page, tilted: DrawnSeries
) -> None:
    page.goto(tilted.address())
    wait_until_drawable(page)
    go_to(page, 7)
    choose_tool(page, "Brush")
    page.get_by_label("Sphere").check()
    page.evaluate("() => { slicewiseEditor.app.size = 24; }")
    draw(page, [(100, 100)])
    wait_until_saved(page)
    masks = stored(tilted)
    assert set(masks) == {4, 5, 6, 7, 8}
    for index, mask in masks.items():
        rows, columns = np.nonzero(mask)
        assert abs(rows.mean() + 0.5 - (100 - 3 * (index - 6))) <= 1
        assert abs(columns.mean() + 0.5 - 100) <= 1


def test_a_sphere_reaches_the_pixels_before_and_behind_the_plane(
    page: Page, series: DrawnSeries
) -> None:
    open_plane(page, series, "row", 100, size=12)
    page.keyboard.press("k")
    draw_on_plane(page, "row", [(80, 5)])
    wait_until_saved(page)
    masks = stored(series)
    assert set(masks) == {4, 5, 6}
    height = page.evaluate("() => slicewiseEditor.app.info.spacing[1]")
    rows = np.nonzero(masks[5].any(axis=1))[0]
    assert len(rows) * height == pytest.approx(12, abs=2 * height)
    assert abs(rows.mean() - 100) <= 0.5


def test_a_plane_is_scrolled_zoomed_moved_windowed_and_left(
    page: Page, series: DrawnSeries
) -> None:
    page.goto(series.address())
    wait_until_drawable(page)
    page.keyboard.press("u")
    wait_until_here(page, "row")
    bright = page.evaluate(BRIGHT)
    assert bright > 1000
    place = page.evaluate("() => slicewiseEditor.app.cross[0]")
    page.locator(".plane-stage").hover()
    page.mouse.wheel(0, 60)
    wait_until_true(page, "(row) => slicewiseEditor.app.planes.row.index === row", place + 1)
    wait_until_here(page, "row")
    scale = "() => slicewiseEditor.app.planeViews.row.view.scale"
    before = page.evaluate(scale)
    page.keyboard.press("z")
    wait_until_true(page, f"(before) => ({scale})() > 1.2 * before", before)
    page.keyboard.press("0")
    wait_until_true(page, f"(before) => Math.abs(({scale})() / before - 1) < 1e-6", before)
    box = page.locator(".plane-stage").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down(button="right")
    page.mouse.move(middle[0], middle[1] - 150, steps=3)
    page.mouse.up(button="right")
    wait_until_true(page, f"(before) => ({BRIGHT})() !== before", bright)
    page.keyboard.press("u")
    wait_until_here(page, "column")
    page.keyboard.press("Escape")
    expect(page.locator(".plane-view")).to_be_hidden()
    enlarge(page, "column")
    page.get_by_role("button", name="Back to the slices").click()
    expect(page.locator(".plane-view")).to_be_hidden()


def test_nothing_is_drawn_on_a_plane_whose_pixels_have_not_come(
    page: Page, series: DrawnSeries
) -> None:
    open_plane(page, series, "row", 100, size=8)
    page.evaluate("() => { slicewiseEditor.app.setState = () => {}; }")
    page.locator(".plane-stage").hover()
    page.mouse.wheel(0, 60)
    expect(page.locator('.plane-view[data-ready="false"]')).to_be_visible()
    draw_on_plane(page, "row", [(80, 3), (80, 8)])
    assert page.evaluate("() => slicewiseEditor.app.annotation.canUndo()") is False
    assert stored(series) == {}


def test_a_click_on_a_plane_with_another_tool_jumps_to_that_place(
    page: Page, series: DrawnSeries
) -> None:
    open_plane(page, series, "row", 100, size=8)
    choose_tool(page, "Cross-hair")
    draw_on_plane(page, "row", [(80, 3)])
    expect(page.locator('.editor[data-slice="4"]')).to_have_count(1)
    assert page.evaluate("() => slicewiseEditor.app.cross")[1] in (79, 80)
