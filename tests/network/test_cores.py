"""Work shared among cores: every piece on one of them, results in order, nothing else changed."""

import sys
import threading

import torch

from core.network.cores import on_cores
from core.network.thread_priority import give_way, thread_priority


def test_every_item_has_its_result_in_order() -> None:
    assert on_cores(lambda number: number**2, range(20)) == [number**2 for number in range(20)]


def test_several_items_are_worked_on_at_once_by_threads_of_one_core_each() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        both = threading.Barrier(2)

        def cores(item: int) -> tuple[int, str]:
            both.wait(timeout=60)
            return torch.get_num_threads(), threading.current_thread().name

        found = on_cores(cores, range(2))
        assert [count for count, _ in found] == [1, 1]
        assert len({name for _, name in found}) == 2
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_threads_that_begin_later_keep_all_cores() -> None:
    on_cores(str, range(4))
    found: list[int] = []
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert found == [torch.get_num_threads()]


def test_one_item_stays_with_the_caller() -> None:
    assert on_cores(lambda item: threading.current_thread(), [1]) == [threading.current_thread()]


def test_work_within_work_is_done_by_the_same_thread() -> None:
    def inner(item: int) -> bool:
        here = threading.current_thread()
        return on_cores(lambda item: threading.current_thread() is here, range(3)) == [True] * 3

    assert on_cores(inner, range(4)) == [True] * 4


def test_threads_have_the_priority_of_the_one_that_asks() -> None:
    on_cores(str, range(4))  # leaves threads of the usual priority behind
    found: list[list[int]] = []

    def ask() -> None:
        give_way()
        found.append(on_cores(lambda item: thread_priority(), range(4)))

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    usual = thread_priority()
    assert found == [[usual + 5] * 4] if sys.platform == "linux" else [[usual] * 4]
    assert on_cores(lambda item: thread_priority(), range(4)) == [usual] * 4
