"""Work that nobody waits for, beside work that people wait for."""

import threading
import time
from functools import partial
from itertools import pairwise

import pytest

from core.proposal_jobs.job import QueueFull
from core.proposal_jobs.turns import MOST_OF_A_PERSON, Turns
from tests.proposal_jobs.test_turns import steps_until
from tests.support import queued_work


def test_what_nobody_waits_for_stands_still_until_all_else_is_done() -> None:
    submit = partial(queued_work.submit, Turns())
    stop, stop_behind = threading.Event(), threading.Event()
    times: list[tuple[float, str]] = []
    behind = submit(
        steps_until(stop_behind, times, "behind"), person="Anna", slices=900, is_background=True
    )
    time.sleep(0.1)
    assert times
    long = submit(steps_until(stop, times, "Anna"), person="Anna", slices=900)
    time.sleep(0.2)
    begun = len(times)
    time.sleep(0.7)  # longer than a turn
    assert {who for _, who in times[begun:]} == {"Anna"}
    stop.set()
    assert long.wait(30)
    begun = len(times)
    time.sleep(0.3)
    assert len(times) > begun and not behind.finished
    stop_behind.set()
    assert behind.wait(30)


def test_work_in_the_background_takes_no_room_from_work_that_is_waited_for() -> None:
    submit = partial(queued_work.submit, Turns())
    stop = threading.Event()
    jobs = [
        submit(steps_until(stop, [], "behind"), person="Anna", slices=900, is_background=True)
        for _ in range(MOST_OF_A_PERSON)
    ]
    with pytest.raises(QueueFull):
        submit(steps_until(stop, [], "behind"), person="Anna", is_background=True)
    jobs.append(submit(steps_until(stop, [], "Anna"), person="Anna"))
    stop.set()
    assert all(job.wait(30) for job in jobs)


def test_whoever_has_work_in_the_background_has_no_credit_for_the_time_before() -> None:
    submit = partial(queued_work.submit, Turns())
    stop, stop_behind = threading.Event(), threading.Event()
    times: list[tuple[float, str]] = []
    jobs = [
        submit(steps_until(stop, times, "Ben"), person="Ben", slices=900),
        submit(steps_until(stop_behind, [], ""), person="Anna", slices=900, is_background=True),
    ]
    time.sleep(3.0)
    begun = len(times)
    jobs.append(submit(steps_until(stop, times, "Anna"), person="Anna", slices=900))
    time.sleep(2.5)
    assert "Anna" in {who for _, who in times[begun:]}
    longest = _longest_without(times[begun:], "Ben")
    stop.set()
    stop_behind.set()
    assert all(job.wait(30) for job in jobs)
    assert longest < 1.5  # a turn has half a second


def _longest_without(times: list[tuple[float, str]], person: str) -> float:
    at = [times[0][0], *(when for when, who in times if who == person), times[-1][0]]
    return max(after - before for before, after in pairwise(at))


def test_work_stops_once_nobody_wants_it_any_more() -> None:
    submit = partial(queued_work.submit, Turns())
    gone, times = threading.Event(), list[tuple[float, str]]()
    job = submit(steps_until(threading.Event(), times, ""), is_unwanted=gone.is_set)
    time.sleep(0.1)
    assert times and not job.finished
    gone.set()
    assert job.wait(30)
    assert job.cancelled and job.is_given_up and job.error is None


def test_work_that_was_done_or_cancelled_was_not_given_up() -> None:
    submit = partial(queued_work.submit, Turns())
    stop, gone = threading.Event(), threading.Event()
    jobs = [
        submit(steps_until(stop, [], name), person=name, slices=900, is_unwanted=gone.is_set)
        for name in ("done", "cancelled")
    ]
    jobs[1].cancel()
    stop.set()
    assert all(job.wait(30) for job in jobs)
    gone.set()
    assert [job.cancelled for job in jobs] == [False, True]
    assert not any(job.is_given_up for job in jobs)
