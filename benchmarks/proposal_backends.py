"""What does it cost that proposals are computed elsewhere?

    python -m benchmarks.proposal_backends [in-process processes:1 ray+http://127.0.0.1:8600 …]

Of each place: how long a hint, two slices and a whole series take from asking to the last proposal,
as the median of several, once the series is known there. The examples are others each time, so
that nothing was worked out about them before.
"""

import argparse
import os
import time
from contextlib import closing
from dataclasses import replace
from functools import cache
from itertools import cycle
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic_series import slanting_tube
from core.home.settings import read_settings
from core.network.engine import Engine, load_engine
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.opening import open_backend
from core.proposal_jobs.packed_masks import packed
from core.proposal_jobs.requests import (
    Hints,
    ProposalRequest,
    ProposalTask,
    SeriesData,
    segment_data,
    series_data,
)
from core.proposals.examples import SegmentExamples
from core.proposals.warm_up import warm_up

_EXAMPLES = 8


def main() -> None:
    """Measure, and print a line for each place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", default=["in-process", "processes:1"])
    parser.add_argument("--slices", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    volume, truth = slanting_tube(slices=options.slices, side=512)
    series = series_data(volume, (2.0, 0.8, 0.8), "CT")
    volumes = {series.volume: volume}
    kinds = ("hint", "two slices", "series")
    print("place", *kinds, "first time", sep=" | ")
    for name in options.places:
        with closing(open_backend(read_settings(os.environ, proposals=name), engine)) as backend:
            backend.weights()
            asked = (
                ProposalTask(request(series, without(truth, number), kind), volumes)
                for number, kind in enumerate(cycle(kinds))
            )
            first = [seconds(backend, next(asked)) for _ in kinds]
            taken = [seconds(backend, next(asked)) for _ in range(options.repeats * len(kinds))]
            known = [median(taken[at :: len(kinds)]) for at in range(len(kinds))]
        print(name, *(f"{one:.3f} s" for one in [*known, first[1]]), sep=" | ", flush=True)


@cache
def engine() -> Engine:
    """Load the network for this process."""
    loaded = load_engine()
    warm_up(loaded)
    return loaded


def without(truth: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
    """Leave out one pixel on every slice, so that the masks are examples nobody has shown yet."""
    changed = truth.copy()
    for mask in changed:
        rows, columns = mask.nonzero()
        mask[rows[number % len(rows)], columns[number % len(rows)]] = False
    return changed


def request(series: SeriesData, truth: NDArray[np.bool_], kind: str) -> ProposalRequest:
    """Ask for a hint, for two slices in the middle, or for all slices between the examples."""
    slices = len(truth)
    known = np.linspace(0, slices - 1, _EXAMPLES).round().astype(int)
    between = int(known[3] + known[4]) // 2
    segment = SegmentExamples(1, {int(index): truth[index] for index in known})
    whole = ProposalRequest("somebody", slices, series, segment_data([segment]), exclusive=(1,))
    if kind == "series":
        return whole
    if kind == "two slices":
        return replace(whole, slices_asked=2, slices=(between, between + 1))
    nothing = np.zeros_like(truth[between])
    added = nothing.copy()
    added[200:210, 200:210] = True
    hints = Hints(between, *map(packed, (truth[between], added, nothing)))
    return replace(whole, slices_asked=0, hints=hints)


def seconds(backend: ProposalBackend, task: ProposalTask) -> float:
    """How long a task takes."""
    asked = task.request
    began = time.perf_counter()
    job = backend.submit(
        lambda: task, person=asked.person, slices=asked.slices_asked, series=asked.series.volume
    )
    job.wait()
    assert job.error is None, job.error
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
