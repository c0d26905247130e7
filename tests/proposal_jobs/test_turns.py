import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from core.network.engine import Engine
from core.network.thread_priority import thread_priority
from core.proposal_jobs.job import Job, QueueFull
from core.proposal_jobs.turns import MOST_OF_A_PERSON, Turns
from core.proposals.examples import Proposal
from core.proposals.proposer import propose
from tests.proposals.conftest import examples_of
from tests.support import queued_work


@pytest.fixture
def submit() -> Callable[..., Job]:
    """Hands work in at a queue of one place."""
    return partial(queued_work.submit, Turns())


def proposal(index: int, expected: float | None = None) -> Proposal:
    return Proposal(1, index, np.ones((2, 2), bool), expected)


def test_proposals_and_progress_arrive_while_the_work_goes_on(submit: Callable[..., Job]) -> None:
    half, go_on = threading.Event(), threading.Event()

    def work(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        progress(1, 2)
        yield proposal(0)
        half.set()
        go_on.wait(10)
        progress(2, 2)
        yield proposal(1)

    job = submit(work)
    assert half.wait(10)
    assert job.progress == (1, 2)
    assert not job.finished
    go_on.set()
    assert job.wait(10)
    assert job.finished and job.error is None
    assert job.progress == (2, 2)
    assert [proposal.slice for proposal in job.proposals] == [0, 1]


def test_work_in_the_background_gives_way_to_other_threads(submit: Callable[..., Job]) -> None:
    found = []

    def work(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        found.append(thread_priority())
        return iter(())

    assert submit(work).wait(10)
    assert found == [thread_priority() + (5 if sys.platform == "linux" else 0)]


def test_a_newer_proposal_replaces_the_older(submit: Callable[..., Job]) -> None:
    job = submit(lambda cancelled, progress: iter([proposal(3), proposal(4), proposal(3, 0.9)]))
    assert job.wait(10)
    assert [(made.slice, made.expected_dice) for made in job.proposals] == [(3, 0.9), (4, None)]


def test_cancelling_keeps_what_was_proposed(submit: Callable[..., Job]) -> None:
    begun = threading.Event()

    def work(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        index = 0
        while not cancelled():
            yield proposal(index)
            index += 1
            begun.set()

    job = submit(work)
    assert begun.wait(10)
    job.cancel()
    assert job.wait(10)
    assert job.cancelled and job.error is None
    assert job.proposals


def test_a_job_cancelled_in_the_queue_never_starts(submit: Callable[..., Job]) -> None:
    go_on, started = threading.Event(), threading.Event()

    def first(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        go_on.wait(10)
        yield proposal(0)

    def second(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        started.set()
        yield proposal(1)

    before, job = submit(first), submit(second)
    job.cancel()
    go_on.set()
    assert before.wait(10) and job.wait(10)
    assert not started.is_set() and job.proposals == []


def test_one_job_at_a_time_is_at_work(submit: Callable[..., Job]) -> None:
    at_work, most = [], []

    def work(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        for index in range(40):
            cancelled()
            at_work.append(index)
            most.append(len(at_work))
            time.sleep(0.002)
            at_work.pop()
            yield proposal(index)

    jobs = [submit(work, person=person, slices=100) for person in ("Anna", "Ben", "Cleo")]
    assert all(job.wait(30) for job in jobs)
    assert max(most) == 1
    assert all(len(job.proposals) == 40 for job in jobs)


def steps_until(
    stop: threading.Event, times: list[tuple[float, str]], name: str
) -> Callable[..., Iterator[Proposal]]:
    """Work of many short steps that notes when each was done."""

    def work(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        while not stop.is_set() and not cancelled():
            time.sleep(0.005)
            times.append((time.monotonic(), name))
        yield proposal(0)

    return work


def test_people_share_the_time_evenly_however_much_each_asks_for(
    submit: Callable[..., Job],
) -> None:
    stop = threading.Event()
    times: list[tuple[float, str]] = []
    anna = [submit(steps_until(stop, times, "Anna"), person="Anna", slices=900) for _ in range(3)]
    ben = submit(steps_until(stop, times, "Ben"), person="Ben", slices=900)
    time.sleep(4.5)
    stop.set()
    assert all(job.wait(30) for job in (*anna, ben))
    share = sum(name == "Ben" for _, name in times) / len(times)
    assert 0.35 < share < 0.65


def test_short_work_does_not_wait_for_a_series_of_the_same_or_another_person(
    submit: Callable[..., Job],
) -> None:
    stop = threading.Event()
    times: list[tuple[float, str]] = []
    long = [
        submit(steps_until(stop, times, who), person=who, slices=900) for who in ("Anna", "Ben")
    ]
    try:
        for person in ("Anna", "Cleo"):
            time.sleep(0.1)
            short = submit(lambda *_: iter([proposal(1)]), person=person, slices=2)
            assert short.wait(5)
            assert not any(job.finished for job in long)
    finally:
        stop.set()
    assert all(job.wait(30) for job in long)


def test_jobs_stand_still_while_a_person_waits_for_something_short(
    submit: Callable[..., Job],
) -> None:
    stop = threading.Event()
    times: list[tuple[float, str]] = []
    job = submit(steps_until(stop, times, "Anna"), person="Anna", slices=900)
    time.sleep(0.1)
    before = []

    def hint(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        cancelled()
        time.sleep(0.5)  # the step that was under way ends
        before.append(len(times))
        time.sleep(0.2)
        before.append(len(times))
        yield proposal(1)

    assert submit(hint, person="Ben", slices=0).wait(10)
    assert before[1] <= before[0] + 1
    time.sleep(0.2)
    assert len(times) > before[1] + 1
    stop.set()
    assert job.wait(30)


def test_a_job_that_waits_for_its_turn_is_cancelled_at_once(submit: Callable[..., Job]) -> None:
    hold, go_on = threading.Event(), threading.Event()

    def held(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        while not go_on.is_set():
            hold.wait(0.01)
            if cancelled():
                break
        yield proposal(0)

    jobs = [submit(held, person=person, slices=900) for person in ("Anna", "Ben")]
    time.sleep(1.2)  # both have had a turn
    jobs[1].cancel()
    assert jobs[1].wait(1)
    go_on.set()
    assert jobs[0].wait(10)


def test_a_person_is_told_when_too_much_is_asked_for(submit: Callable[..., Job]) -> None:
    go_on = threading.Event()

    def held(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        go_on.wait(10)
        yield proposal(0)

    jobs = [submit(held, person="Anna") for _ in range(MOST_OF_A_PERSON)]
    with pytest.raises(QueueFull, match="20 of your requests are not finished"):
        submit(held, person="Anna")
    other = submit(held, person="Ben")
    go_on.set()
    assert all(job.wait(10) for job in (*jobs, other))
    assert submit(held, person="Anna").wait(10)


def test_the_time_to_wait_follows_what_slices_took_before(submit: Callable[..., Job]) -> None:
    def slow(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        for done in range(20):
            time.sleep(0.01)
            progress(done + 1, 20)
        yield proposal(0)

    took = []
    for _ in range(4):
        began = time.monotonic()
        assert submit(slow, slices=20).wait(10)
        took.append((time.monotonic() - began) / 20)
    go_on, begun = threading.Event(), threading.Event()

    def held(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        begun.set()
        go_on.wait(10)
        yield proposal(0)

    first = submit(held, slices=100)
    assert begun.wait(10)
    second = submit(held, slices=100)
    wait_s = second.seconds_to_wait
    assert wait_s is not None and 50 * min(took) < wait_s < 200 * max(took)
    assert first.seconds_to_wait == 0
    go_on.set()
    assert first.wait(10) and second.wait(10)


def test_wrong_input_is_told_to_the_person_and_the_next_job_runs(
    submit: Callable[..., Job],
) -> None:
    def fail(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        yield proposal(0)
        raise ValueError("Draw the liver on a second slice.")

    job = submit(fail)
    after = submit(lambda cancelled, progress: iter([proposal(1)]))
    assert job.wait(10) and after.wait(10)
    assert job.error == "Draw the liver on a second slice."
    assert after.error is None and len(after.proposals) == 1


def test_a_bug_is_told_without_its_message(
    submit: Callable[..., Job], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        raise RuntimeError("patient DOE^JANE")
        yield

    job = submit(fail)
    assert job.wait(10)
    assert job.error is not None and "RuntimeError" in job.error
    assert "DOE" not in job.error and "DOE" not in caplog.text


def test_jobs_in_the_queue_know_how_many_are_done_before_them(submit: Callable[..., Job]) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def first(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        begun.set()
        go_on.wait(10)
        yield proposal(0)

    jobs = [submit(first), *(submit(lambda *_: iter([proposal(1)])) for _ in range(2))]
    assert begun.wait(10)
    assert [job.ahead for job in jobs] == [0, 1, 2]
    jobs[1].cancel()
    assert jobs[1].wait(0), "a job that has not begun ends at once"
    assert [job.ahead for job in jobs] == [0, 0, 1]
    go_on.set()
    assert jobs[2].wait(10)
    assert jobs[2].ahead == 0


def test_a_finished_job_holds_what_it_proposed_and_not_what_it_worked_on(
    submit: Callable[..., Job],
) -> None:
    series = np.zeros(1000)

    def work(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None], series: Any = series
    ) -> Iterator[Proposal]:
        yield proposal(int(series[0]))

    released = weakref.ref(work)
    job = submit(work)
    assert job.wait(10)
    del work
    gc.collect()
    assert released() is None
    assert len(job.proposals) == 1


def test_masks_are_the_same_whether_or_not_others_share_the_time(
    submit: Callable[..., Job],
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
) -> None:
    volume, masks = balls

    def proposing(
        cancelled: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Iterator[Proposal]:
        segments = examples_of(masks, (8, 12, 16))
        return propose(
            volume,
            (2.0, 1.0, 1.0),
            "MR",
            segments,
            engine=untrained_engine,
            cancelled=cancelled,
            progress=progress,
        )

    alone = submit(proposing, slices=100)
    assert alone.wait(60)
    together = [submit(proposing, person=person, slices=100) for person in ("Anna", "Ben", "Cleo")]
    while not all(job.finished for job in together):
        submit(lambda *_: iter(()), person="Dora", slices=0).wait(10)
    expected = {(one.segment, one.slice): one for one in alone.proposals}
    assert expected
    for job in together:
        found = {(one.segment, one.slice): one for one in job.proposals}
        assert found.keys() == expected.keys()
        for place, one in found.items():
            np.testing.assert_array_equal(one.mask, expected[place].mask)
            assert one.expected_dice == expected[place].expected_dice
