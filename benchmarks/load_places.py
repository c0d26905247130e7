"""What do people get of one server, by where it has proposals computed?

    python -m benchmarks.load_places --json FILE --plot docs/images/load-places.png
    python -m benchmarks.load_places --places processes:2 --people 5 --json FILE

`benchmarks.load`, one server for each place: in its own process, in two worker processes, and by a
service of Ray Serve on this machine with two replicas of one core each (which needs `make ray`). On
each server the people work first alone, then five, then twenty, on series of their own. On two idle
cores everything takes about eleven minutes. ``--from FILE`` draws what was measured before.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.editor_page import demo_files  # noqa: E402
from benchmarks.load import ACTIONS, SIDE, SLICES, measure, server_for  # noqa: E402
from core.dicom.configuration import configure_libraries  # noqa: E402
from core.home.settings import VARIABLES  # noqa: E402
from tests.support.drawn_series import add_series  # noqa: E402
from tests.support.proposal_service import TOKEN, running_service  # noqa: E402

PLACES = {"in-process": "the server", "processes:2": "2 worker processes", "ray": "2 replicas"}
_COLORS = {"in-process": "#2f7d8c", "processes:2": "#c4622d", "ray": "#6d5aa8"}
_RAY_PYTHON = ROOT / ".venv" / "ray" / "bin" / "python"
_FIGURES = {"actions_a_minute": "actions a minute", "wait_in_line_mean_s": "mean wait in line"}

Results = dict[str, list[dict[str, Any]]]
"""Of each place, what `benchmarks.load.measure` tells of each number of people."""


def main() -> None:
    """Measure, print the figures as JSON, and write them and the plot where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--places", nargs="+", default=list(PLACES), choices=list(PLACES))
    parser.add_argument("--people", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between actions, about")
    parser.add_argument("--from", dest="known", type=Path, help="draw this file, measure nothing")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    configure_libraries()
    began = time.monotonic()
    results: Results = {}
    if arguments.known is not None:
        results = json.loads(arguments.known.read_text())
    else:
        for place in arguments.places:
            results[place] = measured(place, arguments.people, arguments.pause)
            if arguments.json is not None:
                arguments.json.write_text(json.dumps(results, indent=2) + "\n")
        print(f"everything took {time.monotonic() - began:.0f} s")
    print(table(results))
    if arguments.plot is not None:
        plot(results, arguments.plot)


def measured(place: str, numbers: Sequence[int], pause_s: float) -> list[dict[str, Any]]:
    """Measure with each number of people on one server that has proposals computed there."""
    results = []
    with TemporaryDirectory() as folder, computing(place, Path(folder)) as environment:
        server = server_for(Path(folder), environment)
        files = demo_files(Path(folder), SIDE, SLICES)
        added = [add_series(server, files, f"of-{n}") for n in range(sum(numbers) + len(numbers))]
        for one in added:
            one.store.close()
        left = iter(added)
        server.start()
        try:
            for people in numbers:
                load = round(os.getloadavg()[0], 1)
                series = list(islice(left, people + 1))
                result = asyncio.run(measure(server, series, 1, pause_s))
                results.append(result | {"load_of_the_machine_before": load})
                print(place, json.dumps(results[-1]), flush=True)
        finally:
            server.kill()
        server.check_log()
    return results


@contextmanager
def computing(place: str, folder: Path) -> Iterator[list[str]]:
    """Have a place ready; gives what the environment of the server says of it."""
    variable, token = (
        next(name for name, field in VARIABLES.items() if field == wanted)
        for wanted in ("proposals", "proposals_token")
    )
    if place != "ray":
        yield [f"{variable}={place}"]
        return
    with running_service(_RAY_PYTHON, folder) as service:
        yield [f"{variable}=ray+{service.address}", f"{token}={TOKEN}"]


def table(results: Results) -> str:
    """Write a table in Markdown: median / 95th percentile in seconds of each action."""
    columns = [(place, one) for place, found in results.items() for one in found]
    titles = [f"{PLACES[place]}, {one['people']}" for place, one in columns]
    rows = [["", *titles], ["---"] * (len(titles) + 1)]
    for action in ACTIONS:
        of_each = (one["milliseconds"][action] for _, one in columns)
        cells = [f"{ms['p50'] / 1000:.2f} / {ms['p95'] / 1000:.2f}" for ms in of_each]
        rows.append([action, *cells])
    for name in (*_FIGURES, "mebibytes_of_each_session", "errors"):
        rows.append([name.replace("_", " "), *(str(one[name]) for _, one in columns)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plot(results: Results, path: Path) -> None:
    """Draw median and 95th percentile of each action, and the figures, over the people."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 5, figsize=(12, 4.8), layout="constrained", sharex=True)
    for panel, place in zip((*ACTIONS, *_FIGURES), axes.flat, strict=True):
        for name, found in results.items():
            people = [one["people"] for one in found]
            style = {"color": _COLORS[name], "markersize": 3}
            if panel in _FIGURES:
                place.plot(people, [one[panel] for one in found], "o-", **style)
            else:
                for share, line in (("p50", "o-"), ("p95", "o:")):
                    seconds = [one["milliseconds"][panel][share] / 1000 for one in found]
                    label = PLACES[name] if share == "p50" else None
                    place.plot(people, seconds, line, label=label, **style)
        place.set(title=_FIGURES.get(panel, panel), xticks=people, ylim=(0, None))
        place.spines[["top", "right"]].set_visible(False)
    for place in axes[-1]:
        place.set_xlabel("people")
    for row in axes:
        row[0].set_ylabel("seconds")
    axes[1, 3].set_ylabel("a minute")
    axes[1, 4].set_ylabel("seconds")
    lines = axes[0, 0].get_legend_handles_labels()
    title = "proposals are computed by (dotted: 95th percentile)"
    figure.legend(
        *lines, frameon=False, loc="outside upper center", ncols=len(results), title=title
    )
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
