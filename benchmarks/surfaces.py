"""How long do surfaces for the view in three dimensions take, and how much memory?

`python benchmarks/surfaces.py [--json FILE]` makes surfaces of wavering ellipsoids that fill most
of 200 slices of 512 × 512, of one segment and of five, from run-length codes as the editor keeps
them. Seconds are medians; memory is the most that was taken at once beyond the codes.
"""

import argparse
import json
import time
import tracemalloc
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.annotation.run_length import decode_runs, encode_runs
from core.dicom.geometry import Geometry
from core.display.surfaces import MOST_VOXELS, Surface, make_surface

SLICES, SIDE = 200, 512
RUNS = 5


def main() -> None:
    """Print a table, and write it to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = [measure(count) for count in (1, 5)]
    print(json.dumps(results, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=2))


def measure(count: int) -> dict[str, Any]:
    """Make the surfaces of some segments, several times."""
    positions = np.zeros((SLICES, 3))
    positions[:, 2] = np.arange(SLICES)
    geometry = Geometry(np.eye(3)[0], np.eye(3)[1], positions, (0.8, 0.8), SIDE, SIDE)
    codes = [segment_codes(number, count) for number in range(count)]

    def run() -> list[Surface]:
        return [
            make_surface(
                ((index, decode_runs(code, (SIDE, SIDE))) for index, code in enumerate(one)),
                geometry,
                MOST_VOXELS // count,
            )
            for one in codes
        ]

    run()
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        surfaces = run()
        seconds.append(time.perf_counter() - started)
    tracemalloc.start()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "segments": count,
        "seconds": round(median(seconds), 2),
        "megabytes": round(most / 2**20),
        "triangles": sum(len(one.faces) for one in surfaces),
        "megabytes_sent": round(sum(size_of(one) for one in surfaces) / 2**20, 1),
    }


def size_of(surface: Surface) -> int:
    """Bytes of a surface that are sent."""
    return surface.vertices.nbytes + surface.faces.nbytes


def segment_codes(number: int, count: int) -> list[bytes]:
    """Run-length codes of an ellipsoid, beside those of the other segments."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    radius = 0.46 * SIDE / count
    codes = []
    for index in range(SLICES):
        share = np.sqrt(max(0.0, 1 - ((index + 0.5) / SLICES * 2 - 1) ** 2))
        middle = (number + 0.5) * SIDE / count + 6 * np.sin(index / 9)
        mask: NDArray[np.bool_] = ((columns - middle) / radius) ** 2 + (
            (rows - SIDE / 2) / (0.46 * SIDE)
        ) ** 2 < share**2
        codes.append(encode_runs(mask))
    return codes


if __name__ == "__main__":
    main()
