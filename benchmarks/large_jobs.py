"""How long do large jobs take, does their progress move, and do they end soon when cancelled?

`python benchmarks/large_jobs.py --json FILE` proposes wavering tubes in noise, side by side on
slices of 256²: four over 164 slices, twenty over 40, one over 1,000 from ten slices, and one of
which every slice is drawn; and it gives up a job of 1,000 slices and three examples at several
moments. Seconds of the clock mean little on a machine that is not idle, so seconds of the processor
stand beside them.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.network.engine import Engine, load_engine
from core.proposals.proposer import SegmentExamples, propose

SIDE = 256
RADIUS = 14


@dataclass
class Watch:
    """When things happened, in seconds since the start.

    Attributes
    ----------
    cancel_at : float
        When to give the job up.
    moved : list of float
        When the progress moved.
    """

    cancel_at: float = float("inf")
    started: float = field(default_factory=time.perf_counter)
    moved: list[float] = field(default_factory=list)
    done: int = -1

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def cancelled(self) -> bool:
        """Whether it is time to give up."""
        return self.now >= self.cancel_at

    def progress(self, done: int, total: int) -> None:
        """Note when the number of steps done grows."""
        if done > self.done:
            self.done = done
            self.moved.append(self.now)


def job(slices: int, structures: int, drawn: int) -> Callable[[Engine, Watch], Any]:
    """Give a job: structures side by side, each drawn on as many slices."""
    volume, truths = wavering_tubes(slices, structures)
    known = np.linspace(0, slices - 1, drawn).round().astype(int)
    segments = [
        SegmentExamples(number, {int(index): truth[index] for index in known})
        for number, truth in enumerate(truths, start=1)
    ]

    def run(engine: Engine, watch: Watch) -> Any:
        return propose(
            volume,
            (2.0, 0.8, 0.8),
            "CT",
            segments,
            engine=engine,
            cancelled=watch.cancelled,
            progress=watch.progress,
        )

    return run


def wavering_tubes(slices: int, count: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Make a volume like a CT in Hounsfield units, int16, and the masks of up to 20 structures."""
    noise = np.random.default_rng(2).standard_normal((slices, SIDE, SIDE), np.float32)
    index, rows, columns = np.ogrid[:slices, :SIDE, :SIDE]
    truths = [
        np.hypot(
            rows - 32 - 64 * (number % 4) - 9 * np.sin(index / 12 + number),
            columns - 26 - 51 * (number // 4) - 9 * np.cos(index / 9 + number),
        )
        < RADIUS
        for number in range(count)
    ]
    volume = 60 * noise
    for truth in truths:
        volume[truth] += 120
    return volume.astype(np.int16), truths


def measure(run: Callable[[Engine, Watch], Any], engine: Engine) -> dict[str, float]:
    """Do a job to its end."""
    watch, processor = Watch(), time.process_time()
    first, count = None, 0
    for _ in run(engine, watch):
        first = first or watch.now
        count += 1
    moments = [0.0, *watch.moved, watch.now]
    return {
        "proposals": count,
        "first_s": first or watch.now,
        "total_s": watch.now,
        "processor_s": time.process_time() - processor,
        "longest_pause_of_progress_s": float(np.diff(moments).max()),
    }


def measure_cancelling(run: Callable[[Engine, Watch], Any], engine: Engine, after: float) -> float:
    """Give a job up after some seconds; how many more pass until it ends."""
    watch = Watch(cancel_at=after)
    for _ in run(engine, watch):
        pass
    return watch.now - after


def main() -> None:
    """Measure every job, and giving up the one of 1,000 slices at several moments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--only", nargs="*", help="names of jobs to measure")
    arguments = parser.parse_args()
    engine = load_engine(device="cpu")
    jobs = {
        "all_drawn": (116, 1, 116),
        "four_structures_164_slices": (164, 4, 12),
        "twenty_structures_40_slices": (40, 20, 5),
        "thousand_slices": (1000, 1, 10),
    }
    figures: dict[str, Any] = {"engine": engine.description}
    measure(job(12, 1, 3), engine)  # compiles what the others need
    for name, settings in jobs.items():
        if not arguments.only or name in arguments.only:
            run = job(*settings)
            figures[name] = measure(run, engine)
            print(name, json.dumps(figures[name]), flush=True)
    if not arguments.only or "cancelling" in arguments.only:
        run = job(1000, 1, 3)
        for after in (0.5, 2.0, 4.0, 8.0, 16.0):
            figures[f"cancelled_after_{after:g}_s"] = measure_cancelling(run, engine, after)
            print(after, figures[f"cancelled_after_{after:g}_s"], flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
