"""What does it cost that proposals are computed elsewhere?

    python benchmarks/proposal_backends.py [in-process processes:1 ray+http://127.0.0.1:8600 …]

Of each place: how long a hint, two slices and a whole series take from asking to the last proposal,
as the median of several, once the series and its examples are known there.
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from statistics import median

import numpy as np
from synthetic_series import slanting_tube

from core.home.settings import read_settings
from core.network.engine import Engine, load_engine
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.opening import open_backend
from core.proposal_jobs.packed_masks import packed
from core.proposal_jobs.requests import (
    Hints,
    ProposalRequest,
    ProposalTask,
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
    kinds = tasks(options.slices)
    print("place", *kinds, "first time", sep=" | ")
    for name in options.places:
        with closing(open_backend(read_settings(os.environ, proposals=name), engine)) as backend:
            backend.weights()
            first = seconds(backend, kinds["two slices"])
            known = [
                median(seconds(backend, task) for _ in range(options.repeats))
                for task in kinds.values()
            ]
        print(name, *(f"{one:.3f} s" for one in [*known, first]), sep=" | ", flush=True)


@cache
def engine() -> Engine:
    """Load the network for this process."""
    loaded = load_engine()
    warm_up(loaded)
    return loaded


def tasks(slices: int) -> dict[str, Callable[[], ProposalTask]]:
    """What is asked for, by its name."""
    volume, truth = slanting_tube(slices=slices, side=512)
    known = np.linspace(0, slices - 1, _EXAMPLES).round().astype(int)
    segment = SegmentExamples(1, {int(index): truth[index] for index in known})
    between = int(known[3] + known[4]) // 2
    series = ProposalRequest(
        "somebody",
        slices,
        series_data(volume, (2.0, 0.8, 0.8), "CT"),
        segment_data([segment]),
        exclusive=(1,),
    )
    few = replace(series, slices_asked=2, slices=(between, between + 1))
    nothing = np.zeros_like(truth[between])
    added = nothing.copy()
    added[200:210, 200:210] = True
    hint = replace(
        series, slices_asked=0, hints=Hints(between, *map(packed, (truth[between], added, nothing)))
    )
    volumes = {series.series.volume: volume}
    return {
        name: lambda request=request: ProposalTask(request, volumes)
        for name, request in (("hint", hint), ("two slices", few), ("series", series))
    }


def seconds(backend: ProposalBackend, task: Callable[[], ProposalTask]) -> float:
    """How long a task takes."""
    asked = task().request
    began = time.perf_counter()
    job = backend.submit(
        task, person=asked.person, slices=asked.slices_asked, series=asked.series.volume
    )
    job.wait()
    assert job.error is None, job.error
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
