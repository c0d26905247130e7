"""Kill processes that write to the store, again and again, and look for what is lost.

In every round three processes draw, undo and redo at random on the same series and note each edit
once the store has acknowledged it. Each is killed with SIGKILL at a random moment. Then the store
is opened again: the integrity check of SQLite must pass, and every noted version must be there bit
for bit.

    python -m benchmarks.crash --rounds 300
    python -m benchmarks.crash --rounds 300 --database postgresql
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.databases import OPTION_HELP, database_url
from core.annotation.records import MaskChange, VersionConflict
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from core.segments.segment import Code, Segment, default_color

_SERIES = "1.2.826.0.1.3680043.8.498.1"
_SLICES, _SHAPE = 8, (96, 96)
_PROCESSES = 3
_LONGEST_S = 0.5  # a process draws from its first acknowledged edit until it is killed

_ANATOMY = Code("123037004", "SCT", "Anatomical Structure")
_LIVER = Code("10200004", "SCT", "Liver")


class Edit(NamedTuple):
    """One acknowledged version of a mask."""

    slice_index: int
    version: int
    digest: str


@dataclass
class Findings:
    """What all rounds together have shown."""

    edits: int = 0
    lost: list[Edit] = field(default_factory=list)
    damaged_files: int = 0
    opening_s: list[float] = field(default_factory=list)


def main() -> None:
    """Run the rounds and print what was found; exit code 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--database", help=OPTION_HELP)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    # Children begin with the modules loaded, but without connections of this process. Naming
    # __main__ would load nothing ahead: by -m it has no path, and each child took seconds to begin.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.annotation.store", "benchmarks.databases"])
    with tempfile.TemporaryDirectory() as folder, database_url(arguments.database) as given:
        url = given or default_url(Path(folder, "home"))
        _prepare(url)
        findings, chance = Findings(), random.Random(arguments.seed)
        noted: list[Edit] = []
        for number in range(arguments.rounds):
            notes = [Path(folder, f"{number}-{which}") for which in range(_PROCESSES)]
            _draw_and_kill(context, url, notes, chance)
            new = [edit for path in notes for edit in _read(path)]
            noted += new
            _check(url, noted if number == arguments.rounds - 1 else new, findings)
            findings.edits += len(new)
    _report(arguments.rounds, findings)


def _prepare(url: str) -> None:
    store = AnnotationStore(url)
    store.open_annotation(_SERIES, [f"{_SERIES}.{index}" for index in range(_SLICES)], *_SHAPE)
    store.save_segment(_SERIES, Segment(1, "Liver", default_color(1), _ANATOMY, _LIVER), "anna")
    store.close()


def _draw_and_kill(context: Any, url: str, notes: list[Path], chance: random.Random) -> None:
    """Start the processes and kill each at a random moment after its first edit."""
    processes = [
        context.Process(target=_draw, args=(url, path, chance.randrange(2**32)), daemon=True)
        for path in notes
    ]
    for process in processes:
        process.start()
    for process, path in zip(processes, notes, strict=True):
        while process.is_alive() and not path.exists():
            time.sleep(0.002)
    moments = [(chance.uniform(0, _LONGEST_S), process) for process in processes]
    begun = time.monotonic()
    for moment, process in sorted(moments, key=lambda one: one[0]):
        time.sleep(max(0.0, begun + moment - time.monotonic()))
        os.kill(process.pid, signal.SIGKILL)
    for process in processes:
        process.join()
        if process.exitcode != -signal.SIGKILL:
            raise SystemExit(f"a process ended by itself: {process.exitcode}")


def _draw(url: str, notes: Path, seed: int) -> None:
    """Draw, undo and redo for ever, as a person of one's own, and note what is acknowledged."""
    store, chance = AnnotationStore(url), np.random.default_rng(seed)
    person = f"person {seed}"
    file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        act = chance.choice(["draw", "draw", "draw", "undo", "redo"])
        for edit in _edits(store, str(act), person, chance):
            os.write(file, json.dumps(edit).encode() + b"\n")


def _edits(
    store: AnnotationStore, act: str, person: str, chance: np.random.Generator
) -> list[Edit]:
    """Do one thing; the versions that are known to be stored then."""
    if act != "draw":
        places = store.undo(_SERIES, person) if act == "undo" else store.redo(_SERIES, person)
        found = [store.slice(_SERIES, *place) for place in places]
        return [Edit(one.slice_index, one.version, _digest(one.state, one.mask)) for one in found]
    count = int(chance.integers(1, 4))
    changes = [
        MaskChange(
            1,
            int(index),
            _random_mask(chance),
            SliceState.DRAWN,
            store.slice(_SERIES, 1, int(index)).version,
            allow_clear=True,
        )
        for index in chance.choice(_SLICES, count, replace=False)
    ]
    try:
        versions = store.put_many(_SERIES, changes, person, "brush", "draw")
    except VersionConflict:
        return []
    return [
        Edit(change.slice_index, version, _digest(change.state, change.mask))
        for change, version in zip(changes, versions, strict=True)
    ]


def _random_mask(chance: np.random.Generator) -> NDArray[np.bool_]:
    """Mask of a random density; never without pixels, which would be no drawing."""
    mask: NDArray[np.bool_] = chance.random(_SHAPE) < chance.random()
    mask[0, 0] = True
    return mask


def _digest(state: SliceState, mask: NDArray[np.bool_] | None) -> str:
    pixels = b"" if mask is None else np.packbits(mask).tobytes()
    return hashlib.sha256(state.value.encode() + pixels).hexdigest()


def _read(path: Path) -> list[Edit]:
    """What a process noted; a line that it was killed in counts as not noted."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [Edit(*json.loads(line)) for line in lines]


def _check(url: str, noted: list[Edit], findings: Findings) -> None:
    """Open the store again and compare it with what was noted."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        findings.damaged_files += answer != "ok"
        connection.close()
    begun = time.perf_counter()
    store = AnnotationStore(url)
    newest = store.annotation(_SERIES)
    findings.opening_s.append(time.perf_counter() - begun)
    for edit in noted:
        stored = store.slice(_SERIES, 1, edit.slice_index, version=edit.version)
        is_there = _digest(stored.state, stored.mask) == edit.digest
        if not is_there or newest[1, edit.slice_index].version < edit.version:
            findings.lost.append(edit)
    store.close()


def _report(rounds: int, findings: Findings) -> None:
    print(
        f"{rounds} rounds of {_PROCESSES} processes: {findings.edits} acknowledged versions, "
        f"{len(findings.lost)} lost or different, {findings.damaged_files} failed integrity checks"
    )
    print(
        f"opened again in {statistics.median(findings.opening_s) * 1000:.0f} ms (median), "
        f"{max(findings.opening_s) * 1000:.0f} ms (longest)"
    )
    if findings.lost or findings.damaged_files:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
