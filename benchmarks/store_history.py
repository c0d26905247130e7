"""How much longer does an annotation with a long history take to open, and how does it grow?

    python -m benchmarks.store_history
    python -m benchmarks.store_history --database postgresql

Two segments on 100 slices of 512 × 512 are drawn once (200 versions), and in another annotation of
the same store again and again (20,000 versions). Opening reads what the page reads first: segments,
newest masks, ends, and what undo and redo would do. Times are medians and 95th percentiles of runs
in turn; the growth is that of the database on the disk over the last 1,000 strokes.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine, text

from benchmarks.databases import OPTION_HELP, database_url
from core.annotation.ends import stated_ends
from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.home.settings import default_url
from core.segments.segment import Code, Segment, default_color

SLICES, SIDE, SEGMENTS = 100, 512, 2
RUNS = 40
PERSON = "anna"
VERSIONS_OF_EACH = {"short": 1, "long": 100}

_ANATOMY = Code("123037004", "SCT", "Anatomical Structure")
_LIVER = Code("10200004", "SCT", "Liver")


def main() -> None:
    """Print what was measured as JSON, and write it to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--database", help=OPTION_HELP)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database_url(arguments.database) as url:
        result = measure(url or default_url(Path(folder, "home")))
    print(json.dumps(result, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2))


def measure(url: str) -> dict[str, Any]:
    """Fill a store and time both annotations in it."""
    store = AnnotationStore(url)
    try:
        growth = [draw_all(store, url, name, count) for name, count in VERSIONS_OF_EACH.items()]
        return {
            "versions": {name: SLICES * SEGMENTS * n for name, n in VERSIONS_OF_EACH.items()},
            "open_ms": in_turn(lambda name: open_annotation(store, name)),
            "stroke_ms": in_turn(lambda name: draw(store, name, 1, SLICES // 2, RUNS)),
            "megabytes_per_1000_strokes": growth[-1],
        }
    finally:
        store.close()


def draw_all(store: AnnotationStore, url: str, name: str, count: int) -> float:
    """Draw on every slice some times; megabytes by which 1,000 strokes have grown the store."""
    store.open_annotation(name, [f"1.2.3.{index}" for index in range(SLICES)], SIDE, SIDE)
    for number in range(1, SEGMENTS + 1):
        segment = Segment(number, f"Liver {number}", default_color(number), _ANATOMY, _LIVER)
        store.save_segment(name, segment, PERSON)
    before, strokes = size_of(url), 0
    for version in range(count):
        for number in range(1, SEGMENTS + 1):
            for index in range(SLICES):
                draw(store, name, number, index, version)
                strokes += 1
    return round((size_of(url) - before) / 2**20 / strokes * 1000, 2)


def draw(store: AnnotationStore, name: str, number: int, index: int, size: int) -> None:
    """Draw another disc over the newest version of a slice."""
    version = store.slice(name, number, index).version
    change = MaskChange(number, index, disc(60 + size % 80, number), SliceState.DRAWN, version)
    store.put_many(name, [change], PERSON, "brush", "draw", locked=())


def disc(radius: int, number: int) -> NDArray[np.bool_]:
    """Disc on one side of a slice."""
    rows, columns = np.ogrid[:SIDE, :SIDE]
    middle = SIDE * number // (SEGMENTS + 1)
    inside: NDArray[np.bool_] = (rows - SIDE // 2) ** 2 + (columns - middle) ** 2 < radius**2
    return inside


def open_annotation(store: AnnotationStore, name: str) -> None:
    """Read what the page reads first."""
    store.segments(name)
    store.annotation(name)
    stated_ends(store, name)
    store.next_steps(name, PERSON)


def in_turn(run: Callable[[str], None]) -> dict[str, list[float]]:
    """Run for both annotations in turn; median and 95th percentile in milliseconds."""
    seconds: dict[str, list[float]] = {name: [] for name in VERSIONS_OF_EACH}
    for _ in range(RUNS):
        for name, taken in seconds.items():
            started = time.perf_counter()
            run(name)
            taken.append(time.perf_counter() - started)
    return {
        name: [round(float(1000 * np.percentile(taken, share)), 1) for share in (50, 95)]
        for name, taken in seconds.items()
    }


def size_of(url: str) -> int:
    """Bytes of the database on the disk, once what waits in its journal is in place."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                return int(
                    connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
                    or 0
                )
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            pages = int(connection.execute(text("PRAGMA page_count")).scalar() or 0)
            return pages * int(connection.execute(text("PRAGMA page_size")).scalar() or 0)
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
