"""What other processes do to the store in tests. Run as a program, it works until it is killed."""

import multiprocessing
import sys
from multiprocessing.synchronize import Barrier, Event

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, VersionConflict
from tests.support.stored_series import SERIES, prepare, put_mask, square


def open_together(url: str, barrier: Barrier) -> None:
    barrier.wait(timeout=300)
    prepare(url).close()


def count_up(url: str, person: str, times: int, barrier: Barrier) -> None:
    """Put `times` new versions on the same slice, reading again after each conflict."""
    store = AnnotationStore(url)
    barrier.wait(timeout=300)
    done = 0
    while done < times:
        current = store.slice(SERIES, 1, 0)
        if not _won(store, person, current.version):
            continue
        done += 1


def count_up_at_once(url: str, people: tuple[str, ...], times: int) -> list[int | None]:
    """Count up in a process of each person's own, all at once; how the processes ended."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(people))
    processes = [
        context.Process(target=count_up, args=(url, person, times, barrier)) for person in people
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=300)
    return [process.exitcode for process in processes]


def put_rounds(url: str, slice_index: int, stop: Event) -> None:
    """Put one mask after another on a slice until told to stop."""
    store = AnnotationStore(url)
    version = 0
    while not stop.is_set():
        mask = square(1 + version % 8)
        version = put_mask(store, SERIES, 1, slice_index, mask=mask, based_on=version)
    store.close()


def put_until_killed(url: str) -> None:
    """Put one mask after another and say the version of each once it is stored."""
    store = AnnotationStore(url)
    version = store.slice(SERIES, 1, 3).version
    while True:
        version = put_mask(
            store,
            SERIES,
            1,
            3,
            mask=square(1 + version % 8),
            state=SliceState.DRAWN,
            based_on=version,
            person="anna",
            tool="brush",
        )
        print(version, flush=True)


def _won(store: AnnotationStore, person: str, based_on: int) -> bool:
    try:
        put_mask(
            store,
            SERIES,
            1,
            0,
            mask=square(1 + based_on % 8),
            state=SliceState.DRAWN,
            based_on=based_on,
            person=person,
            tool="brush",
        )
    except VersionConflict:
        return False
    return True


if __name__ == "__main__":
    put_until_killed(sys.argv[1])
