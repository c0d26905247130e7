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
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pydicom
from playwright.async_api import Browser, Dialog, Page, async_playwright, expect
from playwright.async_api import Error as PlaywrightError
from scipy.ndimage import zoom

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.annotation.run_length import decode_runs  # noqa: E402
from core.demo import write_demo_series  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from core.dicom.reading import find_series  # noqa: E402
from tests.browser.conftest import FLAGS, DrawnSeries, add_series, new_home  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.browser_connection import Connection  # noqa: E402
from tests.support.slice_editor_driver import ON_SCREEN  # noqa: E402

STROKES = 60
SLICE_CHANGES = 40
FIRST, COUNT = 12, 14  # slices of the demonstration series
# So large that every image pixel covers four of the screen: an outline hides no pixel beside it.
SOAK_WINDOW = {"width": 1560, "height": 1240}
WINDOW = {"width": 1600, "height": 1000}
READY = '.editor[data-ready="true"]'
TIMEOUT_MS = 90_000

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
LOG_MESSAGES = """() => {
  const { outbox } = slicewiseEditor.app.annotation;
  if (outbox.isLogged) return;
  outbox.isLogged = true;
  globalThis.messagesMade = [];
  const { add } = outbox;
  outbox.add = (message) => {
    const made = add(message);
    messagesMade.push([made.client, made.number, made.kind]);
    return made;
  };
}"""
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
TAKE_MESSAGES = "() => (globalThis.messagesMade ?? []).splice(0)"
MASK_TOLD = """() => [...slicewiseEditor.app.annotation.stored(
  slicewiseEditor.app.segment, slicewiseEditor.app.slice).code]"""


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


@dataclass
class Soak:
    """What one session did and what came of it."""

    events: int = 0
    strokes: list[tuple[str, int]] = field(default_factory=list)
    lost: int = 0
    mismatched: int = 0


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


async def open_series(page: Page, address: str) -> None:
    """Open the annotate page of a series and wait until it can be drawn on."""
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(address)
    await page.wait_for_selector(READY)


async def saved(page: Page) -> None:
    """Wait until the page says so."""
    label = page.locator(".save-state")
    await expect(label).to_have_attribute("data-state", "saved", timeout=TIMEOUT_MS)


async def stroke(page: Page, points: Sequence[tuple[float, float]], steps: int = 4) -> None:
    """Draw a line through shares of the slice's width and height, once the slice is there."""
    since = time.monotonic()
    await page.wait_for_function("() => slicewiseEditor.root?.isConnected", timeout=TIMEOUT_MS)
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


async def time_slices(page: Page) -> dict[str, float]:
    """From the wheel to the frame with the next slice, its pixels being there."""
    took = []
    await page.evaluate("() => slicewiseEditor.screen.show(slicewiseEditor.app.segment, 2)")
    for number in range(SLICE_CHANGES):
        await page.wait_for_timeout(450)
        took.append(await page.evaluate(TURN_SLICE, 120 if number % 8 < 4 else -120))
    return summary(took)


async def count_frames(page: Page, series: DrawnSeries) -> float:
    """Frames per second while painting a long stroke with a large brush."""
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


async def soak(browser: Browser, series: DrawnSeries, events: int, seed: int) -> Soak:
    """Do random things, then compare."""
    generator = random.Random(seed)
    connection = Connection(series.server.port)
    address = series.address().replace(str(series.server.port), str(connection.port), 1)
    context = await browser.new_context(viewport=SOAK_WINDOW)
    page = await context.new_page()

    async def accept(dialog: Dialog) -> None:
        await dialog.accept()

    page.on("dialog", accept)
    result = Soak()
    await open_series(page, address)
    await page.evaluate(LOG_MESSAGES)
    losses = {events // 3, 2 * events // 3}
    proposals = {events // 4, 3 * events // 4}
    for number in range(events):
        if number % 50 == 0:
            print(f"{time.strftime('%X')} session {seed}: event {number}", file=sys.stderr)
        result.events += 1
        if number in losses:
            await _lose_connection(page, connection, generator)
        elif number in proposals:
            await _propose_mid_stroke(page, generator)
        else:
            try:
                await _random_event(page, generator)
            except PlaywrightError:
                await page.screenshot(path=tempfile.gettempdir() + f"/soak-{seed}-{number}.png")
                raise
        made = await page.evaluate(TAKE_MESSAGES)
        result.strokes += [(client, n) for client, n, kind in made if kind in ("mask", "absent")]
    await saved(page)
    # A proposal under way would still change slices; what it has made so far is kept.
    cancel = page.get_by_role("button", name="Cancel")
    if await cancel.count():
        await cancel.click()
    await page.locator(".st-key-cancel-proposing").wait_for(state="detached")
    await saved(page)
    await _compare(page, series, result)
    await context.close()
    connection.close()
    return result


async def _random_event(page: Page, generator: random.Random) -> None:
    kind = generator.choices(
        ["stroke", "erase", "undo", "redo", "turn", "grow", "holes", "copy", "page", "reload"],
        [40, 12, 10, 4, 20, 3, 2, 3, 2, 4],
    )[0]
    if kind in ("stroke", "erase", "reload"):
        await page.keyboard.press("e" if kind == "erase" else "b")
        x, y = generator.uniform(0.1, 0.7), generator.uniform(0.1, 0.8)
        await stroke(page, [(x, y), (x + generator.uniform(0, 0.2), y + generator.uniform(0, 0.1))])
    if kind == "turn":
        await page.wait_for_timeout(generator.uniform(0, 300))
        await page.keyboard.press(generator.choice(["ArrowRight", "ArrowLeft"]))
    keys = {"undo": "Control+z", "redo": "Control+y", "grow": "g", "holes": "h", "copy": "c"}
    if kind in keys:
        await page.keyboard.press(keys[kind])
    if kind == "reload":
        made = await page.evaluate(TAKE_MESSAGES)
        await page.wait_for_timeout(150)
        await page.reload()
        await page.wait_for_selector(READY)
        await page.evaluate(LOG_MESSAGES)
        # Those made right before belong to this event, too.
        await page.evaluate("(made) => messagesMade.push(...made)", made)
    if kind == "page":
        links = page.get_by_test_id("stTopNav")
        await links.get_by_role("link", name="Export").click()
        make = page.get_by_role("button", name="Create DICOM-SEG")
        await make.or_(page.get_by_text("Nothing to export yet")).wait_for()
        await links.get_by_role("link", name="Annotate").click()
        await page.wait_for_selector(READY)


async def _lose_connection(page: Page, connection: Connection, generator: random.Random) -> None:
    connection.cut()
    await page.keyboard.press("b")
    for _ in range(4):
        x, y = generator.uniform(0.1, 0.7), generator.uniform(0.1, 0.8)
        await stroke(page, [(x, y), (x + 0.1, y)])
        await page.wait_for_timeout(1000)
    await page.keyboard.press("Control+z")
    await page.wait_for_timeout(1000)
    connection.mend()
    await saved(page)


async def _propose_mid_stroke(page: Page, generator: random.Random) -> None:
    await page.keyboard.press("b")
    x, y = generator.uniform(0.2, 0.6), generator.uniform(0.2, 0.6)
    await stroke(page, [(x, y), (x + 0.1, y)])
    await saved(page)
    await page.mouse.down()
    await page.mouse.move(400, 500, steps=4)
    await page.evaluate("() => document.querySelector('.st-key-leave-propose button')?.click()")
    await page.mouse.move(600, 520, steps=4)
    await page.mouse.up()


async def _compare(page: Page, series: DrawnSeries, result: Soak) -> None:
    with sqlite3.connect(series.server.home / "annotations.db") as database:
        known = set(database.execute("select client, sequence from step").fetchall())
    result.lost = sum(message not in known for message in result.strokes)
    for index in range(COUNT):
        await page.evaluate(
            "(slice) => slicewiseEditor.screen.show(slicewiseEditor.app.segment, slice)", index
        )
        await page.wait_for_selector(f'.editor[data-slice="{index + 1}"][data-ready="true"]')
        await page.mouse.move(0, 0)
        await page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        )
        shown = await page.evaluate(ON_SCREEN)
        screen = np.zeros(shown["rows"] * shown["columns"], dtype=np.bool_)
        screen[shown["found"]] = True
        shape = (shown["rows"], shown["columns"])
        told = decode_runs(bytes(await page.evaluate(MASK_TOLD)), shape)
        disk = series.store.slice(series.uid, 1, index).mask
        result.mismatched += int((screen.reshape(shape) != disk).sum() + (told != disk).sum())


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
            await page.close()
            page = await browser.new_page(viewport=WINDOW)
        frames[str(size)] = await count_frames(page, series)
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

    def told(results: list[Soak]) -> dict[str, int]:
        return {
            "events": sum(one.events for one in results),
            "strokes": sum(len(one.strokes) for one in results),
            "lost": sum(one.lost for one in results),
            "mismatched_pixels": sum(one.mismatched for one in results),
        }

    if arguments.only != "sessions":
        alone = await soak(browser, add_series(server, files, "alone"), arguments.events, seed=6)
        report["soak"] = told([alone])
    if arguments.only == "soak":
        return
    several = [add_series(server, files, f"one-of-{n}") for n in range(arguments.sessions)]
    results = await asyncio.gather(
        *(
            soak(browser, one, arguments.events // len(several), seed)
            for seed, one in enumerate(several)
        )
    )
    report["five_sessions"] = {"sessions": len(several), **told(results)}


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
