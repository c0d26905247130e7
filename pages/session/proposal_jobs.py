"""Proposals, made in the background while the pages stay usable."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import RLock

import streamlit as st

from core.annotation.open_segments import segments_to_propose
from core.annotation.states import EXAMPLE_STATES
from core.home.event_log import log_event
from core.proposal_jobs.backend import queue_lengths
from core.proposal_jobs.job import Job, QueueFull
from core.proposals.extent import slices_to_follow
from core.proposals.teachers import Teachers
from core.stored_proposals.proposing import Wanted, submit_stored
from core.stored_proposals.teaching import submit_taught
from pages.server.metrics import PROPOSAL_JOBS, PROPOSAL_SECONDS, PROPOSAL_WAIT_SECONDS
from pages.session.model import proposal_backend
from pages.session.proposal_progress import ProgressMeter
from pages.session.tab_log import log_for_tab
from pages.session.teaching_choice import project_key_of, teaching_choice
from pages.session.work import Work

_DISMISSED = "proposing.dismissed"
_LOOK_EVERY_S = 0.7
_MOST_LOOKS_A_SECOND = 4


@dataclass(frozen=True, eq=False)
class _Failure:
    """What went wrong in a job; compared by identity, so that each one is shown for itself."""

    message: str


@dataclass(frozen=True, eq=False)
class AskedJob:
    """A job that has not finished, what it was asked for, by whom, and how far it is.

    Attributes
    ----------
    job : Job
        The job.
    wanted : Wanted or None
        What is proposed from the series itself; None where others teach it.
    person : str
        Who asked.
    is_training : bool
        Whether it only trains the network, while nobody waits for it.
    project_key : str
        Of the project that it is for; blank outside projects.
    meter : ProgressMeter
        How far it is.
    """

    job: Job
    wanted: Wanted | None
    person: str
    is_training: bool = False
    project_key: str = ""
    meter: ProgressMeter = field(default_factory=ProgressMeter)


@dataclass(frozen=True, eq=False)
class _Jobs:
    """Jobs that have not finished and the newest failures, by annotation, for all sessions.

    A finished job is dropped at once, because it holds the masks that it proposed: they are in the
    store by then. `taught` names annotations for which other series were asked by themselves, and
    `trained` those for which a network was trained, but where nobody wanted it any more.
    """

    lock: RLock = field(default_factory=RLock)
    asked: dict[str, list[AskedJob]] = field(default_factory=dict)
    failures: dict[str, _Failure] = field(default_factory=dict)
    taught: set[str] = field(default_factory=set)
    trained: set[str] = field(default_factory=set)

    def of(self, annotation_key: str) -> list[AskedJob]:
        with self.lock:
            return list(self.asked.get(annotation_key, ()))

    def finish(self, annotation_key: str, job: Job, *, is_quiet: bool) -> None:
        with self.lock:
            left = [asked for asked in self.asked.pop(annotation_key) if asked.job is not job]
            if left:
                self.asked[annotation_key] = left
            if job.error is not None and not is_quiet:
                self.failures[annotation_key] = _Failure(job.error)
            if job.is_given_up:
                self.trained.discard(annotation_key)


def start_proposing(work: Work) -> None:
    """Start proposing for all segments with open work, after what was asked for before.

    The proposals are stored, as one step of the person, when all are made or it is cancelled.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    _start(work, Wanted(), _submit_own(work, Wanted()))


def can_propose(work: Work) -> bool:
    """Whether any segment has an example to propose from."""
    return bool(segments_to_propose(work.store.annotation(work.annotation_key)))


def propose_neighbours(work: Work, segment_number: int, slice_index: int) -> None:
    """Propose the neighbours of a drawn or corrected slice again, up to the next examples.

    Like `start_proposing`, for these slices of this segment alone.

    Parameters
    ----------
    work : Work
        Series being worked on.
    segment_number, slice_index : int
        The slice to start from; an example.
    """
    known = {
        index: annotation.mask
        for index, annotation in work.annotations_of(segment_number).items()
        if annotation.state in EXAMPLE_STATES
    }
    follow = slices_to_follow(known, slice_index, work.series.summary.slices)
    wanted = Wanted(segment_number, tuple(follow))
    _start(work, wanted, _submit_own(work, wanted))


def start_taught(
    work: Work,
    find_teachers: Callable[[Callable[[], bool]], Teachers],
    *,
    trains: bool,
    by_itself: bool,
) -> None:
    """Start proposing from other series; otherwise like `start_proposing`.

    The network is trained on them afterwards; see `start_training`.

    Parameters
    ----------
    work : Work
        Series being worked on.
    find_teachers : callable
        As `core.stored_proposals.teaching.submit_taught` takes it.
    trains : bool
        Whether the network is trained on them.
    by_itself : bool
        Whether nobody asked for it: then it is tried once as long as the server runs, and what
        goes wrong is not shown.
    """
    key, jobs = work.annotation_key, _jobs()
    if by_itself:
        with jobs.lock:
            if key in jobs.taught or jobs.of(key):
                return
            jobs.taught.add(key)
    first = _start(work, None, partial(_submit_taught, work, find_teachers), is_quiet=by_itself)
    if trains and first is not None:
        start_training(work, find_teachers, after=first)


def start_training(
    work: Work,
    find_teachers: Callable[[Callable[[], bool]], Teachers],
    *,
    after: Job | None = None,
    by_itself: bool = False,
) -> None:
    """Start training the network on other series, while nobody waits for it.

    It takes the place of a training of the same person that is under way; there is one for each
    annotation. It is given up once no tab has the series open any more.

    Parameters
    ----------
    work : Work
        Series being worked on.
    find_teachers : callable
        As `core.stored_proposals.teaching.submit_taught` takes it.
    after : Job, optional
        Has to end before.
    by_itself : bool
        Whether nobody asked for it: then it is tried once as long as the server runs, unless it was
        given up, and leaves alone what is under way.
    """
    key, jobs = work.annotation_key, _jobs()
    with jobs.lock:
        running = training_job(work)
        if by_itself and (running is not None or key in jobs.trained):
            return
        if running is not None:
            if running.person != work.person:
                return
            running.job.cancel()
        jobs.trained.add(key)
        find = find_teachers if after is None else partial(_found_after, after, find_teachers)
        submit = partial(_submit_taught, work, find, learning=True)
        _start(work, None, submit, is_quiet=True, is_training=True)


def stop_training(work: Work) -> None:
    """Stop what the person has trained for series of this project, or for those of none."""
    jobs, project_key = _jobs(), project_key_of(work)
    with jobs.lock:
        for key, of_annotation in list(jobs.asked.items()):
            for one in list(of_annotation):
                if one.is_training and (one.person, one.project_key) == (work.person, project_key):
                    one.job.cancel()
                    jobs.trained.discard(key)


def _found_after(
    job: Job,
    find_teachers: Callable[[Callable[[], bool]], Teachers],
    is_over: Callable[[], bool],
) -> Teachers:
    """Find teachers once another job has ended; none where that failed or was cancelled."""
    while not (job.wait(_LOOK_EVERY_S) or is_over()):
        pass
    return Teachers((), (), ()) if job.cancelled or job.error else find_teachers(is_over)


def _submit_taught(
    work: Work,
    find_teachers: Callable[[Callable[[], bool]], Teachers],
    when_finished: Callable[[Job], None],
    *,
    learning: bool = False,
) -> Job:
    """Hand in a job that learns from other series."""
    reading = work.reading
    return submit_taught(
        proposal_backend(work.entrance.settings),
        work.store,
        work.annotation_key,
        work.series,
        find_teachers,
        person=work.person,
        segments=len(work.segments()),
        learning=learning,
        is_unwanted=lambda: learning and reading.is_closed,
        when_finished=when_finished,
    )


def _submit_own(work: Work, wanted: Wanted) -> Callable[[Callable[[Job], None]], Job]:
    """Hand in a job that learns from the series itself, given whom to tell of its end."""
    return lambda when_finished: submit_stored(
        proposal_backend(work.entrance.settings),
        work.store,
        work.annotation_key,
        work.series,
        person=work.person,
        wanted=wanted,
        asks_trained=teaching_choice(work).asks_trained,
        when_finished=when_finished,
    )


def _start(
    work: Work,
    wanted: Wanted | None,
    submit: Callable[[Callable[[Job], None]], Job],
    *,
    is_quiet: bool = False,
    is_training: bool = False,
) -> Job | None:
    """Hand in a job, and return it; None where it is under way already, or too many are."""
    jobs, key = _jobs(), work.annotation_key
    with jobs.lock:
        alike = [] if is_training else asked_jobs(work)
        same = next((asked for asked in alike if asked.wanted == wanted), None)
        if same is not None:
            who = "you" if same.person == work.person else same.person
            st.toast(f"This is being proposed already: {who} asked for it.")
            return None
        if not is_training:
            jobs.failures.pop(key, None)
        identifier = secrets.token_hex(6)
        try:
            job = submit(lambda job: _finish(jobs, key, job, identifier, is_quiet=is_quiet))
        except QueueFull as full:
            log_for_tab("job-refused")
            if not is_quiet:
                st.toast(str(full))
            return None
        asked = AskedJob(job, wanted, work.person, is_training, project_key_of(work))
        jobs.asked.setdefault(key, []).append(asked)
        log_for_tab("job-asked", job=identifier, ahead=job.ahead)
        return job


def _finish(jobs: _Jobs, annotation_key: str, job: Job, identifier: str, *, is_quiet: bool) -> None:
    """Drop a job that has ended, count and log it."""
    jobs.finish(annotation_key, job, is_quiet=is_quiet)
    outcome = "failed" if job.error is not None else "cancelled" if job.cancelled else "done"
    if not job.is_background:  # nobody waits for it, however long it takes
        PROPOSAL_JOBS.labels(outcome).inc()
        PROPOSAL_SECONDS.observe(job.age)
    if not job.is_background and job.seconds_waited is not None:
        PROPOSAL_WAIT_SECONDS.observe(job.seconds_waited)
    log_event(
        "job-ended",
        job=identifier,
        outcome=outcome,
        waited=job.seconds_waited,
        seconds=job.age,
        proposals=len(job.proposals),
    )


def running_job(work: Work) -> Job | None:
    """Job that is making proposals for this series, or the first that will; None without any."""
    return next((asked.job for asked in asked_jobs(work)), None)


def seconds_between_looks() -> float:
    """How long a page waits between two looks at jobs, the longer the more there are.

    A look takes the server up to a tenth of a second. Where twenty tabs looked every 0.7 s, nothing
    was left for the proposals that they waited for.
    """
    return max(_LOOK_EVERY_S, sum(queue_lengths()) / _MOST_LOOKS_A_SECOND)


def asked_jobs(work: Work) -> list[AskedJob]:
    """Jobs for this series that have not finished, in the order in which they are done.

    Without one that only trains the network.
    """
    return [one for one in _jobs().of(work.annotation_key) if not one.is_training]


def training_job(work: Work) -> AskedJob | None:
    """Job that trains the network on other series for this one, the newest; None without any."""
    return next((one for one in _jobs().of(work.annotation_key)[::-1] if one.is_training), None)


def failure_shown(work: Work) -> str | None:
    """What went wrong in the newest job for this series, until it is dismissed in this tab."""
    failure = _jobs().failures.get(work.annotation_key)
    if failure is None or st.session_state.get(_DISMISSED) is failure:
        return None
    return failure.message


def forget_failure(work: Work) -> None:
    """Show what went wrong no more in this tab."""
    st.session_state[_DISMISSED] = _jobs().failures.get(work.annotation_key)


@st.cache_resource(show_spinner=False)
def _jobs() -> _Jobs:
    return _Jobs()
