"""Progress as people are told: slices that exist, a bar that never goes back, the time left."""

from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest

from core.proposal_jobs.job import Job, Progress
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal
from pages.session.proposal_progress import ProgressMeter, progress_text, training_text
from tests.support.queued_work import submit

_PATIENCE_S = 60.0


class Stepped:
    """A job that does one step after the other when it is told to."""

    def __init__(self) -> None:
        self._go_on, self._done = Event(), Event()
        self._next: tuple[int, int, list[Proposal]] | None = None
        self.job: Job = submit(Turns(), self._make)

    def step(self, done: int, total: int, *proposals: Proposal) -> None:
        self._next = (done, total, list(proposals))
        self._done.clear()
        self._go_on.set()
        assert self._done.wait(_PATIENCE_S)

    def end(self) -> None:
        self._next = None
        self._go_on.set()
        assert self.job.wait(_PATIENCE_S)

    def _make(self, cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        while self._go_on.wait(_PATIENCE_S) and self._next is not None:
            self._go_on.clear()
            done, total, proposals = self._next
            yield from proposals
            progress(done, total)
            self._done.set()


@pytest.fixture
def stepped() -> Iterator[Stepped]:
    stepped = Stepped()
    yield stepped
    stepped.end()


def proposal(index: int, size: int = 3) -> Proposal:
    mask = np.zeros((8, 8), dtype=np.bool_)
    mask[:size, :size] = True
    return Proposal(1, index, mask, None)


def test_the_bar_never_goes_back_when_more_steps_come_up(stepped: Stepped) -> None:
    meter = ProgressMeter()
    assert meter.read(stepped.job, 0.0) == (0.0, None)
    stepped.step(5, 9)
    assert meter.read(stepped.job, 1.0)[0] == 0.5
    stepped.step(6, 30)
    assert meter.read(stepped.job, 2.0)[0] == 0.5
    stepped.step(24, 29)
    assert meter.read(stepped.job, 3.0)[0] == 0.8
    stepped.step(29, 29)  # but for storing it
    assert meter.read(stepped.job, 3.0)[0] < 1


def test_the_time_left_follows_from_the_time_passed(stepped: Stepped) -> None:
    meter = ProgressMeter()
    stepped.step(1, 99)
    assert meter.read(stepped.job, 10.0) == (0.01, None)
    stepped.step(25, 99)
    share, left_s = meter.read(stepped.job, 20.0)
    assert share == 0.25
    assert left_s == pytest.approx(30.0)


def test_slices_are_counted_once_and_only_where_something_was_found(stepped: Stepped) -> None:
    assert progress_text(stepped.job) == "Loading the model…"
    stepped.job.notice = "Waiting for the proposal service"
    assert progress_text(stepped.job) == "Waiting for the proposal service"
    stepped.job.notice = None
    stepped.step(3, 70, proposal(4), proposal(5), proposal(4), proposal(6, size=0))
    assert progress_text(stepped.job) == "Proposing: 2 slices so far"
    assert progress_text(stepped.job, 4.0) == "Proposing: 2 slices so far, a few seconds left"
    assert progress_text(stepped.job, 44.0) == "Proposing: 2 slices so far, about 40 s left"
    assert progress_text(stepped.job, 170.0) == "Proposing: 2 slices so far, about 3 min left"


def test_what_other_series_teach_is_told_apart(stepped: Stepped) -> None:
    assert progress_text(stepped.job, is_taught=True) == "Reading the earlier series…"
    stepped.step(1, 10, proposal(3))
    text = progress_text(stepped.job, is_taught=True)
    assert text == "Proposing from earlier series: 1 slice so far"


def test_training_tells_whether_it_has_begun_and_the_time_that_is_left(stepped: Stepped) -> None:
    job = stepped.job
    assert training_text(job, is_behind=True) == "Training begins after the proposals"
    assert training_text(job) == "Reading the earlier series…"
    stepped.step(1, 10)
    assert training_text(job) == "Training on earlier series…"
    assert training_text(job, 44.0) == "Training on earlier series: about 40 s left"
    assert training_text(job, 44.0, is_behind=True) == "Training goes on after the proposals"
    job.notice = "The proposal service does not answer"
    assert training_text(job) == job.notice
    job.cancel()
    assert training_text(job, 44.0) == "Training stops…"


def test_training_tells_how_many_jobs_are_done_before() -> None:
    turns, go_on = Turns(), Event()

    def wait(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        go_on.wait(_PATIENCE_S)
        return iter(())

    jobs = [submit(turns, wait, person=person, slices=99) for person in ("Anna", "Ben")]
    training = submit(turns, wait, person="Anna", is_background=True)
    assert training_text(training) == "Training waits: 2 jobs are done before"
    jobs[1].cancel()
    assert training_text(training) == "Training waits: 1 job is done before"
    go_on.set()
    assert all(job.wait(_PATIENCE_S) for job in (*jobs, training))
