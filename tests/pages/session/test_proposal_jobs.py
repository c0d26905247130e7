"""Proposals made in the background: what stays of a job once it has finished."""

import gc
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.progressive import SeriesReading
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from core.home.settings import read_settings
from core.home.teaching_choices import TeachingChoice, remember_teaching
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job, Progress, nothing
from core.proposal_jobs.requests import ProposalRequest, ProposalTask, SeriesData
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal
from core.proposals.teachers import Teachers
from pages.session import proposal_jobs
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.model import proposal_backend
from pages.session.proposal_jobs import (
    asked_jobs,
    propose_neighbours,
    running_job,
    seconds_between_looks,
    start_training,
    stop_training,
    training_job,
)
from pages.session.proposal_progress import progress_text
from pages.session.work import Work
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.queued_work import submit
from tests.support.segments import LIVER_SEGMENT

DRAWN = 24
_PATIENCE_S = 120.0

Disk = Callable[[float], NDArray[np.bool_]]


@pytest.fixture
def drawn(store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk) -> AnnotationStore:
    """Two slices with one between them are drawn."""
    changes = [MaskChange(1, index, disk(30), SliceState.DRAWN, 0) for index in (DRAWN, DRAWN + 2)]
    store.put_many(demo_summary.uid, changes, PERSON, "test", "prepare")
    return store


def until(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds, and return what it gave."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)
    return result


def followed_to_the_end(job: Job | None) -> list[weakref.ref[Any]]:
    """Wait for a job; weak references to it and to masks that it proposed."""
    assert job is not None
    proposals = until(lambda: job.proposals)
    assert job.wait(_PATIENCE_S)
    assert job.error is None
    return [weakref.ref(job), *(weakref.ref(proposal.mask) for proposal in proposals)]


def test_a_finished_job_and_its_masks_are_released(
    drawn: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary
) -> None:
    entrance = Entrance(read_settings(os.environ), PERSON, arrived=False)
    work = Work(entrance, opened, SeriesReading(demo_summary), drawn, PageMemory(opened.key))
    propose_neighbours(work, 1, DRAWN)
    released = followed_to_the_end(running_job(work))
    gc.collect()
    assert running_job(work) is None
    assert [reference() for reference in released] == [None] * len(released)
    assert drawn.slice(work.annotation_key, 1, DRAWN + 1).state is SliceState.PROPOSED


def test_worker_processes_propose_where_the_settings_say_so(
    drawn: AnnotationStore,
    opened: OpenedSeries,
    demo_summary: SeriesSummary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLICEWISE_PROPOSALS", "processes:1")
    entrance = Entrance(read_settings(os.environ), PERSON, arrived=False)
    work = Work(entrance, opened, SeriesReading(demo_summary), drawn, PageMemory(opened.key))
    propose_neighbours(work, 1, DRAWN)
    job = running_job(work)
    assert job is not None
    until(lambda: progress_text(job) != "Loading the model…")
    assert job.wait(_PATIENCE_S) and job.error is None
    stored = drawn.slice(work.annotation_key, 1, DRAWN + 1)
    assert stored.state is SliceState.PROPOSED and stored.weights == job.weights
    proposal_backend(entrance.settings).close()


def test_what_went_wrong_is_shown_in_every_tab_until_it_is_dismissed_there(
    drawn: AnnotationStore,
    opened: OpenedSeries,
    open_page: OpenPage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"no weights")
    monkeypatch.setenv("SLICEWISE_WEIGHTS", str(weights))
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")

    def errors(app: AppTest) -> list[str]:
        return [error.value for error in app.run().error]

    first = press(open_page("annotate", series=opened.key), "Propose")
    message = until(lambda: errors(first))
    second = open_page("annotate", series=opened.key)
    assert errors(second) == message
    press(first, "Dismiss")
    assert errors(first) == []
    assert errors(second) == message
    press(second, "Dismiss")
    assert errors(second) == []


def of_person(
    person: str, opened: OpenedSeries, reading: SeriesReading, store: AnnotationStore
) -> Work:
    """What a person works on."""
    entrance = Entrance(read_settings(os.environ), person, arrived=False)
    return Work(entrance, opened, reading, store, PageMemory(opened.key))


@pytest.fixture
def held_queue(opened: OpenedSeries) -> Iterator[None]:
    """Another series' job, at which the queue stands still during the test."""
    go_on, begun = threading.Event(), threading.Event()

    def wait(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        begun.set()
        go_on.wait(_PATIENCE_S)
        return iter(())

    job = submit(proposal_backend(read_settings(os.environ)).turns, wait)
    assert begun.wait(_PATIENCE_S)
    yield
    go_on.set()
    assert job.wait(_PATIENCE_S)


@pytest.mark.usefixtures("held_queue")
def test_requests_of_two_people_wait_and_say_so(
    drawn: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    reading = SeriesReading(demo_summary)
    own = of_person(PERSON, opened, reading, drawn)
    others = of_person("Somebody Else", opened, reading, drawn)
    propose_neighbours(own, 1, DRAWN)
    propose_neighbours(others, 1, DRAWN + 2)
    propose_neighbours(others, 1, DRAWN)  # the same as the first: nothing more to do
    jobs = asked_jobs(own)
    assert [asked.person for asked in jobs] == [PERSON, "Somebody Else"]
    # They share the time then; how long it takes is told once a job was seen to its end.
    assert [progress_text(asked.job).split(",")[0] for asked in jobs] == [
        "Waiting: 1 job is done before",
        "Waiting: 1 job is done before",
    ]
    app = open_page("annotate", series=opened.key)
    assert [button.label for button in app.button].count("Cancel") == 1
    assert "Asked for by Somebody Else, who alone can stop it." in shown(app)
    press(app, "Cancel")
    assert [asked.person for asked in asked_jobs(own)] == ["Somebody Else"]
    (left,) = asked_jobs(own)
    left.job.cancel()
    assert asked_jobs(own) == []


def test_a_segment_removed_while_a_job_waits_takes_no_other_along(
    drawn: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary, disk: Disk
) -> None:
    work = of_person(PERSON, opened, SeriesReading(demo_summary), drawn)
    go_on = threading.Event()

    def wait(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        go_on.wait(_PATIENCE_S)
        return iter(())

    drawn.save_segment(work.annotation_key, replace(LIVER_SEGMENT, number=2), PERSON)
    changes = [MaskChange(2, index, disk(9), SliceState.DRAWN, 0) for index in (DRAWN, DRAWN + 2)]
    drawn.put_many(work.annotation_key, changes, PERSON, "test", "prepare")
    submit(proposal_backend(work.entrance.settings).turns, wait)
    propose_neighbours(work, 1, DRAWN)
    drawn.remove_segment(work.annotation_key, 2, "Somebody Else")
    job = running_job(work)
    go_on.set()
    assert job is not None and job.wait(_PATIENCE_S)
    assert job.error is None
    assert drawn.slice(work.annotation_key, 1, DRAWN + 1).state is SliceState.PROPOSED


def test_a_trained_network_is_asked_as_whoever_proposes_has_chosen(
    drawn: AnnotationStore,
    opened: OpenedSeries,
    demo_summary: SeriesSummary,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []

    def submit_stored(*_: Any, asks_trained: bool, **others: Any) -> Job:
        asked.append(asks_trained)
        return submit(Turns(), nothing, others["when_finished"])

    monkeypatch.setattr(proposal_jobs, "submit_stored", submit_stored)
    work = of_person(PERSON, opened, SeriesReading(demo_summary), drawn)
    for choice in (TeachingChoice(), TeachingChoice(trains=False), TeachingChoice(0)):
        remember_teaching(home, PERSON, "", choice)
        propose_neighbours(work, 1, DRAWN)
        until(lambda: running_job(work) is None)
    assert asked == [True, False, False]


def search(is_over: Callable[[], bool]) -> Teachers:
    """Look for teachers until the job is to stop."""
    until(is_over)
    return Teachers((), (), ())


@pytest.fixture
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No jobs of other tests."""
    jobs = proposal_jobs._Jobs()
    monkeypatch.setattr(proposal_jobs, "_jobs", lambda: jobs)


@pytest.mark.usefixtures("own_jobs")
def test_training_is_given_up_once_nobody_has_the_series_open_and_begins_again_then(
    store: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary
) -> None:
    work = of_person(PERSON, opened, SeriesReading(demo_summary), store)
    start_training(work, search)
    assert training_job(work) is not None and asked_jobs(work) == []
    work.reading.close()
    until(lambda: training_job(work) is None)
    opened_again = of_person(PERSON, opened, SeriesReading(demo_summary), store)
    start_training(opened_again, search, by_itself=True)
    running = training_job(work)
    assert running is not None
    running.job.cancel()
    until(lambda: training_job(work) is None)
    start_training(opened_again, search, by_itself=True)
    assert training_job(work) is None  # a person stopped it


@pytest.mark.usefixtures("own_jobs")
def test_each_person_stops_and_renews_their_own_training_alone(
    store: AnnotationStore, opened: OpenedSeries, demo_summary: SeriesSummary
) -> None:
    reading = SeriesReading(demo_summary)
    own = of_person(PERSON, opened, reading, store)
    others = of_person("Somebody Else", opened, reading, store)
    start_training(own, search)
    first = training_job(own)
    assert first is not None and first.person == PERSON
    for start in (partial(start_training, others), partial(start_training, own, by_itself=True)):
        start(search)
        stop_training(others)
        assert training_job(own) is first and not first.job.cancelled
    start_training(own, search)
    second = training_job(own)
    assert second is not None and second is not first and first.job.cancelled
    stop_training(own)
    until(lambda: training_job(own) is None)
    start_training(own, search, by_itself=True)
    assert training_job(own) is not None
    stop_training(own)
    until(lambda: training_job(own) is None)


@pytest.mark.parametrize(("jobs", "seconds"), [(0, 0.7), (2, 0.7), (20, 5.0)])
def test_pages_look_less_often_the_more_jobs_there_are(jobs: int, seconds: float) -> None:
    go_on = threading.Event()

    class Held:
        def compute(self, *_: Any) -> Iterator[Proposal]:
            go_on.wait(_PATIENCE_S)
            return iter(())

        def weights(self) -> str:
            return ""

        def close(self) -> None: ...

    backend = ProposalBackend(Held(), Turns())
    handed_in = [
        backend.submit(_nothing_drawn, person=f"person {number}", slices=40)
        for number in range(jobs)
    ]
    assert seconds_between_looks() == seconds
    go_on.set()
    backend.close()
    assert all(job.wait(_PATIENCE_S) for job in handed_in)


def _nothing_drawn() -> ProposalTask:
    series = SeriesData("", (1.0, 1.0, 1.0), "CT")
    return ProposalTask(ProposalRequest("", 0, series), {})
