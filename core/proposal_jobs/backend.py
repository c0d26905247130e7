"""One interface to proposals, wherever they are computed.

    backend = open_backend(settings, load_engine)        # core.proposal_jobs.opening
    job = backend.submit(prepare, person=…, slices=…, deliver=…)

Whoever asks watches the `Job`; `Place` is what differs between a thread of this process, worker
processes and a service on other machines.
"""

import time
import weakref
from collections.abc import Callable, Iterator
from typing import Protocol

from core.proposal_jobs.job import Job, Origin, Progress, origin_by_weights
from core.proposal_jobs.requests import ProposalTask
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal


class Place(Protocol):
    """Where proposals are computed."""

    def compute(
        self, task: ProposalTask, job: Job, cancelled: Callable[[], bool], progress: Progress
    ) -> Iterator[Proposal]:
        """Make the proposals that are asked for.

        Parameters
        ----------
        task : ProposalTask
            The request, and its volumes.
        job : Job
            Is told the weights, and why it waits; `job.place` is its place of `Turns`.
        cancelled : callable
            Waits for the job's turn; True where it was cancelled.
        progress : callable
            Takes steps done and steps in all.

        Raises
        ------
        ValueError
            With a sentence for the person.
        """

    def weights(self) -> str:
        """Wait until it is known which weights propose, and return their name.

        Raises
        ------
        ValueError
            If they cannot be used.
        """

    def close(self) -> None:
        """End what was started."""


class ProposalBackend:
    """Takes requests for proposals.

    Parameters
    ----------
    place : Place
        Where they are computed.
    turns : Turns
        Who is next there.
    """

    def __init__(self, place: Place, turns: Turns) -> None:
        self._place = place
        self.turns = turns
        _open.add(self)

    @property
    def places(self) -> int:
        """How many jobs are computed at the same time."""
        return self.turns.places

    def submit(
        self,
        prepare: Callable[[], ProposalTask],
        *,
        person: str,
        slices: int,
        series: str = "",
        is_background: bool = False,
        origin: Callable[[Job, int], Origin] = origin_by_weights,
        is_unwanted: Callable[[], bool] = lambda: False,
        deliver: Callable[[Job], None] = lambda job: None,
        when_finished: Callable[[Job], None] = lambda job: None,
    ) -> Job:
        """Hand in a request; returns at once.

        Parameters
        ----------
        prepare : callable
            Called in the background when the job begins, so that what is drawn by then counts.
        person : str
            Who asks; people share the time.
        slices : int
            About how many slices of segments are asked for; 0 for hints.
        series : str
            What it is about: any name.
        is_background : bool
            Whether nobody waits for it: all other work goes before.
        origin : callable
            Tells what the proposals of a segment are made with, given the job and its number;
            asked as soon as there is one.
        is_unwanted : callable
            Whether nobody wants the job any more: asked again and again, it must not wait. The job
            is cancelled then.
        deliver : callable
            Called in the background when all proposals are made, or the job was cancelled after it
            had begun. The job is not finished before this returns, and fails where it raises.
        when_finished : callable
            Called in the background whatever became of the job.

        Returns
        -------
        Job
            Watch it, or cancel it.

        Raises
        ------
        QueueFull
            If too many jobs of the person are not finished.
        """

        def work(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
            yield from self._place.compute(prepare(), job, cancelled, progress)
            deliver(job)

        job = Job(
            work,
            when_finished,
            self.turns,
            person,
            slices,
            series,
            is_background,
            origin,
            is_unwanted,
        )
        self.turns.enter(job)
        return job

    def weights(self) -> str:
        """Wait until it is known which weights propose, and return their name.

        Raises
        ------
        ValueError
            If they cannot be used.
        """
        return self._place.weights()

    def close(self) -> None:
        """Cancel what is not finished, and end what was started."""
        for job in self.turns.jobs():
            job.cancel()
        self._place.close()


_open: "weakref.WeakSet[ProposalBackend]" = weakref.WeakSet()


def queue_lengths() -> tuple[int, int]:
    """Count the jobs of this process that wait to begin, and those that have begun.

    Without those in the background.
    """
    begun = [
        job.queued().has_begun
        for backend in list(_open)
        for job in backend.turns.jobs()
        if not job.is_background
    ]
    return begun.count(False), begun.count(True)


def drain(seconds: float) -> bool:
    """Cancel all jobs, wait until what they proposed is dealt with, and close all backends.

    Parameters
    ----------
    seconds : float
        How long to wait at most.

    Returns
    -------
    bool
        Whether all have ended.
    """
    until = time.monotonic() + seconds
    backends = list(_open)
    jobs = [job for backend in backends for job in backend.turns.jobs()]
    for job in jobs:
        job.cancel()
    ended = [job.wait(max(0.0, until - time.monotonic())) for job in jobs]
    for backend in backends:
        backend.close()
    return all(ended)
