"""How long do people wait for one another's proposals?

    python -m benchmarks.proposal_queue [--people 5] [--slices 100]

That many people ask for a series of that many slices each at the same moment. Meanwhile another
person asks for two slices of a series, again and again. Printed is how long the large series take,
when the first proposal of each comes, and how long the small requests take beside them and alone.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from benchmarks.synthetic_series import slanting_tube
from core.network.engine import load_engine
from core.proposal_jobs.job import Job
from core.proposal_jobs.turns import Turns
from core.proposals.proposer import Proposal, SegmentExamples, propose
from core.proposals.warm_up import warm_up
from tests.support.queued_work import submit

_EXAMPLES = 8


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--slices", type=int, default=100)
    options = parser.parse_args()
    engine, turns = load_engine(), Turns()
    warm_up(engine)
    volume, truth = slanting_tube(slices=options.slices, side=512)
    known = np.linspace(0, len(volume) - 1, _EXAMPLES).round().astype(int)
    segment = SegmentExamples(1, {int(index): truth[index] for index in known})

    def ask(person: str, slices: tuple[int, ...] | None = None) -> tuple[Job, Callable[[], float]]:
        first: list[float] = []
        asked = time.perf_counter()

        def work(cancelled: Callable[[], bool], progress: Callable) -> Iterator[Proposal]:
            for proposal in propose(
                volume,
                (2.0, 0.8, 0.8),
                "CT",
                [segment],
                engine=engine,
                slices=slices,
                cancelled=cancelled,
                progress=progress,
            ):
                if not first:
                    first.append(time.perf_counter() - asked)
                yield proposal

        count = options.slices if slices is None else len(slices)
        return submit(turns, work, person=person, slices=count), lambda: first[0]

    def small() -> float:
        asked = time.perf_counter()
        between = int(known[3] + known[4]) // 2
        job, _ = ask("another person", (between, between + 1))
        job.wait()
        return time.perf_counter() - asked

    alone = [small() for _ in range(5)]
    began = time.perf_counter()
    large = [ask(f"person {number}") for number in range(options.people)]
    beside = []
    while not all(job.finished for job, _ in large):
        beside.append(small())
        time.sleep(1)
    print(
        f"{options.people} series of {options.slices} slices: {time.perf_counter() - began:.1f} s"
    )
    firsts = ", ".join(f"{first():.1f}" for _, first in large)
    print(f"first proposal of each after {firsts} s")
    print(f"two slices alone: {median(alone):.2f} s (median of {len(alone)})")
    print(
        f"two slices meanwhile: {median(beside):.2f} s, {max(beside):.2f} s at most "
        f"({len(beside)} requests)"
    )


if __name__ == "__main__":
    main()
