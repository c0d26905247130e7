"""Turns of jobs at the places where they are computed, shared fairly between people.

Every job that has begun has a thread of its own, and stays at the place where it began. At every
place one of them at a time has its turn; the others wait where they ask whether they were
cancelled, which is between any two steps.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

from core.proposal_jobs.job import Job, QueueFull
from core.proposal_jobs.scheduling import QueuedWork, ahead_of, next_work

MOST_OF_A_PERSON = 20
"""Pieces of work of one person that may wait at once: more are opened by a script, not by hand."""

_TURN_S = 0.5
"""How long others wait at least for their turn: changing costs a step of the one that stops."""

_LONGEST_STEP_S = 1.0
"""After which a job counts as held up: steps take tenths of a second."""

_SERIES_REMEMBERED = 256
"""Series of which it is known at which place they were last."""


class Turns:
    """Jobs that are not finished, and which of them have their turns.

    Parameters
    ----------
    places : int
        How many jobs are at work at the same time: worker processes, say.
    """

    def __init__(self, places: int = 1) -> None:
        self.places = places
        self._changed = threading.Condition()
        self._jobs: list[Job] = []  # in the order in which they were asked for
        self._now: dict[int, tuple[Job, float]] = {}  # by place, with when the turn began
        self._used: dict[str, float] = {}  # seconds, of people who wait for jobs
        self._spent: dict[Job, float] = {}  # seconds, of jobs that are not finished
        self._slice_s: float | None = None  # seconds that a slice takes, as far as was seen
        self._places_of: OrderedDict[str, int] = OrderedDict()  # of series, the last one first

    def enter(self, job: Job) -> None:
        """Queue a job, as `core.proposal_jobs.scheduling` shares the time out.

        It begins at once where nothing else has to be done before. With 0 slices the others stand
        still for it, because a person waits with the pen in the hand. The place where its series
        was last is taken where it is free.

        Raises
        ------
        QueueFull
            If its person has too many that are not finished, of those that are waited for or of
            those in the background.
        """
        with self._changed:
            if len(self._alike(job)) >= MOST_OF_A_PERSON:
                raise QueueFull(
                    f"{MOST_OF_A_PERSON} of your requests are not finished yet; wait for some of "
                    "them, or cancel them, and ask again."
                )
            if not job.is_background:
                # Whoever comes has no credit for the time before.
                self._used.setdefault(job.person, min(self._used.values(), default=0.0))
            self._jobs.append(job)
            self._spent[job] = 0.0
            self._choose()
            if job.slices == 0 and job.place is None:
                self._begin(job, self._places_of.get(job.series, 0))

    def leave(self, job: Job) -> None:
        """Take a job out that is finished, and let the next one go on."""
        with self._changed:
            self._end_turn(job)
            self._jobs.remove(job)
            self._learn(job, self._spent.pop(job))
            if not job.is_background and not self._alike(job):
                self._used.pop(job.person, None)
            self._choose()

    def wait_for(self, job: Job) -> None:
        """Let others have their turn where it is theirs, and wait until it is the job's own.

        The wait also ends when the job was cancelled or is finished.
        """
        with self._changed:
            if self._has_turn(job) and self._is_over(job):
                self._end_turn(job)
                self._choose()
            self._changed.wait_for(
                lambda: self._has_turn(job) or job.cancelled or job not in self._spent,
                # Where a job is loading the model or is held up otherwise, what a person waits
                # for with the pen in the hand waits no longer.
                _LONGEST_STEP_S if job.slices == 0 else None,
            )

    def wake(self) -> None:
        """Let jobs that wait see that they were cancelled."""
        with self._changed:
            self._changed.notify_all()

    def jobs(self) -> list[Job]:
        """All that are not finished, in the order in which they were asked for."""
        with self._changed:
            return list(self._jobs)

    def ahead(self, job: Job) -> int:
        """Jobs that have to be done before one begins."""
        before = len(self._before(job))
        return max(1, before - self.places + 1) if before else 0

    def seconds_before(self, job: Job) -> float | None:
        """About how long the jobs before one take, with what others have of the time."""
        before = self._before(job)
        with self._changed:
            if self._slice_s is None:
                return None
            begun = [one for one in self._jobs if one._has_begun and not one.is_background]
            sharing = len({other.person for other in begun})
        left = sum(other.queued().left for other in before)
        return self._slice_s * max(1, sharing) * left / self.places

    def _alike(self, job: Job) -> list[Job]:
        """Jobs of the same person that are waited for, or those in the background, as it is."""
        return [
            other
            for other in self._jobs
            if other.person == job.person and other.is_background == job.is_background
        ]

    def _before(self, job: Job) -> list[Job]:
        with self._changed:
            if job not in self._jobs:
                return []
            places = ahead_of(_queued(self._jobs), self._jobs.index(job))
            return [self._jobs[at] for at in places]

    def _has_turn(self, job: Job) -> bool:
        return job.place is not None and self._now.get(job.place, (None,))[0] is job

    def _is_over(self, job: Job) -> bool:
        """Whether the one whose turn it is has had its time, or work has come that goes before."""
        assert job.place is not None
        others = self._candidates(job.place)
        if not others:
            return False
        waits = any(other.queued().is_short for other in (job, *others))
        waits |= job.is_background and any(not other.is_background for other in others)
        return waits or time.monotonic() - self._now[job.place][1] >= _TURN_S

    def _end_turn(self, job: Job) -> None:
        """Count the time of the one whose turn it was."""
        if self._has_turn(job) and job.place is not None:
            passed = time.monotonic() - self._now.pop(job.place)[1]
            if not job.is_background:
                self._used[job.person] += passed
            self._spent[job] += passed

    def _learn(self, job: Job, seconds: float) -> None:
        """Heed how long a job took that was done to its end."""
        if job.slices and not job.is_background and not job.cancelled and job.error is None:
            seen = seconds / job.slices
            known = seen if self._slice_s is None else self._slice_s
            self._slice_s = (known + seen) / 2

    def _candidates(self, place: int) -> list[Job]:
        """Jobs that could have the next turn at a place."""
        return [job for job in self._jobs if job.place in (None, place) and not self._has_turn(job)]

    def _choose(self) -> None:
        """Give the turns that are free; a job that has not begun gets its thread."""
        while (chosen := self._next()) is not None:
            place, job = chosen
            self._now[place] = job, time.monotonic()
            self._begin(job, place)
        self._changed.notify_all()

    def _next(self) -> tuple[int, Job] | None:
        """Find a place without a turn that some job could have."""
        for place in range(self.places):
            candidates = self._candidates(place) if place not in self._now else []
            chosen = next_work(_queued(candidates), self._used)
            if chosen is not None:
                job = candidates[chosen]
                known = self._places_of.get(job.series, place)
                # The place that knows the series, where it is free; this one is for the next then.
                return (known if job.place is None and known not in self._now else place), job
        return None

    def _begin(self, job: Job, place: int) -> None:
        job.place = place
        if job.series:
            self._places_of[job.series] = place
            self._places_of.move_to_end(job.series)
        while len(self._places_of) > _SERIES_REMEMBERED:
            self._places_of.popitem(last=False)
        if job.begin():
            threading.Thread(target=job.run, name="proposals", daemon=True).start()


def _queued(jobs: Sequence[Job]) -> list[QueuedWork]:
    return [job.queued() for job in jobs]
