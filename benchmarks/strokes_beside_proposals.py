"""How soon are strokes on the disk while masks are proposed for other people?

    python -m benchmarks.strokes_beside_proposals --json FILE

Five people have masks proposed for a series of 36 slices of 512 × 512 each, again and again, on one
server, as people who have signed in. Another one draws on slice after slice. A stroke counts from
its sending until another process sees it in the database, and until its answer is here; a slice,
until its pixels are. Everything is told for the same person alone, and meanwhile.
"""

import argparse
import asyncio
import json
import os
import random
import sqlite3
import sys
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import demo_files  # noqa: E402
from benchmarks.load import disc, server_for, visit  # noqa: E402
from benchmarks.people import percentiles  # noqa: E402
from benchmarks.series_soak import SIDE, SLICES, prepared  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.drawn_series import DrawnSeries  # noqa: E402
from tests.support.editor_protocol import Tab  # noqa: E402

_LOOK_EVERY_S = 0.001
_SEEN_WITHIN_S = 60.0
_UNDER_WAY_S = 3.0  # until everybody's proposals have begun


@dataclass
class Times:
    """Seconds of what one person did."""

    disk: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    slice: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Percentiles in milliseconds."""
        return {
            "stroke_until_on_disk_ms": percentiles(self.disk),
            "stroke_until_answered_ms": percentiles(self.answer),
            "another_slice_ms": percentiles(self.slice),
        }


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--strokes", type=int, default=60)
    parser.add_argument("--environment", nargs="+", default=[], metavar="NAME=VALUE")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    configure_libraries()
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        server = server_for(Path(folder), arguments.environment)
        files = demo_files(Path(folder), SIDE, SLICES)
        series = [prepared(server, files, f"of-{n}") for n in range(arguments.people + 1)]
        server.start()
        try:
            result = asyncio.run(measure(server, series, arguments.strokes))
        finally:
            server.kill()
        server.check_log()
    result["load_of_the_machine_before"] = round(load, 1)
    print(json.dumps(result, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


async def measure(server: Server, series: list[DrawnSeries], strokes: int) -> dict[str, Any]:
    """Draw alone, and then while everybody else has masks proposed."""
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(visit(server, one, number))
            for number, one in enumerate(series)
        ]
        artist, *others = people
        await artist.tab.propose()  # loads what is loaded once
        alone, meanwhile = Times(), Times()
        await draw(server, artist.tab, strokes, alone)
        made: list[float] = []
        is_over = asyncio.Event()

        async def propose(tab: Tab) -> None:
            while not is_over.is_set():
                _, seconds = await tab.propose()
                made.append(seconds)

        proposing = [asyncio.create_task(propose(one.tab)) for one in others]
        await asyncio.sleep(_UNDER_WAY_S)
        began = time.perf_counter()
        await draw(server, artist.tab, strokes, meanwhile)
        passed, jobs = time.perf_counter() - began, len(made)
        is_over.set()
        await asyncio.gather(*proposing)
    return {
        "people_proposing": len(others),
        "strokes": strokes,
        "alone": alone.figures(),
        "meanwhile": meanwhile.figures(),
        "series_proposed_a_minute": round(60 * jobs / passed, 1),
    }


async def draw(server: Server, tab: Tab, strokes: int, times: Times) -> None:
    """Draw growing discs on one slice after the other, with pauses as of a person."""
    chance = random.Random(strokes)
    for number in range(strokes):
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        index = number % SLICES
        started = time.perf_counter()
        await tab.go_to(index)
        times.slice.append(time.perf_counter() - started)
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        known = await asyncio.to_thread(newest_step, server)
        mask = disc(SIDE / 2, SIDE / 2, chance.uniform(50, 90))
        started = time.perf_counter()
        seen = asyncio.create_task(asyncio.to_thread(seen_after, server, tab.client, known))
        await tab.draw(index, mask)
        times.answer.append(time.perf_counter() - started)
        times.disk.append(await seen - started)


def newest_step(server: Server) -> int:
    """Identifier of the newest step that is on the disk."""
    with closing(sqlite3.connect(server.home / "annotations.db")) as database:
        (newest,) = database.execute("select coalesce(max(id), 0) from step").fetchone()
    return int(newest)


def seen_after(server: Server, client: str, known: int) -> float:
    """When a newer step of a tab is on the disk than one, on the clock of `time.perf_counter`."""
    until = time.perf_counter() + _SEEN_WITHIN_S
    with closing(sqlite3.connect(server.home / "annotations.db")) as database:
        query = "select count(*) from step where id > ? and client = ?"
        while time.perf_counter() < until:
            (count,) = database.execute(query, (known, client)).fetchone()
            if count:
                return time.perf_counter()
            time.sleep(_LOOK_EVERY_S)
    raise TimeoutError("the stroke did not come to the disk")


if __name__ == "__main__":
    main()
