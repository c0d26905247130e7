"""The whole job as a person does it: open, draw, propose, correct, accept, export."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from scipy.ndimage import binary_dilation, binary_erosion

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.audit.entries import Action, read_entries
from core.demo import demo_masks
from core.dicom.reading import find_series, read_series
from core.formats.segmentation_reading import read_segmentation
from core.home.settings import default_url
from tests.support import simple_canvas_driver as simple_canvas
from tests.support import slice_editor_driver as slice_editor
from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.page_conditions import wait_until_true

pytestmark = pytest.mark.browser

PROPOSING_MS = 400_000


def outline(mask: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Points around a mask as a person draws them: seen from its middle, every few degrees."""
    rows, columns = np.nonzero(mask)
    row, column = rows.mean() + 0.5, columns.mean() + 0.5
    points = []
    for angle in np.linspace(0, 2 * np.pi, 40):
        reach = np.arange(0, 200, 0.5)
        y, x = row + reach * np.sin(angle), column + reach * np.cos(angle)
        inside = mask[np.clip(y, 0, 255).astype(int), np.clip(x, 0, 255).astype(int)]
        edge = reach[np.argmin(inside)]
        points.append((column + edge * np.cos(angle), row + edge * np.sin(angle)))
    return points


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Overlap of two masks, 0 to 1."""
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


@pytest.mark.parametrize(
    ("hand", "setting"), [(slice_editor, "slice-editor"), (simple_canvas, "simple")]
)
def test_from_a_fresh_start_to_a_segmentation_that_holds_what_the_screen_showed(
    page: Page, tmp_path: Path, hand: ModuleType, setting: str
) -> None:
    own_server = Server(new_home(tmp_path), editor=setting).start()
    try:
        whole_job(page, own_server, tmp_path, hand)
    finally:
        own_server.kill()
    own_server.check_log()


def test_the_whole_job_on_postgresql(page: Page, tmp_path: Path, postgresql_url: str) -> None:
    own_server = Server(new_home(tmp_path), database=postgresql_url).start()
    try:
        whole_job(page, own_server, tmp_path, slice_editor)
    finally:
        own_server.kill()
    own_server.check_log()
    assert not (own_server.home / "annotations.db").exists()


def wait_until_shown(page: Page, hand: ModuleType, mask: NDArray[np.bool_]) -> None:
    """Wait until the screen shows a mask, but for the line around it, which is as wide as a pixel.

    A page that was just opened may still be drawing.
    """
    inside, outside = binary_erosion(mask), ~binary_dilation(mask, np.ones((3, 3)))
    for _ in range(100):
        shown = hand.mask_on_screen(page)
        missing, surplus = (inside & ~shown).sum(), (outside & shown).sum()
        if not missing and not surplus:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the screen misses {missing} pixels and has {surplus} too many")


def whole_job(page: Page, own_server: Server, tmp_path: Path, hand: ModuleType) -> None:
    """Open, draw, propose, correct, accept, export, and compare."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(own_server.url)
    open_demonstration(page, hand)
    series = read_series(find_series(own_server.home / "demo")[0])
    uid = series.summary.uid
    store = AnnotationStore(own_server.database or default_url(own_server.home))
    drawn = draw_liver(page, hand, store, uid)
    number = correct_first_proposal(page, hand, store, uid)
    accept_and_export(page, tmp_path / "downloaded.dcm")
    newest = read_entries(store.database)[0]
    assert (newest.action, newest.detail) == (Action.EXPORT_DOWNLOADED, "dcm")

    (segment,) = read_segmentation(tmp_path / "downloaded.dcm", series)
    annotation = store.annotation(uid)
    stored = {index: version.mask for (_, index), version in annotation.items() if version.pixels}
    assert segment.masks.keys() == stored.keys()
    assert all((segment.masks[index] == mask).all() for index, mask in stored.items())
    assert segment.algorithm == "SEMIAUTOMATIC"

    page.get_by_role("link", name="Annotate").click()
    for index in (drawn[1], drawn[1] + 2, number - 1):
        hand.wait_until_drawable(page)
        hand.go_to(page, index + 1)
        page.mouse.move(0, 0)
        wait_until_shown(page, hand, segment.masks[index])

    outside = [url for url in requests if not url.startswith((own_server.url, "blob:", "data:"))]
    assert outside == []
    log = own_server.log.read_text()
    assert "Phantom" not in log
    assert uid not in log + "".join(requests)


def open_demonstration(page: Page, hand: ModuleType) -> None:
    """Open the demonstration series and add the liver as a segment."""
    page.get_by_role("button", name="Open the demonstration series").click()
    page.get_by_role("textbox", name="Structure").fill("liver")
    page.get_by_role("textbox", name="Structure").press("Enter")
    page.get_by_role("button", name="Add segment").click()
    hand.wait_until_drawable(page)
    expect(page.get_by_test_id("banner")).to_contain_text("Demonstration, Phantom")


def draw_liver(page: Page, hand: ModuleType, store: AnnotationStore, uid: str) -> list[int]:
    """Draw on three slices and propose the rest; the slices drawn on, which stay as they are."""
    liver = demo_masks()["liver"]
    slices = np.flatnonzero(liver.any(axis=(1, 2)))
    drawn = [int(slices[1]), int(slices[len(slices) // 2]), int(slices[-2])]
    hand.choose_tool(page, "Outline")
    for index in drawn:
        hand.go_to(page, index + 1)
        hand.draw(page, outline(liver[index]))
        hand.wait_until_saved(page)
    examples = {index: store.slice(uid, 1, index) for index in drawn}
    found = {index: dice(example.mask, liver[index]) for index, example in examples.items()}
    assert min(found.values()) > 0.9, found

    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("button", name="Review")).to_be_enabled(timeout=PROPOSING_MS)
    assert {index: store.slice(uid, 1, index) for index in drawn} == examples
    return drawn


def correct_first_proposal(page: Page, hand: ModuleType, store: AnnotationStore, uid: str) -> int:
    """Correct the proposal that the review shows first; the number of its slice, from 1."""
    page.get_by_role("button", name="Review").click()
    if hand is slice_editor:
        page.locator('[data-do="review-edit"]').click()
    else:
        page.get_by_role("button", name="Correct").click()
    hand.wait_until_drawable(page)
    number: int = hand.slice_shown(page)
    proposed = store.slice(uid, 1, number - 1)
    assert proposed.state is SliceState.PROPOSED
    hand.choose_tool(page, "Brush")
    hand.draw(page, [(110, 118), (130, 118)])
    hand.wait_until_saved(page)
    corrected = store.slice(uid, 1, number - 1)
    assert corrected.state is SliceState.CORRECTED
    assert corrected.mask[118, 120]
    page.mouse.move(0, 0)
    expect(page.locator(".save-state")).to_have_attribute("data-state", "saved")
    wait_until_true(page, "() => !document.querySelector('[data-stale=true]')")
    return number


def accept_and_export(page: Page, path: Path) -> None:
    """Accept the other proposals, export, and save what is downloaded."""
    page.get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Accept all").click()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Create DICOM-SEG").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download slicewise").click()
    assert "Phantom" not in download.value.suggested_filename
    download.value.save_as(path)
