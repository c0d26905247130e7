"""What does it save to keep what was worked out about examples?

    python -m benchmarks.repeated_requests [--slices 60] [--segments 3] [--repeats 3]

Of a series with several segments: the processor time of all threads, and the time that passes,
until all proposals are there, with nothing kept and with what the requests before have left. The
processor time is what to compare where other programs run.
"""

import argparse
import time
from collections.abc import Sequence
from statistics import median

import numpy as np

from benchmarks.synthetic_series import slanting_tube
from core.network.engine import Engine, load_engine
from core.proposals.examples import SegmentExamples
from core.proposals.network_prompt import NetworkPrompt
from core.proposals.proposer import propose
from core.proposals.recent_examples import RecentExamples
from core.proposals.warm_up import warm_up

_EXAMPLES = 5
_SHIFT = 60
"""Pixels from one segment to the next."""


def main() -> None:
    """Measure, and print a line for each request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=60)
    parser.add_argument("--segments", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    engine = load_engine("default", "cpu")
    warm_up(engine)
    volume, truth = slanting_tube(slices=options.slices, side=512)
    known = np.linspace(0, options.slices - 1, _EXAMPLES).round().astype(int).tolist()
    between = (known[1] + known[2]) // 2

    def drawn(number: int, *more: int) -> SegmentExamples:
        masks = np.roll(truth, _SHIFT * number, axis=2)
        return SegmentExamples(number, {index: masks[index] for index in (*known, *more)})

    numbers = range(1, options.segments + 1)
    whole = [drawn(number) for number in numbers]
    one_more = [drawn(1, between), *whole[1:]]
    everything = range(options.slices)
    requests: list[tuple[str, list[SegmentExamples], Sequence[int]]] = [
        ("whole series, for the first time", whole, everything),
        ("the same again", whole, everything),
        ("two slices of it", whole, (between + 1, between + 2)),
        ("whole series, one more example of one segment", one_more, everything),
    ]
    print("request", "nothing kept", "kept", "kept then, MiB", sep=" | ")
    without: list[list[tuple[float, float]]] = [[] for _ in requests]
    kept: list[list[tuple[float, float]]] = [[] for _ in requests]
    sizes = [0.0] * len(requests)
    for _ in range(options.repeats):
        recent: RecentExamples[NetworkPrompt] = RecentExamples()
        for place, (_, segments, slices) in enumerate(requests):
            without[place].append(seconds(engine, volume, segments, slices, None))
            kept[place].append(seconds(engine, volume, segments, slices, recent))
            sizes[place] = recent.nbytes / 2**20
    for place, (name, _, _) in enumerate(requests):
        print(name, words(without[place]), words(kept[place]), round(sizes[place]), sep=" | ")


def seconds(
    engine: Engine,
    volume: np.ndarray,
    segments: list[SegmentExamples],
    slices: Sequence[int],
    recent: RecentExamples[NetworkPrompt] | None,
) -> tuple[float, float]:
    """How much processor time a request takes, and how much time passes."""
    of_series = None if recent is None else recent.of("volume", volume)
    began, used = time.perf_counter(), time.process_time()
    made = propose(
        volume,
        (2.0, 0.8, 0.8),
        "MR",
        segments,
        engine=engine,
        slices=slices,
        recent=of_series,
    )
    assert sum(1 for _ in made) > 0
    return time.process_time() - used, time.perf_counter() - began


def words(measured: list[tuple[float, float]]) -> str:
    """Say the medians."""
    used, passed = (median(one) for one in zip(*measured, strict=True))
    return f"{used:.2f} s ({passed:.2f} s passed)"


if __name__ == "__main__":
    main()
