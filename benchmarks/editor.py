"""How fast is the slice editor, and does it ever lose anything?

    python benchmarks/editor.py [--json FILE] [--events N] [--sessions N] [--only PART]

A real Chromium draws on a real server. "On disk" is when another process sees the commit. The soak
does random things to the editor (strokes, erases, undos, slice changes, page switches, reloads,
proposals, lost connections) and compares server, disk and screen pixel by pixel in the end.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import (  # noqa: E402
    COUNT,
    READY,
    demo_files,
    open_series,
    saved,
    stroke,
)
from benchmarks.editor_soak import Soak, soak  # noqa: E402
from core.annotation.records import MaskChange  # noqa: E402
from core.annotation.states import SliceState  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from core.segments.segment import default_color  # noqa: E402
from tests.browser.conftest import FLAGS, DrawnSeries, add_series, new_home  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.pages import PERSON  # noqa: E402
from tests.support.segments import LIVER_SEGMENT  # noqa: E402

STROKES = 60
SLICE_CHANGES = 40
RELOADS = 12
OTHERS = 19  # segments beside the one that is drawn, where frames are counted
WINDOW: ViewportSize = {"width": 1600, "height": 1000}

# Remembers when the pointer was last lifted, and counts frames while it is down.
WATCH_POINTER = """
addEventListener("pointerup", (event) => {
  globalThis.liftedAt = performance.timeOrigin + event.timeStamp;
}, true);
"""
COUNT_FRAMES = """() => {
  globalThis.frames = [];
  const count = (now) => { frames.push(now); globalThis.counting = requestAnimationFrame(count); };
  globalThis.counting = requestAnimationFrame(count);
}"""
STOP_COUNTING = "() => { cancelAnimationFrame(counting); return frames; }"
TURN_SLICE = """(way) => new Promise((resolve) => {
  const root = slicewiseEditor.root;
  let started = 0;
  new MutationObserver((_, observer) => {
    observer.disconnect();
    // The next frame starts after the one with the new slice was drawn.
    requestAnimationFrame(() => resolve(performance.now() - started));
  }).observe(root, { attributeFilter: ["data-slice"] });
  started = performance.now();
  const wheel = new WheelEvent("wheel", { deltaY: way, bubbles: true, cancelable: true });
  root.querySelector(".stage").dispatchEvent(wheel);
})"""


class Commits:
    """Watches when something is committed to a database, from outside the server."""

    def __init__(self, database: Path) -> None:
        self._times: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(database,), daemon=True)
        self._thread.start()

    def after(self, moment: float) -> float | None:
        """Time of the first commit after a moment, in seconds since the epoch."""
        return next((one for one in list(self._times) if one > moment), None)

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _watch(self, database: Path) -> None:
        connection = sqlite3.connect(database)
        known = connection.execute("pragma data_version").fetchone()
        while not self._stop.is_set():
            now = connection.execute("pragma data_version").fetchone()
            if now != known:
                known = now
                self._times.append(time.time())
            time.sleep(0.001)
        connection.close()


def summary(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Median and 95th percentile."""
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50": round(float(p50), digits), "p95": round(float(p95), digits)}


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """A server with a home of its own."""
    server = Server(new_home(folder)).start()
    try:
        yield server
        server.check_log()
    finally:
        server.kill()


async def time_strokes(page: Page, series: DrawnSeries) -> dict[str, Any]:
    """From lifting the pointer to the commit, and how much travels for it."""
    sent: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framesent",
            lambda data: sent.append(len(data if isinstance(data, bytes) else data.encode())),
        ),
    )
    await page.add_init_script(WATCH_POINTER)
    await open_series(page, series.address())
    commits = Commits(series.server.home / "annotations.db")
    took, payload = [], []
    generator = random.Random(1)
    await page.wait_for_timeout(1500)
    for number in range(STROKES):
        x, y = generator.uniform(0.25, 0.6), generator.uniform(0.3, 0.7)
        if number % 8 == 7:
            await page.keyboard.press("ArrowRight")
        await page.wait_for_timeout(generator.uniform(200, 500))
        sent.clear()
        await stroke(page, [(x, y), (x + 0.1, y + 0.05), (x + 0.15, y)])
        lifted = await page.evaluate("() => liftedAt / 1000")
        await saved(page)
        payload.append(max(sent, default=0))
        committed = commits.after(lifted)
        if committed is None:
            await page.wait_for_timeout(50)
            committed = commits.after(lifted)
        assert committed is not None
        took.append((committed - lifted) * 1000)
    commits.close()
    return {"mouse_up_to_disk_ms": summary(took), "payload_bytes": summary(payload, 0)}


async def time_first_paint(page: Page, series: DrawnSeries) -> dict[str, dict[str, float]]:
    """Until the slice is on the screen: from its address, and from the link on another page."""
    by_address, by_link = [], []
    links = page.get_by_test_id("stTopNav")
    for _ in range(RELOADS):
        await page.goto("about:blank")
        begun = time.perf_counter()
        await open_series(page, series.address())
        by_address.append((time.perf_counter() - begun) * 1000)
        await page.wait_for_timeout(1000)
        await links.get_by_role("link", name="Export").click()
        await expect(page.locator(READY)).to_have_count(0)
        await page.wait_for_timeout(1000)
        begun = time.perf_counter()
        await links.get_by_role("link", name="Annotate").click()
        await page.wait_for_selector(READY)
        by_link.append((time.perf_counter() - begun) * 1000)
    return {"by address": summary(by_address), "by link": summary(by_link)}


async def time_slices(page: Page) -> dict[str, float]:
    """From the wheel to the frame with the next slice, its pixels being there."""
    took = []
    await page.evaluate("() => slicewiseEditor.screen.show(slicewiseEditor.app.segment, 2)")
    for number in range(SLICE_CHANGES):
        await page.wait_for_timeout(450)
        took.append(await page.evaluate(TURN_SLICE, 120 if number % 8 < 4 else -120))
    return summary(took)


def draw_others(series: DrawnSeries, size: int, count: int) -> None:
    """Draw a disk of each of `OTHERS` further segments on every slice."""
    rows, columns = np.ogrid[:size, :size]
    changes = []
    for number in range(2, OTHERS + 2):
        segment = replace(
            LIVER_SEGMENT, number=number, label=f"Structure {number}", color=default_color(number)
        )
        series.store.save_segment(series.uid, segment, PERSON)
        angle = 2 * np.pi * number / OTHERS
        row, column = size * (0.5 + 0.3 * np.sin(angle)), size * (0.5 + 0.3 * np.cos(angle))
        disk = (rows - row) ** 2 + (columns - column) ** 2 < (size / 12) ** 2
        changes += [MaskChange(number, index, disk, SliceState.DRAWN, 0) for index in range(count)]
    series.store.put_many(series.uid, changes, PERSON, "benchmark", "prepare")


async def count_frames(page: Page, series: DrawnSeries) -> float:
    """Frames per second while painting a long stroke with a large brush over other segments."""
    await open_series(page, series.address())
    await page.wait_for_timeout(2000)
    await page.evaluate("() => { slicewiseEditor.app.size = 40; }")
    points = [(0.5 + 0.3 * np.cos(a), 0.5 + 0.3 * np.sin(a)) for a in np.linspace(0, 6, 40)]
    rates = []
    for _ in range(3):
        await page.evaluate(COUNT_FRAMES)
        await stroke(page, points, steps=6)
        frames = np.array(await page.evaluate(STOP_COUNTING))
        rates.append(1000 * (len(frames) - 1) / (frames[-1] - frames[0]))
        await saved(page)
        await page.keyboard.press("Delete")
        await saved(page)
    return round(float(median(rates)), 1)


async def count_livewire_frames(page: Page) -> float:
    """Frames per second while the livewire follows the pointer around the patient."""
    await page.keyboard.press("i")
    box = await page.locator(".stage").bounding_box()
    assert box is not None
    places = [
        (
            box["x"] + box["width"] / 2 + 0.3 * box["height"] * np.cos(a),
            box["y"] + box["height"] / 2 + 0.22 * box["height"] * np.sin(a),
        )
        for a in np.linspace(0, 6, 60)
    ]
    await page.mouse.click(*places[0])
    rates = []
    for _ in range(3):
        await page.evaluate(COUNT_FRAMES)
        for place in places:
            await page.mouse.move(*place, steps=2)
        frames = np.array(await page.evaluate(STOP_COUNTING))
        rates.append(1000 * (len(frames) - 1) / (frames[-1] - frames[0]))
    await page.keyboard.press("Escape")
    return round(float(median(rates)), 1)


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for."""
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=arguments.chromium, args=FLAGS
            )
            if arguments.only in (None, "timing"):
                (folder / "timing").mkdir()
                with running_server(folder / "timing") as server:
                    await _timings(browser, server, folder, report)
            if arguments.only != "timing":
                (folder / "soak").mkdir()
                with running_server(folder / "soak") as server:
                    await _soaks(browser, server, folder, arguments, report)
            await browser.close()
    return report


async def _timings(browser: Browser, server: Server, folder: Path, report: dict[str, Any]) -> None:
    frames = {}
    for size, count in ((512, COUNT), (2048, 3)):
        series = add_series(server, demo_files(folder, size, count), f"size-{size}")
        page = await browser.new_page(viewport=WINDOW)
        if size == 512:
            report |= await time_strokes(page, series)
            report["slice_change_ms"] = await time_slices(page)
            report["first_paint_ms"] = await time_first_paint(page, series)
            await page.close()
            page = await browser.new_page(viewport=WINDOW)
        draw_others(series, size, count)
        frames[str(size)] = await count_frames(page, series)
        frames[f"{size}, livewire"] = await count_livewire_frames(page)
        await page.close()
    report["frames_per_second"] = frames


async def _soaks(
    browser: Browser,
    server: Server,
    folder: Path,
    arguments: argparse.Namespace,
    report: dict[str, Any],
) -> None:
    files = demo_files(folder)

    def totals(results: list[Soak]) -> dict[str, int]:
        return {
            "events": sum(one.events for one in results),
            "strokes": sum(len(one.strokes) for one in results),
            "lost": sum(one.lost for one in results),
            "mismatched_pixels": sum(one.mismatched for one in results),
        }

    if arguments.only != "sessions":
        alone = await soak(browser, add_series(server, files, "alone"), arguments.events, seed=6)
        report["soak"] = totals([alone])
    if arguments.only == "soak":
        return
    several = [add_series(server, files, f"one-of-{n}") for n in range(arguments.sessions)]
    results = await asyncio.gather(
        *(
            soak(browser, one, arguments.events // len(several), seed)
            for seed, one in enumerate(several)
        )
    )
    report["five_sessions"] = {"sessions": len(several), **totals(results)}


def main() -> None:
    """Measure and print."""
    configure_libraries()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument(
        "--events", type=int, default=500, help="random events, shared by the sessions"
    )
    parser.add_argument("--sessions", type=int, default=5, help="sessions at once")
    parser.add_argument("--only", choices=["timing", "soak", "sessions"], help="one part")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser to drive")
    arguments = parser.parse_args()
    report = asyncio.run(measure(arguments))
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
