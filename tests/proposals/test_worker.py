import gc
import threading
import weakref

import numpy as np

from core.proposals.examples import Proposal
from core.proposals.worker import submit


def proposal(index, expected=None):
    return Proposal(1, index, np.ones((2, 2), bool), expected)


def test_proposals_and_progress_arrive_while_the_work_goes_on():
    half, go_on = threading.Event(), threading.Event()

    def work(cancelled, progress):
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


def test_a_newer_proposal_replaces_the_older():
    job = submit(lambda cancelled, progress: iter([proposal(3), proposal(4), proposal(3, 0.9)]))
    assert job.wait(10)
    assert [(made.slice, made.expected_dice) for made in job.proposals] == [(3, 0.9), (4, None)]


def test_cancelling_keeps_what_was_proposed():
    begun = threading.Event()

    def work(cancelled, progress):
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


def test_a_job_cancelled_in_the_queue_never_starts():
    go_on, started = threading.Event(), threading.Event()

    def first(cancelled, progress):
        go_on.wait(10)
        yield proposal(0)

    def second(cancelled, progress):
        started.set()
        yield proposal(1)

    before, job = submit(first), submit(second)
    job.cancel()
    go_on.set()
    assert before.wait(10) and job.wait(10)
    assert not started.is_set() and job.proposals == []


def test_jobs_run_one_after_the_other_in_one_thread():
    seen = []

    def work(cancelled, progress):
        seen.append(threading.current_thread().name)
        yield proposal(0)

    jobs = [submit(work) for _ in range(5)]
    assert all(job.wait(10) for job in jobs)
    assert len(set(seen)) == 1 and seen[0] != threading.current_thread().name


def test_wrong_input_is_told_to_the_person_and_the_next_job_runs():
    def fail(cancelled, progress):
        yield proposal(0)
        raise ValueError("Draw the liver on a second slice.")

    job = submit(fail)
    after = submit(lambda cancelled, progress: iter([proposal(1)]))
    assert job.wait(10) and after.wait(10)
    assert job.error == "Draw the liver on a second slice."
    assert after.error is None and len(after.proposals) == 1


def test_a_bug_is_told_without_its_message(caplog):
    def fail(cancelled, progress):
        raise RuntimeError("patient DOE^JANE")
        yield

    job = submit(fail)
    assert job.wait(10)
    assert "RuntimeError" in job.error
    assert "DOE" not in job.error and "DOE" not in caplog.text


def test_jobs_in_the_queue_know_how_many_are_done_before_them():
    go_on, begun = threading.Event(), threading.Event()

    def first(cancelled, progress):
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


def test_a_finished_job_holds_what_it_proposed_and_not_what_it_worked_on():
    series = np.zeros(1000)

    def work(cancelled, progress, series=series):
        yield proposal(int(series[0]))

    released = weakref.ref(work)
    job = submit(work)
    assert job.wait(10)
    del work
    gc.collect()
    assert released() is None
    assert len(job.proposals) == 1
