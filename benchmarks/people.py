"""How soon are strokes on the disk while many people draw at once, and what does each tab take?

    python -m benchmarks.people --people 20 --strokes 30
    python -m benchmarks.people --people 20 --strokes 30 --look 1.5
    python -m benchmarks.people --people 20 --strokes 30 --database postgresql

One server, started as for people; each person has a series of 24 slices of 512 × 512 open and draws
a stroke every two seconds or so, then goes to the next slice. Without --look they draw at the very
moment in which its pixels come; with it, they look at them for about so many seconds. They speak to
the server as the editor does in a browser, over a websocket of Streamlit, but draw nothing on a
screen: 20 browsers on the machine of the server would be measured, and not the server. A stroke
counts from its sending to the answer that it is stored; a slice, to its pixels. Memory is that of
the server's process before the first tab and while all are open; processor time is what that
process took for a stroke and a slice.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.databases import OPTION_HELP, database_url  # noqa: E402
from benchmarks.editor_page import demo_files  # noqa: E402
from benchmarks.series_soak import memory_mib  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.drawn_series import DrawnSeries, add_series, new_home  # noqa: E402
from tests.support.editor_protocol import Tab  # noqa: E402

SIDE, SLICES = 512, 24
PAUSE_S = 2.0
OPENED_WITHIN_S = 300.0


@dataclass
class Times:
    """Seconds of what everybody did."""

    opening: list[float] = field(default_factory=list)
    strokes: list[float] = field(default_factory=list)
    slices: list[float] = field(default_factory=list)


def main() -> None:
    """Print what was measured as JSON, and write it to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--strokes", type=int, default=30, help="of each person")
    parser.add_argument("--look", type=float, default=0.0, help="seconds before a stroke, about")
    parser.add_argument("--database", help=OPTION_HELP)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    configure_libraries()
    with TemporaryDirectory() as folder, database_url(arguments.database) as url:
        server = Server(new_home(Path(folder)), database=url)
        files = demo_files(Path(folder), SIDE, SLICES)
        series = [add_series(server, files, f"of-{n}") for n in range(arguments.people)]
        for one in series:
            one.store.close()
        server.start()
        try:
            result = asyncio.run(measure(server, series, arguments.strokes, arguments.look))
        finally:
            server.kill()
        server.check_log()
    print(json.dumps(result, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2))


async def measure(
    server: Server, series: list[DrawnSeries], strokes: int, look_s: float
) -> dict[str, Any]:
    """Have everybody open a series, one after the other, and then draw at the same time."""
    times, load = Times(), round(os.getloadavg()[0], 1)
    async with Tab(server.url, series[0].key) as first:  # loads what every tab needs
        await first.opened(OPENED_WITHIN_S)
    before = memory_mib(server)["own"]
    tabs = [Tab(server.url, one.key) for one in series]
    for tab in tabs:
        started = time.perf_counter()
        await tab.connect()
        await tab.opened(OPENED_WITHIN_S)
        times.opening.append(time.perf_counter() - started)
    opened = memory_mib(server)["own"]
    busy_s = processor_s(server)
    await asyncio.gather(
        *(draw(tab, strokes, seed, look_s, times) for seed, tab in enumerate(tabs))
    )
    busy_s = processor_s(server) - busy_s
    drawn = memory_mib(server)["own"]
    for tab in tabs:
        await tab.close()
    return {
        "load_average_before": load,
        "people": len(series),
        "strokes": len(times.strokes),
        "stroke_ms": percentiles(times.strokes),
        "slice_ms": percentiles(times.slices),
        "opening_ms": percentiles(times.opening),
        "processor_ms_of_each_stroke": round(1000 * busy_s / len(times.strokes), 1),
        "mebibytes_before": before,
        "mebibytes_of_each_tab": round((opened - before) / len(series), 1),
        "mebibytes_of_each_tab_after_drawing": round((drawn - before) / len(series), 1),
    }


async def draw(tab: Tab, strokes: int, seed: int, look_s: float, times: Times) -> None:
    """Draw growing discs on one slice after the other, with pauses as of a person."""
    chance = random.Random(seed)
    rows, columns = np.ogrid[:SIDE, :SIDE]
    for number in range(strokes):
        await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE_S)
        radius = chance.uniform(10, 120)
        mask = (rows - SIDE / 2) ** 2 + (columns - SIDE / 2) ** 2 < radius**2
        index = number % SLICES
        started = time.perf_counter()
        await tab.go_to(index)
        times.slices.append(time.perf_counter() - started)
        await asyncio.sleep(chance.uniform(0.5, 1.5) * look_s)
        started = time.perf_counter()
        await tab.draw(index, mask)
        times.strokes.append(time.perf_counter() - started)


def processor_s(server: Server) -> float:
    """Seconds that the server's process has used of the processor so far."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and longest, in milliseconds."""
    shares = {"p50": 50, "p95": 95, "longest": 100}
    return {
        name: round(float(1000 * np.percentile(seconds, one)), 1) for name, one in shares.items()
    }


if __name__ == "__main__":
    main()
