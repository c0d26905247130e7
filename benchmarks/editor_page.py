"""What the benchmark of the slice editor does on a page: open a series, draw, wait."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pydicom
from playwright.async_api import Page, expect
from scipy.ndimage import zoom

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.demo import write_demo_series  # noqa: E402
from core.dicom.reading import find_series  # noqa: E402

FIRST, COUNT = 12, 14  # slices of the demonstration series
READY = '.editor[data-ready="true"]'
TIMEOUT_MS = 90_000


def demo_files(folder: Path, size: int = 256, count: int = COUNT) -> list[Path]:
    """Some slices of the demonstration series, enlarged to a size."""
    write_demo_series(folder / "demo")
    files = list(find_series(folder / "demo")[0].files[FIRST : FIRST + count])
    if size == 256:
        return files
    enlarged = []
    for path in files:
        dataset = pydicom.dcmread(path)
        pixels = zoom(dataset.pixel_array, size / 256, order=1).astype(dataset.pixel_array.dtype)
        dataset.Rows = dataset.Columns = size
        dataset.PixelSpacing = [float(one) * 256 / size for one in dataset.PixelSpacing]
        dataset.PixelData = pixels.tobytes()
        enlarged.append(folder / f"enlarged-{size}-{path.name}")
        dataset.save_as(enlarged[-1])
    return enlarged


async def open_series(page: Page, address: str, timeout_ms: int = TIMEOUT_MS) -> None:
    """Open the annotate page of a series and wait until it can be drawn on."""
    page.set_default_timeout(timeout_ms)
    await page.goto(address)
    await page.wait_for_selector(READY)


async def saved(page: Page) -> None:
    """Wait until the page says so."""
    label = page.locator(".save-state")
    await expect(label).to_have_attribute("data-state", "saved", timeout=TIMEOUT_MS)


async def stroke(page: Page, points: Sequence[tuple[float, float]], steps: int = 4) -> None:
    """Draw a line through shares of the slice's width and height, once the slice is there."""
    since = time.monotonic()
    # The policy of the server forbids Playwright's own waiting for a function.
    async with asyncio.timeout(TIMEOUT_MS / 1000):
        while not await page.evaluate("() => slicewiseEditor.root?.isConnected"):
            await page.wait_for_timeout(50)
    if time.monotonic() - since > 0.2:
        print(f"no slice for {time.monotonic() - since:.1f} s", file=sys.stderr)
    box = await page.evaluate(
        """() => { const box = slicewiseEditor.root.querySelector(".stage").getBoundingClientRect();
        const { view, info } = slicewiseEditor.app; const [, rows, columns] = info.shape;
        return [box.x + view.x, box.y + view.y, columns * info.spacing[2] * view.scale,
                rows * info.spacing[1] * view.scale]; }"""
    )
    places = [(box[0] + x * box[2], box[1] + y * box[3]) for x, y in points]
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for place in places[1:]:
        await page.mouse.move(*place, steps=steps)
    await page.mouse.up()
