"""Count what comes of broken DICOM files and of misstated headers.

Broken files are opened as the app opens them: found, read, and read as a segmentation. A child
process does it, so that a crash of a decoder is counted and not suffered.

    python benchmarks/fuzz.py ../shared/data/dicom --count 2000

Series whose headers are misstated are compared with what dcm2niix and ITK, or for enhanced images
highdicom, read of them. Counted is what is read wrongly without a word.

    python benchmarks/fuzz.py --headers 1000
"""

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.dicom.configuration import configure_libraries
from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.formats.segmentation_reading import read_segmentation, read_segmentation_frames
from core.home.uploads import store_upload
from tests.support.declared_counts import DICOM_BOMBS, declare, many_entries
from tests.support.file_mutations import MUTATIONS, deflated_bomb, nested_sequences, zip_bomb

HANG_SECONDS = 60


def open_all(path: Path) -> str:
    """Open a file in every way there is, and name the outcome."""
    outcome = "refused"
    try:
        for summary in find_series(path):
            read_series(summary)
            outcome = "opened"
            read_segmentation(path, summary)
    except DicomError as error:
        if "\n" in str(error):
            return f"message of several lines: {error}"
    except Exception as error:
        return f"unexpected {type(error).__name__}: {error}"
    try:
        read_segmentation_frames(path)
        outcome = "opened"
    except DicomError:
        pass
    except Exception as error:
        return f"unexpected {type(error).__name__}: {error}"
    return outcome


def peak_mib() -> int:
    """Peak memory of this process, and of those that decode for it, be they alive or not."""
    kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    for path in (Path("/proc/self/status"), *child_statuses()):
        with suppress(FileNotFoundError, ProcessLookupError, IndexError):  # it has just ended
            text = path.read_text(encoding="utf-8")
            kib += int(text.split("VmHWM:")[1].split()[0])
    return kib // 1024


def child_statuses() -> list[Path]:
    """Files in which the system tells of the children of this process."""
    pids: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # the thread has just ended
            pids += (task / "children").read_text(encoding="ascii").split()
    return [Path(f"/proc/{pid}/status") for pid in pids]


def work(sources: list[Path], numbers: range, seed: int, folder: Path, pipe: Connection) -> None:
    """Open mutants one after the other, and send (number, outcome, seconds, peak MiB)."""
    configure_libraries()
    mutations = (*MUTATIONS, declare)
    for number in numbers:
        random = np.random.default_rng([seed, number])
        source = sources[random.integers(len(sources))]
        mutation = mutations[number % len(mutations)]
        path = folder / "mutant"
        path.write_bytes(mutation(source.read_bytes(), random))
        pipe.send((number, f"{mutation.__name__} of {source.name}"))
        begin = time.monotonic()
        outcome = open_all(path)
        seconds = time.monotonic() - begin
        peak = peak_mib()
        pipe.send((number, outcome, seconds, peak))
    pipe.close()


def run(sources: list[Path], count: int, seed: int) -> dict[str, object]:
    """Open `count` mutants and sum up."""
    outcomes: Counter[str] = Counter()
    notable: list[str] = []
    slowest, peak = 0.0, 0
    first = 0
    with TemporaryDirectory() as folder:
        while first < count:
            receiver, sender = multiprocessing.Pipe(duplex=False)
            child = multiprocessing.get_context("spawn").Process(
                target=work, args=(sources, range(first, count), seed, Path(folder), sender)
            )
            child.start()
            sender.close()
            what = ""
            while True:
                try:
                    message = receiver.recv() if receiver.poll(HANG_SECONDS) else None
                except EOFError:
                    break
                if message is None:
                    child.kill()
                    break
                if len(message) == 2:
                    first, what = message
                    continue
                _, outcome, seconds, child_peak = message
                slowest, peak = max(slowest, seconds), max(peak, child_peak)
                outcomes[outcome.split(":")[0]] += 1
                if outcome not in ("opened", "refused"):
                    notable.append(f"{first} {what}: {outcome}")
                first += 1
                what = ""
            child.join()
            if what:
                outcomes["crashed or hung"] += 1
                notable.append(f"{first} {what}: exit code {child.exitcode}")
                first += 1
    return {
        "mutants": count,
        "outcomes": dict(outcomes),
        "slowest_seconds": round(slowest, 2),
        "peak_mib": peak,
        "notable": notable,
    }


def bombs() -> dict[str, object]:
    """Open files made to exhaust memory, time or the stack, each in a process of its own."""
    makers: dict[str, Callable[[], bytes]] = {
        "sequences nested 10,000 deep": partial(nested_sequences, 10_000),
        "data set inflating to 4 GiB": partial(deflated_bomb, 2**32),
        **{bomb.__name__.replace("_", " "): bomb for bomb in DICOM_BOMBS},
    }
    results: dict[str, object] = {}
    with TemporaryDirectory() as folder:
        for name, make in makers.items():
            path = Path(folder) / "bomb"
            path.write_bytes(make())
            results[name] = alone(open_all, path)
        zips: dict[str, Callable[[], bytes]] = {
            "zip of 3 GiB": partial(zip_bomb, 3 * 2**30),
            "zip of a million entries": many_entries,
        }
        for name, make in zips.items():
            path = Path(folder) / "bomb.zip"
            path.write_bytes(make())
            results[name] = alone(unpack, path)
    return results


def unpack(path: Path) -> str:
    """Store an archive as an upload, and name the outcome."""
    try:
        with path.open("rb") as stream:
            store_upload([(path.name, stream)], home=path.parent / "home")
    except DicomError:
        return "refused"
    return "stored"


def alone(action: Callable[[Path], str], path: Path) -> dict[str, object]:
    """Call an action in a new process, and measure it."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(
        target=measured, args=(action, path, sender)
    )
    child.start()
    sender.close()
    result: dict[str, object] = {"outcome": "crashed or hung"}
    if receiver.poll(HANG_SECONDS):
        with suppress(EOFError):
            result = receiver.recv()
    child.kill()
    child.join()
    return result


def measured(action: Callable[[Path], str], path: Path, pipe: Connection) -> None:
    """Call an action, and send its outcome, seconds and peak MiB."""
    configure_libraries()
    begin = time.monotonic()
    outcome = action(path)
    seconds = round(time.monotonic() - begin, 2)
    pipe.send({"outcome": outcome, "seconds": seconds, "peak_mib": peak_mib()})


def main() -> None:
    """Run from the command line and print JSON."""
    configure_libraries()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="folder of sound and odd DICOM files")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--headers", type=int, metavar="N", help="compare N series with misstated headers instead"
    )
    parser.add_argument("--dcm2niix", default="dcm2niix", help="the program for --headers")
    arguments = parser.parse_args()
    if arguments.headers:
        # ITK is needed for nothing else.
        from tests.support.header_mutants import summed_up

        result = summed_up(arguments.headers, arguments.seed, arguments.dcm2niix)
        print(json.dumps(result, indent=2))
        return
    if arguments.folder is None:
        parser.error("name a folder of DICOM files, or give --headers")
    sources = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    if not sources:
        parser.error(f"there are no files in {arguments.folder}")
    result = run(sources, arguments.count, arguments.seed) | {"bombs": bombs()}
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
