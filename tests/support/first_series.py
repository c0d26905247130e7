"""From an empty server to an exported segmentation, as a newcomer goes it with the mouse."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect
from scipy.ndimage import binary_erosion

from core.demo import demo_masks
from tests.support import slice_editor_driver as slice_editor

PROPOSING_MS = 400_000

_BRUSH = 3  # image pixels from the middle of the brush to its edge, as it is at first


@dataclass
class Way:
    """What has been done so far.

    Attributes
    ----------
    page : Page
        The browser's page.
    clicks : int
        Clicks on buttons, links, fields and slices; lines that are drawn do not count.
    started : float
        When it began, on the monotonic clock.
    """

    page: Page
    clicks: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Time since the beginning."""
        return time.monotonic() - self.started

    def click(self, what: Locator) -> None:
        """Click, and count it."""
        what.click()
        self.clicks += 1

    def press(self, name: str) -> None:
        """Click the first button of a name."""
        self.click(self.page.get_by_role("button", name=name).first)


def upload_and_open(way: Way, address: str, files: Sequence[Path]) -> None:
    """Enter a name, upload the files of a series, and open it."""
    page = way.page
    page.goto(address)
    page.get_by_role("textbox", name="Your name or initials").fill("Newcomer")
    way.press("Start")
    with page.expect_file_chooser() as chooser:
        way.click(page.locator('[data-testid="stFileUploaderDropzone"] button').first)
    chooser.value.set_files(list(files))
    expect(page.locator('[data-testid="stFileChipIconSpinner"]')).to_have_count(0)
    way.press("Upload and list series")
    found = page.locator(".st-key-found-0")
    way.click(found.get_by_role("button", name="Open", exact=True))


def draw_liver(way: Way) -> None:
    """Name the liver and paint it on three slices with the brush, moving on by the wheel."""
    page = way.page
    page.get_by_role("textbox", name="Structure").fill("liver")
    page.get_by_role("textbox", name="Structure").press("Enter")
    way.press("Add segment")
    slice_editor.wait_until_drawable(page)
    liver = demo_masks()["liver"]
    slices = np.flatnonzero(liver.any(axis=(1, 2)))
    for index in (slices[1], slices[len(slices) // 2], slices[-2]):
        _turn_to(page, int(index) + 1)
        slice_editor.draw(page, strokes_over(binary_erosion(liver[index], iterations=_BRUSH)))
        slice_editor.wait_until_saved(page)


def propose(way: Way) -> None:
    """Ask for proposals and wait until the first one can be reviewed."""
    way.press("Propose")
    review = way.page.get_by_role("button", name="Review")
    expect(review).to_be_enabled(timeout=PROPOSING_MS)


def accept_and_export(way: Way, path: Path) -> None:
    """Accept all proposals, export them as DICOM-SEG, and save the download."""
    way.press("Review")
    way.press("Accept all")
    way.press("Export")
    way.press("Create DICOM-SEG")
    with way.page.expect_download() as download:
        way.press("Download slicewise")
    download.value.save_as(path)


def strokes_over(mask: NDArray[np.bool_], step: int = 4) -> list[slice_editor.Point]:
    """Points of one line that goes back and forth over a mask, (column, row)."""
    points: list[slice_editor.Point] = []
    rows = np.flatnonzero(mask.any(axis=1))
    for number, row in enumerate(rows[step // 2 :: step]):
        columns = np.flatnonzero(mask[row])
        ends = [(columns[0] + 1.5, row + 0.5), (columns[-1] - 0.5, row + 0.5)]
        points += ends if number % 2 == 0 else ends[::-1]
    return [(float(column), float(row)) for column, row in points]


def _turn_to(page: Page, number: int) -> None:
    """Turn the wheel over the picture until a slice is shown, counted from 1."""
    slice_editor.stage(page).hover()
    while (shown := slice_editor.slice_shown(page)) != number:
        page.mouse.wheel(0, 100 if shown < number else -100)
        expect(page.locator(f'.editor[data-slice="{shown}"]')).to_have_count(0)
    slice_editor.wait_until_drawable(page)
