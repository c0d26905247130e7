"""Time and memory of opening a long CT series, against decoding its pixels with pydicom alone.

The series is the demonstration phantom, enlarged to 512 × 512 and cut into as many slices as asked
for, once uncompressed and once in JPEG 2000 lossless. Every reading happens in a process of its
own, the ways of reading in turns; the figures are medians.

    python benchmarks/reading.py --json reading.json
"""

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pydicom
from pydicom.uid import JPEG2000Lossless

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.demo import SPACING, phantom, write_demo_series
from core.dicom.configuration import configure_libraries
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series, read_series
from core.dicom.uids import derive_uid

SIDE = 512
_NOISE_HU = 8


def write_long_series(folder: Path, slices: int, *, compressed: bool = False) -> None:
    """Write the demonstration phantom as a series of `slices` thin slices of SIDE² pixels."""
    with TemporaryDirectory() as demo:
        templates = [
            pydicom.dcmread(path) for path in sorted(write_demo_series(Path(demo)).iterdir())
        ]
    volume = phantom().volume
    repeats = SIDE // volume.shape[1]
    random = np.random.default_rng(0)
    for index in range(slices):
        original = index * len(volume) // slices
        pixels = volume[original].repeat(repeats, axis=0).repeat(repeats, axis=1)
        # Without noise of its own, the enlarged picture would compress better than any scan.
        pixels = pixels + random.integers(-_NOISE_HU, _NOISE_HU + 1, pixels.shape, np.int16)
        image = templates[original]
        image.Rows = image.Columns = SIDE
        image.PixelSpacing = [spacing / repeats for spacing in SPACING[1:]]
        image.SliceThickness = 0.5
        image.ImagePositionPatient = [*image.ImagePositionPatient[:2], 0.5 * index]
        image.InstanceNumber = index + 1
        image.SOPInstanceUID = derive_uid("benchmark", compressed, index)
        stored = np.clip(pixels - int(image.RescaleIntercept), 0, 4095).astype("<u2")
        image.PixelData = stored.tobytes()
        written: pydicom.Dataset = image
        if compressed:
            written = pydicom.Dataset(image)
            written.file_meta = pydicom.dataset.FileMetaDataset(image.file_meta)
            written.compress(JPEG2000Lossless, stored, generate_instance_uid=False)
        written.save_as(folder / f"{index:05d}.dcm", enforce_file_format=True)


def decode_all(folder: Path) -> None:
    """Read and decode every file with pydicom alone, and keep the pixels."""
    pixels = [pydicom.dcmread(path).pixel_array for path in sorted(folder.iterdir())]
    assert pixels


def open_whole(folder: Path) -> None:
    """Find the series and read it, as the command line does."""
    (summary,) = find_series(folder)
    read_series(summary)


def first_slice(folder: Path) -> None:
    """Find the series and wait for one slice, as the app does before it shows a picture."""
    (summary,) = find_series(folder)
    reading = SeriesReading(summary)
    reading.slice(summary.slices // 2)
    reading.close()


WAYS = {"pydicom": decode_all, "whole": open_whole, "first": first_slice}


def peak_mib() -> float:
    """Peak memory of this process; getrusage would tell the parent's as well."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measure(way: str, folder: Path) -> None:
    """Run one way in this process and print seconds and MiB beyond what Python itself takes."""
    before = peak_mib()
    begin, begin_cpu = time.perf_counter(), time.process_time()
    WAYS[way](folder)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - begin,
                "cpu_seconds": time.process_time() - begin_cpu,
                "mib": peak_mib() - before,
            }
        )
    )


def compare(folder: Path, turns: int) -> dict[str, dict[str, float]]:
    """Measure every way `turns` times after one turn that only warms the disk cache."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for turn in range(turns + 1):
        for way in WAYS:
            command = [sys.executable, __file__, "--measure", way, str(folder)]
            line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            if turn:
                found[way].append(json.loads(line))
    return {
        way: {
            name: round(median(result[name] for result in results), 3)
            for name in ("seconds", "cpu_seconds", "mib")
        }
        for way, results in found.items()
    }


def main() -> None:
    """Run from the command line and print JSON."""
    configure_libraries()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slices", type=int, default=500)
    parser.add_argument(
        "--compressed-slices", type=int, default=100, help="slices of the series in JPEG 2000"
    )
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        way, measured = arguments.measure
        measure(way, Path(measured))
        return
    result = {}
    for name, slices in (
        ("uncompressed", arguments.slices),
        ("jpeg_2000", arguments.compressed_slices),
    ):
        with TemporaryDirectory() as folder:
            write_long_series(Path(folder), slices, compressed=name == "jpeg_2000")
            ways = compare(Path(folder), arguments.turns)
        volume_mib = slices * SIDE * SIDE * 2 / 2**20
        result[name] = {
            "slices": slices,
            "volume_mib": volume_mib,
            **ways,
            "time_ratio": round(ways["whole"]["seconds"] / ways["pydicom"]["seconds"], 2),
            "memory_ratio": round(ways["whole"]["mib"] / volume_mib, 2),
        }
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
