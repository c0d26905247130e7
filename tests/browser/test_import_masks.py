"""Importing an own segmentation on the Annotate page, twice, and taking the import back."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.dicom.reading import find_series
from core.formats.segmentation_writing import write_segmentation
from core.segments.segment import Segment, default_color
from core.segments.segment_masks import SegmentMasks
from tests.support.drawn_series import DrawnSeries
from tests.support.segments import ANATOMY, LIVER_SEGMENT, SPLEEN
from tests.support.slice_editor_driver import wait_until_drawable

pytestmark = pytest.mark.browser


def choose(page: Page, path: Path) -> None:
    """Open the import below the names of a new segment, and choose a file."""
    page.get_by_role("button", name="Add", exact=True).first.click()
    page.get_by_role("button", name="Import masks…").click()
    dialog = page.get_by_role("dialog")
    with page.expect_file_chooser() as chooser:
        dialog.locator('[data-testid="stFileUploaderDropzone"] button').first.click()
    chooser.value.set_files(path)


def test_an_own_file_is_matched_and_imported_once(
    page: Page, series: DrawnSeries, tmp_path: Path
) -> None:
    (summary,) = find_series(series.folder)
    liver, spleen = np.zeros((2, summary.rows, summary.columns), bool)
    liver[100:120, 100:120] = spleen[150:170, 100:120] = True
    write_segmentation(
        summary,
        [
            SegmentMasks(LIVER_SEGMENT, {3: liver, 4: liver}, states={3: "drawn", 4: "accepted"}),
            SegmentMasks(Segment(2, "Spleen", default_color(2), ANATOMY, SPLEEN), {4: spleen}),
        ],
        tmp_path / "own.dcm",
    )
    page.goto(series.address())
    wait_until_drawable(page)
    choose(page, tmp_path / "own.dcm")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("In segment 1, Liver: 2 slices filled.")).to_be_visible()
    expect(dialog.get_by_text("A new segment with 1 mask.")).to_be_visible()
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported Liver, Spleen: 3 masks.")).to_be_visible()
    expect(page.locator(".segments").get_by_role("radio", name="Spleen")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    states = {place: str(one.state) for place, one in series.store.annotation(series.uid).items()}
    assert states == {(1, 3): "drawn", (1, 4): "accepted", (2, 4): "drawn"}

    choose(page, tmp_path / "own.dcm")
    expect(page.get_by_role("dialog").get_by_text("nothing would change")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until_drawable(page)
    page.locator(".stage").hover()
    page.keyboard.press("Control+z")
    expect(page.locator(".segments").get_by_role("radio", name="Spleen")).to_have_count(0)
    assert [one.label for one in series.store.segments(series.uid)] == ["Liver"]
