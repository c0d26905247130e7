"""Memory of the server while several people open series, have masks proposed, and close them.

Each session opens one series after the other in a tab of its own, asks for proposals, stops them
after a while, and closes the tab. The memory of the server is told before, at its peak, and once
the server has noticed that all tabs are closed.

    python benchmarks/series_soak.py --series 20 --sessions 5
"""

import argparse
import asyncio
import json
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import demo_files, open_series  # noqa: E402
from core.annotation.records import MaskChange  # noqa: E402
from core.annotation.states import SliceState  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from tests.browser.conftest import FLAGS  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.drawn_series import DrawnSeries, add_series, new_home  # noqa: E402
from tests.support.pages import PERSON  # noqa: E402

SIDE, SLICES = 512, 36
DRAWN = (8, 16, 24)
PROPOSE = ".st-key-leave-propose button"
CANCEL = ".st-key-cancel-proposing-0 button"
SETTLES_WITHIN_S = 180
AT_WORK = re.compile("Proposing:|Storing the proposals")
PATIENCE_MS = 600_000
CLICKED_WITHIN_MS = 3_000


def memory_mib(server: Server) -> dict[str, int]:
    """Memory of the server's process: what is its own, and what files it has mapped."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    values = dict(line.split(":", 1) for line in status.splitlines())
    return {
        name: int(values[key].split()[0]) // 1024
        for name, key in (("all", "VmRSS"), ("own", "RssAnon"), ("files", "RssFile"))
    }


def volumes_mapped(server: Server) -> int:
    """Series that the server has in memory now."""
    assert server.process is not None
    maps = Path(f"/proc/{server.process.pid}/maps").read_text(encoding="utf-8")
    return sum(f"{server.home}/temporary" in line for line in maps.splitlines())


def prepared(server: Server, files: list[Path], name: str) -> DrawnSeries:
    """A series of its own with a structure drawn on three slices."""
    series = add_series(server, files, name)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    disk = (rows - SIDE // 2) ** 2 + (columns - SIDE // 2) ** 2 < (SIDE // 8) ** 2
    changes = [MaskChange(1, index, disk, SliceState.DRAWN, 0) for index in DRAWN]
    series.store.put_many(series.uid, changes, PERSON, "benchmark", "prepare")
    series.store.close()
    return series


async def visit(browser: Browser, series: DrawnSeries, seconds: float) -> None:
    """Open a series, have masks proposed for a while, and close it."""
    context = await browser.new_context()
    page = await context.new_page()
    await open_series(page, series.address(), PATIENCE_MS)
    await page.locator(PROPOSE).first.click()
    await page.get_by_text(AT_WORK).first.wait_for()
    await page.wait_for_timeout(seconds * 1000)
    cancel = page.locator(CANCEL).first
    with suppress(PlaywrightError):  # it may finish by itself, at any moment
        await cancel.click(timeout=CLICKED_WITHIN_MS)
    await cancel.wait_for(state="detached")
    await context.close()


async def run(server: Server, series: list[DrawnSeries], sessions: int, browser: Browser) -> dict:
    """Let all series be visited, after one visit that loads what is loaded once."""
    await visit(browser, series.pop(), 0)
    await settled(server)
    before, peak, most = memory_mib(server), memory_mib(server), 0
    waiting = list(series)

    async def session(number: int) -> None:
        while waiting:
            one = waiting.pop()
            print(f"{time.strftime('%X')} session {number}: {len(waiting)} left", file=sys.stderr)
            await visit(browser, one, 3)

    tasks = [asyncio.create_task(session(number)) for number in range(sessions)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0.5)
        peak = max(peak, memory_mib(server), key=lambda one: one["all"])
        most = max(most, volumes_mapped(server))
    await asyncio.gather(*tasks)
    seconds = await settled(server)
    after = memory_mib(server)
    return {
        "series": len(series),
        "sessions": sessions,
        "volume_mib": SLICES * SIDE * SIDE * 2 / 2**20,
        "most_volumes_at_once": most,
        "volumes_in_the_end": volumes_mapped(server),
        "seconds_until_all_are_dropped": seconds,
        "mib_before": before,
        "mib_at_most": peak,
        "mib_after": after,
        "mib_more": after["all"] - before["all"],
    }


async def settled(server: Server) -> int:
    """Wait until the server holds no series any more; return the seconds."""
    begin = time.monotonic()
    while volumes_mapped(server) and time.monotonic() - begin < SETTLES_WITHIN_S:
        await asyncio.sleep(1)
    return round(time.monotonic() - begin)


async def main() -> None:
    """Run from the command line and print JSON."""
    configure_libraries()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--series", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="browser to drive")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(new_home(folder))
        files = demo_files(folder, SIDE, SLICES)
        series = [prepared(server, files, f"{number}") for number in range(arguments.series + 1)]
        server.start()
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=arguments.chromium, args=FLAGS
                )
                result = await run(server, series, arguments.sessions, browser)
        finally:
            server.kill()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    asyncio.run(main())
