"""What do people get of one server who draw, propose, correct, review and export at once?

    python -m benchmarks.load --json FILE --plot docs/images/load.png
    python -m benchmarks.load --people 5 --environment SLICEWISE_DEVICE=cuda

For each number of people a server of its own is started, as for people who sign in. Everybody has a
series of 24 slices of 512 × 512, draws on six of them, has the others proposed, corrects two
proposals by hints, goes to Review, rejects one proposal and accepts the rest, goes to Export, and
has a DICOM-SEG created, which is fetched and read; then the same again on further slices. They
speak to the server as a browser does (`editor_protocol`), but draw nothing on a screen.

Every action counts from its sending to its answer; a stroke is on the disk by then. The wait in
line is what the server itself tells of requests for proposals. Any error ends the run.
"""

import argparse
import asyncio
import io
import json
import os
import random
import re
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
import pydicom
from numpy.typing import NDArray
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import demo_files  # noqa: E402
from benchmarks.people import OPENED_WITHIN_S, percentiles, processor_s  # noqa: E402
from benchmarks.series_soak import memory_mib  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from core.home.settings import VARIABLES  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.drawn_series import DrawnSeries, add_series, new_home  # noqa: E402
from tests.support.editor_protocol import Tab  # noqa: E402
from tests.support.signed_in import new_session, with_sign_in  # noqa: E402

SIDE, SLICES = 512, 24
ROUNDS = ((2, 6, 10, 13, 17, 21), (4, 8, 11, 15, 19, 22))
"""Slices that are drawn before masks are proposed for the others."""
HINTS = 2
ACTIONS = (
    "another slice",
    "stroke",
    "first proposal",
    "all proposals",
    "hint",
    "another page",
    "decision",
    "export",
)
_COLLECTED_WITHIN_S = 12.0  # what was needed for a moment only: pages/server/garbage_collection.py
_NOBODY_PORT = 9  # a provider of sign-ins that is never asked: everybody has signed in before
_TOKEN_VARIABLE = next(name for name, field in VARIABLES.items() if field == "metrics_token")
_TOKEN = secrets.token_hex(16)


@dataclass
class Times:
    """Seconds of what everybody did, by the action."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @asynccontextmanager
    async def of(self, action: str) -> AsyncIterator[None]:
        """Take the time of an action."""
        started = time.perf_counter()
        yield
        self.seconds[action].append(time.perf_counter() - started)


@dataclass(frozen=True)
class Person:
    """Somebody with a series open."""

    tab: Tab
    cookie: str
    chance: random.Random
    pause_s: float
    times: Times

    async def think(self) -> None:
        """Pause as a person does."""
        await asyncio.sleep(self.chance.uniform(0.5, 1.5) * self.pause_s)


def main() -> None:
    """Measure, print the figures as JSON, and write them and the plot where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--people", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--rounds", type=int, default=1, choices=(1, 2))
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between actions, about")
    parser.add_argument(
        "--environment",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="further variables of the server's environment",
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    configure_libraries()
    results = []
    for people in arguments.people:
        load = os.getloadavg()[0]
        result = with_server(people, arguments.rounds, arguments.pause, arguments.environment)
        results.append(result | {"load_of_the_machine_before": round(load, 1)})
        print(json.dumps(results[-1], indent=2), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    if arguments.plot is not None:
        plot(results, arguments.plot)


def with_server(
    people: int, rounds: int, pause_s: float, environment: Sequence[str]
) -> dict[str, Any]:
    """Measure with so many people on a server that knows nothing before."""
    with TemporaryDirectory() as folder:
        server = server_for(Path(folder), environment)
        files = demo_files(Path(folder), SIDE, SLICES)
        series = [add_series(server, files, f"of-{n}") for n in range(people + 1)]
        for one in series:
            one.store.close()
        server.start()
        try:
            result = asyncio.run(measure(server, series, rounds, pause_s))
        finally:
            server.kill()
        server.check_log()
    return result


def server_for(folder: Path, environment: Sequence[str]) -> Server:
    """A server that people sign in to, with further variables, each ``NAME=VALUE``."""
    variables = dict(one.split("=", 1) for one in environment)
    server = Server(new_home(folder), variables={_TOKEN_VARIABLE: _TOKEN} | variables)
    return with_sign_in(server, _NOBODY_PORT, "unused")


async def measure(
    server: Server, series: list[DrawnSeries], rounds: int, pause_s: float
) -> dict[str, Any]:
    """Have everybody open a series, one after the other, and then work at the same time."""
    times = Times()
    *others, first = series
    async with AsyncExitStack() as stack:
        # One session that stays open loads what is loaded once.
        await work(await stack.enter_async_context(visit(server, first, 0)), 1)
        await asyncio.sleep(_COLLECTED_WITHIN_S)
        before, waited_before = memory_mib(server)["own"], await waits(server)
        people = []
        for number, one in enumerate(others, 1):
            async with times.of("opening"):
                person = visit(server, one, number, pause_s, times)
                people.append(await stack.enter_async_context(person))
        opened, busy_s = memory_mib(server)["own"], processor_s(server)
        began = time.perf_counter()
        await asyncio.gather(*(work(person, rounds) for person in people))
        passed = time.perf_counter() - began
        busy_s = processor_s(server) - busy_s
        worked = memory_mib(server)["own"]
    jobs, waited = (
        now - then for now, then in zip(await waits(server), waited_before, strict=True)
    )
    done = sum(len(times.seconds[action]) for action in ACTIONS)
    return {
        "people": len(others),
        "seconds": round(passed, 1),
        "actions_a_minute": round(60 * done / passed, 1),
        "milliseconds": {
            action: percentiles(times.seconds[action]) | {"count": len(times.seconds[action])}
            for action in ("opening", *ACTIONS)
        },
        "wait_in_line_mean_s": round(waited / jobs, 2),
        "processor_share_of_one_core": round(busy_s / passed, 2),
        "mebibytes_before": before,
        "mebibytes_of_each_session": round((opened - before) / len(others), 1),
        "mebibytes_of_each_session_after_work": round((worked - before) / len(others), 1),
        "errors": 0,  # any would have ended the run
    }


@asynccontextmanager
async def visit(
    server: Server,
    series: DrawnSeries,
    number: int,
    pause_s: float = 0.0,
    times: Times | None = None,
) -> AsyncIterator[Person]:
    """Sign somebody in who opens a series."""
    session = new_session(server.home, f"person-{number}@example.org", server.url)
    cookie = f"{USER_COOKIE_NAME}={session}"
    async with Tab(server.url, series.key, cookie) as tab:
        await tab.opened(OPENED_WITHIN_S)
        yield Person(tab, cookie, random.Random(number), pause_s, times or Times())


async def work(person: Person, rounds: int) -> None:
    """Draw, propose, correct, review and export, so many times."""
    for drawn in ROUNDS[:rounds]:
        for index in drawn:
            await draw(person, index)
        first, total = await person.tab.propose()
        person.times.seconds["first proposal"].append(first)
        person.times.seconds["all proposals"].append(total)
        await correct(person, drawn)
        await review(person)
        await export(person)
        async with person.times.of("another page"):
            await person.tab.turn_to("annotate")


async def draw(person: Person, index: int) -> None:
    """Go to a slice, look at it, and draw a disc."""
    await person.think()
    async with person.times.of("another slice"):
        await person.tab.go_to(index)
    await person.think()
    mask = disc(SIDE / 2, SIDE / 2, person.chance.uniform(70, 90))
    async with person.times.of("stroke"):
        await person.tab.draw(index, mask)


async def correct(person: Person, drawn: tuple[int, ...]) -> None:
    """Hint at what is missing in proposals beside slices that were drawn."""
    for index in drawn[:HINTS]:
        await person.think()
        async with person.times.of("another slice"):
            await person.tab.go_to(index + 1)
        await person.think()
        async with person.times.of("hint"):
            await person.tab.hint(index + 1, disc(SIDE / 2 + 80, SIDE / 2, 8))


async def review(person: Person) -> None:
    """Reject the least certain proposal, and accept all others."""
    async with person.times.of("another page"):
        await person.tab.turn_to("review")
    await person.think()
    worst, *rest = person.tab.waiting
    async with person.times.of("decision"):
        await person.tab.decide("reject", [worst])
    await person.think()
    async with person.times.of("decision"):
        await person.tab.decide("accept", rest)


async def export(person: Person) -> None:
    """Have a DICOM-SEG created, and read it."""
    async with person.times.of("another page"):
        await person.tab.turn_to_export()
    await person.think()
    async with person.times.of("export"):
        address = await person.tab.export()
    async with httpx.AsyncClient(headers={"Cookie": person.cookie}) as client:
        answer = (await client.get(address)).raise_for_status()
    frames = pydicom.dcmread(io.BytesIO(answer.content)).NumberOfFrames
    if not 0 < int(frames) <= SLICES:
        raise RuntimeError(f"a DICOM-SEG of {frames} frames")


def disc(row: float, column: float, radius: float) -> NDArray[np.bool_]:
    """A mask, bool [rows, columns]."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    return np.asarray((rows - row) ** 2 + (columns - column) ** 2 < radius**2)


async def waits(server: Server) -> tuple[float, float]:
    """How many requests for proposals have begun so far, and their seconds in line together."""
    headers = {"Authorization": f"Bearer {server.variables[_TOKEN_VARIABLE]}"}
    async with httpx.AsyncClient(headers=headers) as client:
        text = (await client.get(f"{server.url}/metrics")).raise_for_status().text

    def figure(name: str) -> float:
        found = re.search(rf"^slicewise_proposal_wait_seconds_{name} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found is not None else 0.0

    return figure("count"), figure("sum")


def plot(results: list[dict[str, Any]], path: Path) -> None:
    """Draw median and 95th percentile of each action over the number of people."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 4, figsize=(10, 4.4), layout="constrained", sharex=True)
    people = [one["people"] for one in results]
    for action, place in zip(ACTIONS, axes.flat, strict=True):
        for share, style in (("p50", "-"), ("p95", ":")):
            seconds = [one["milliseconds"][action][share] / 1000 for one in results]
            place.plot(people, seconds, f"o{style}", color="#2f7d8c", markersize=3, label=share)
        place.set(title=action, xticks=people, ylim=(0, None))
        place.spines[["top", "right"]].set_visible(False)
    for place in axes[-1]:
        place.set_xlabel("people")
    for row in axes:
        row[0].set_ylabel("seconds")
    axes[0, 0].legend(["median", "95th percentile"], frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
