"""Random use of the slice editor, and a comparison of server, disk and screen in the end."""

import random
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, Dialog, Page, ViewportSize
from playwright.async_api import Error as PlaywrightError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import COUNT, READY, open_series, saved, stroke  # noqa: E402
from core.annotation.run_length import decode_runs  # noqa: E402
from tests.browser.conftest import DrawnSeries  # noqa: E402
from tests.support.browser_connection import Connection  # noqa: E402
from tests.support.slice_editor_driver import ON_SCREEN  # noqa: E402

# So large that every image pixel covers four of the screen: an outline hides no pixel beside it.
SOAK_WINDOW: ViewportSize = {"width": 1560, "height": 1240}

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
MASK_SENT = """() => [...slicewiseEditor.app.annotation.stored(
  slicewiseEditor.app.segment, slicewiseEditor.app.slice).code]"""


@dataclass
class Soak:
    """What one session did, and what was lost of it."""

    events: int = 0
    strokes: list[tuple[str, int]] = field(default_factory=list)
    lost: int = 0
    mismatched: int = 0


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
    await page.locator(".st-key-cancel-proposing-0").wait_for(state="detached")
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
        await page.evaluate(NEXT_FRAME)
        shown = await page.evaluate(ON_SCREEN)
        screen = np.zeros(shown["rows"] * shown["columns"], dtype=np.bool_)
        screen[shown["found"]] = True
        shape = (shown["rows"], shown["columns"])
        sent = decode_runs(bytes(await page.evaluate(MASK_SENT)), shape)
        disk = series.store.slice(series.uid, 1, index).mask
        result.mismatched += int((screen.reshape(shape) != disk).sum() + (sent != disk).sum())
