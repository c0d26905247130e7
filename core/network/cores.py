"""Work shared among the cores of the processor: each takes pieces of its own.

Sharing every operation among the cores instead leaves them waiting for one another between
operations, which are small here, and for another program that takes one of them for a while.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

from core.network.thread_priority import thread_priority

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_starting = threading.Lock()
# By the number of their threads, and their priority.
_idle: dict[tuple[int, int], list[ThreadPoolExecutor]] = {}


def on_cores(work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Do the same with several items at once, each on one core.

    As many cores are used as PyTorch uses in the calling thread. A single item is worked on in the
    calling thread, with all cores; so is everything where there is one core, or within the work of
    another call.

    Parameters
    ----------
    work : callable
        Takes an item. It may be called from several threads at once.
    items : sequence
        The items.

    Returns
    -------
    list
        A result for every item, in order.
    """
    cores = torch.get_num_threads()
    if cores == 1 or len(items) < 2:
        return [work(item) for item in items]
    with _threads(cores) as pool:
        return list(pool.map(work, items))


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that compute on one core each, for nobody else meanwhile.

    Work may be held up for others that have their turn; these need threads of their own. They have
    the priority of the calling thread, which threads take over from the one that starts them.
    """
    with _starting:
        idle = _idle.setdefault((count, thread_priority()), [])
        pool = idle.pop() if idle else _started(count)
    try:
        yield pool
    finally:
        with _starting:
            idle.append(pool)


def _started(count: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(count, "core", _keep_to_one_core)
    started = threading.Barrier(count + 1)
    for _ in range(count):
        pool.submit(started.wait)
    started.wait()
    # What a thread sets for itself is also what threads have that begin later.
    torch.set_num_threads(count)
    return pool


def _keep_to_one_core() -> None:
    torch.get_num_threads()  # PyTorch sets its usual number when a thread first asks for it
    torch.set_num_threads(1)
