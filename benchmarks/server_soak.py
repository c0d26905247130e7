"""Do memory, threads and files of a server stay as they are while people come and go?

    python -m benchmarks.server_soak --minutes 60 --json FILE --plot docs/images/soak.png

Some people open one series after the other (36 slices of 512 × 512), each in a tab of its own, draw
on three slices, have the others proposed, and close the tab; over the websocket, as
`benchmarks.load` has it. A hundred times and more the memory, threads, open files and series of the
server are read. Told are the figures before, at most and in the end, once the server has noticed
that all tabs are closed, and by how much memory grew over the second half.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import demo_files  # noqa: E402
from benchmarks.load import disc, server_for, visit  # noqa: E402
from benchmarks.series_soak import memory_mib, settled, volumes_mapped  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from tests.support.app_server import Server  # noqa: E402
from tests.support.drawn_series import DrawnSeries, add_series  # noqa: E402

SIDE, SLICES = 512, 36
SERIES = 12
_LOOKS, _OFTENEST_S = 120, 5.0
_COLLECTED_WITHIN_S = 12.0


@dataclass(frozen=True)
class Sample:
    """The server at one moment.

    Attributes
    ----------
    minutes : float
        Since the beginning.
    mebibytes : int
        Of memory of its own.
    threads, files, series : int
        Threads, open files, and series in memory.
    """

    minutes: float
    mebibytes: int
    threads: int
    files: int
    series: int


def main() -> None:
    """Measure, print the figures as JSON, and write them and the plot where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.6, help="seconds between strokes, about")
    parser.add_argument("--environment", nargs="+", default=[], metavar="NAME=VALUE")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    configure_libraries()
    with TemporaryDirectory() as folder:
        server = server_for(Path(folder), arguments.environment)
        files = demo_files(Path(folder), SIDE, SLICES)
        series = [add_series(server, files, f"of-{n}") for n in range(SERIES)]
        for one in series:
            one.store.close()
        server.start()
        try:
            samples, visits = asyncio.run(soak(server, series, arguments))
        finally:
            server.kill()
        server.check_log()
    print(json.dumps(summary(samples, visits, arguments.people), indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([asdict(one) for one in samples]) + "\n")
    if arguments.plot is not None:
        plot(samples, arguments.plot)


async def soak(
    server: Server, series: list[DrawnSeries], arguments: argparse.Namespace
) -> tuple[list[Sample], int]:
    """Let people come and go, after one visit that loads what is loaded once.

    Returns
    -------
    list of Sample, int
        The first before, the last after all tabs were closed; how many visits there were.
    """
    await come_and_go(server, series[0], 0, arguments.pause)
    await settled(server)
    await asyncio.sleep(_COLLECTED_WITHIN_S)
    began = time.monotonic()
    samples, visits = [sample(server, began)], 0
    waiting, seconds = list(series), 60 * arguments.minutes

    async def person(number: int) -> None:
        nonlocal visits
        while time.monotonic() - began < seconds:
            one = waiting.pop(0)
            await come_and_go(server, one, number, arguments.pause)
            waiting.append(one)
            visits += 1

    tasks = [asyncio.create_task(person(number)) for number in range(arguments.people)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(max(_OFTENEST_S, seconds / _LOOKS))
        samples.append(sample(server, began))
    await asyncio.gather(*tasks)
    await settled(server)
    await asyncio.sleep(_COLLECTED_WITHIN_S)
    return [*samples, sample(server, began)], visits


async def come_and_go(server: Server, series: DrawnSeries, number: int, pause_s: float) -> None:
    """Open a series, draw on three slices, have the others proposed, and close it."""
    chance = random.Random()
    async with visit(server, series, number) as person:
        for index in (8, 16, 24):
            await asyncio.sleep(chance.uniform(0.5, 1.5) * pause_s)
            await person.tab.go_to(index)
            await person.tab.draw(index, disc(SIDE / 2, SIDE / 2, chance.uniform(50, 90)))
        await person.tab.propose()


def sample(server: Server, began: float) -> Sample:
    """Look at the server."""
    assert server.process is not None
    process = Path(f"/proc/{server.process.pid}")
    return Sample(
        round((time.monotonic() - began) / 60, 2),
        memory_mib(server)["own"],
        len(list((process / "task").iterdir())),
        len(list((process / "fd").iterdir())),
        volumes_mapped(server),
    )


def summary(samples: list[Sample], visits: int, people: int) -> dict[str, Any]:
    """The figures before, at most and in the end, and the growth over the second half."""
    *during, end = samples
    second_half = during[len(during) // 2 :]
    minutes = [one.minutes for one in second_half]
    slope = np.polyfit(minutes, [one.mebibytes for one in second_half], 1)[0]
    most = {
        name: max(getattr(one, name) for one in during)
        for name in ("mebibytes", "threads", "files", "series")
    }
    return {
        "people": people,
        "minutes": end.minutes,
        "visits": visits,
        "before": asdict(during[0]),
        "most": most,
        "in_the_end": asdict(end),
        "mebibytes_an_hour_in_the_second_half": round(60 * float(slope), 1),
    }


def plot(samples: list[Sample], path: Path) -> None:
    """Draw memory, threads and files over time."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    names = {"mebibytes": "memory, MiB", "threads": "threads", "files": "open files"}
    figure, axes = pyplot.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
    for (name, title), place in zip(names.items(), axes, strict=True):
        values = [getattr(one, name) for one in samples]
        place.plot([one.minutes for one in samples], values, color="#2f7d8c", linewidth=1)
        place.set(title=title, xlabel="minutes", ylim=(0, None))
        place.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
