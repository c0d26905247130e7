"""Work in the background, which shares the processor fairly between people.

Every piece of work that has begun has a thread of its own, and one of them at a time has its turn.
The others wait where they ask whether they were cancelled, which is between any two steps.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.proposals.examples import Proposal
from core.proposals.scheduling import QueuedWork, ahead_of, next_work

_LOG = logging.getLogger(__name__)

MOST_OF_A_PERSON = 20
"""Pieces of work of one person that may wait at once: more are opened by a script, not by hand."""

_TURN_S = 0.5
"""How long others wait at least for their turn: changing costs a step of the one that stops."""

_LONGEST_STEP_S = 1.0
"""After which a job counts as held up: steps take tenths of a second."""

Progress = Callable[[int, int], None]
"""Called with how many steps are done, and how many there are."""

Work = Callable[[Callable[[], bool], Progress], Iterator[Proposal]]
"""Given a test for cancellation and a place to report progress, makes proposals."""


class QueueFull(ValueError):
    """A person has asked for too much at once; the message says what to do."""


@dataclass(eq=False)
class Job:
    """A piece of work that was handed in, and how far it is.

    All members may be used from any thread.
    """

    _work: Work
    _when_finished: "Callable[[Job], None]"
    _person: str = ""
    _slices: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _has_begun: bool = False
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _finished: threading.Event = field(default_factory=threading.Event)
    _progress: tuple[int, int] = (0, 0)
    _proposals: dict[tuple[int, int], Proposal] = field(default_factory=dict)
    _error: str | None = None
    _asked: float = field(default_factory=time.monotonic)
    _begun: float | None = None

    @property
    def seconds_waited(self) -> float | None:
        """How long it was from asking to beginning; None if the job has not begun."""
        return None if self._begun is None else self._begun - self._asked

    @property
    def age(self) -> float:
        """Seconds since the job was asked for."""
        return time.monotonic() - self._asked

    @property
    def progress(self) -> tuple[int, int]:
        """Steps done and steps in all; (0, 0) before the work began."""
        with self._lock:
            return self._progress

    @property
    def ahead(self) -> int:
        """Jobs that have to be done before this one begins; 0 once it has begun."""
        return len(_turns.before(self))

    @property
    def seconds_to_wait(self) -> float | None:
        """About how long it is until the job begins; None where nothing can be said."""
        return _turns.seconds_before(self)

    @property
    def proposals(self) -> list[Proposal]:
        """The newest proposal of every segment and slice so far, in the order they first came."""
        with self._lock:
            return list(self._proposals.values())

    @property
    def error(self) -> str | None:
        """One sentence on what went wrong, or None."""
        with self._lock:
            return self._error

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen: done, failed or cancelled."""
        return self._finished.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the job to stop after the slice it is at; what it has proposed stays.

        A job that has not begun is finished at once.
        """
        self._cancelled.set()
        if self._begin():
            self._end()
        else:
            _turns.wake()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the job is finished; False if the time ran out."""
        return self._finished.wait(seconds)

    def _begin(self) -> bool:
        """Begin, unless the job has begun or was cancelled before."""
        with self._lock:
            is_first, self._has_begun = not self._has_begun, True
        return is_first

    def _end(self) -> None:
        _turns.leave(self)
        self._work = _nothing  # it holds the series, and whoever watches the job holds this
        self._when_finished(self)
        self._finished.set()

    def _run(self) -> None:
        self._begun = time.monotonic()
        try:
            for proposal in self._work(self._is_to_stop, self._report):
                with self._lock:
                    self._proposals[proposal.segment, proposal.slice] = proposal
        except ValueError as error:
            self._fail(str(error))
        except MemoryError:
            self._fail("There was not enough memory for the proposals; close other programs.")
        except Exception as error:
            # The type alone: a message might quote what belongs to a patient.
            _LOG.error("Proposing failed with %s", type(error).__name__)
            self._fail(
                f"Proposing failed unexpectedly ({type(error).__name__}); what was drawn is safe."
            )
        finally:
            self._end()

    def _is_to_stop(self) -> bool:
        """Wait for the job's turn; True as soon as it was cancelled."""
        if not self.cancelled:
            _turns.wait_for(self)
        return self.cancelled

    def _report(self, done: int, total: int) -> None:
        with self._lock:
            self._progress = (done, total)

    def _fail(self, sentence: str) -> None:
        with self._lock:
            self._error = sentence

    def _queued(self) -> QueuedWork:
        with self._lock:
            done, total = self._progress
            left = self._slices * (1 - done / total if total else 1.0)
            return QueuedWork(self._person, self._slices, left, self._has_begun)


def _nothing(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
    return iter(())


class _Turns:
    """Jobs that are not finished, and which of them has its turn."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: list[Job] = []  # in the order in which they were asked for
        self._now: Job | None = None
        self._since = 0.0
        self._used: dict[str, float] = {}  # seconds, of people who have jobs
        self._spent: dict[Job, float] = {}  # seconds, of jobs that are not finished
        self._slice_s: float | None = None  # seconds that a slice takes, as far as was seen

    def enter(self, job: Job) -> None:
        """Queue a job; it begins at once where nothing else has to be done before.

        Raises
        ------
        QueueFull
            If its person has too many that are not finished.
        """
        with self._changed:
            if sum(other._person == job._person for other in self._jobs) >= MOST_OF_A_PERSON:
                raise QueueFull(
                    f"{MOST_OF_A_PERSON} of your requests are not finished yet; wait for some of "
                    "them, or cancel them, and ask again."
                )
            # Whoever comes has no credit for the time before.
            self._used.setdefault(job._person, min(self._used.values(), default=0.0))
            self._jobs.append(job)
            self._spent[job] = 0.0
            if self._now is None:
                self._choose()

    def leave(self, job: Job) -> None:
        """Take a job out that is finished, and let the next one go on."""
        with self._changed:
            if self._now is job:
                self._charge()
            self._jobs.remove(job)
            self._learn(job, self._spent.pop(job))
            if self._now is job:
                self._choose()
            self._changed.notify_all()
            if not any(other._person == job._person for other in self._jobs):
                self._used.pop(job._person, None)

    def wait_for(self, job: Job, seconds: float | None = None) -> None:
        """Let others have their turn where it is theirs, and wait until it is the job's own.

        The wait also ends when the job was cancelled or is finished, or the time ran out.
        """
        with self._changed:
            if self._now is job and self._is_over():
                self._charge()
                self._choose()
            self._changed.wait_for(
                lambda: self._now is job or job.cancelled or job not in self._spent, seconds
            )

    def wake(self) -> None:
        """Let jobs that wait see that they were cancelled."""
        with self._changed:
            self._changed.notify_all()

    def jobs(self) -> list[Job]:
        """All that are not finished, in the order in which they were asked for."""
        with self._changed:
            return list(self._jobs)

    def before(self, job: Job) -> list[Job]:
        """Jobs that have to be done before one begins."""
        with self._changed:
            if job not in self._jobs:
                return []
            places = ahead_of(self._queue(), self._jobs.index(job))
            return [self._jobs[at] for at in places]

    def seconds_before(self, job: Job) -> float | None:
        """About how long the jobs before one take, with what others have of the time."""
        before = self.before(job)
        with self._changed:
            if self._slice_s is None:
                return None
            sharing = len({other._person for other in self._jobs if other._has_begun})
        return self._slice_s * max(1, sharing) * sum(other._queued().left for other in before)

    def _queue(self) -> list[QueuedWork]:
        return [job._queued() for job in self._jobs]

    def _is_over(self) -> bool:
        """Whether the one whose turn it is has had its time, or short work has come."""
        if len(self._jobs) == 1:
            return False
        waits = any(job._queued().is_short for job in self._jobs)
        return waits or time.monotonic() - self._since >= _TURN_S

    def _charge(self) -> None:
        """Count the time of the one whose turn it was."""
        if self._now is not None:
            passed = time.monotonic() - self._since
            self._used[self._now._person] += passed
            self._spent[self._now] += passed

    def _learn(self, job: Job, seconds: float) -> None:
        """Heed how long a job took that was done to its end."""
        if job._slices and not job.cancelled and job.error is None:
            seen = seconds / job._slices
            known = seen if self._slice_s is None else self._slice_s
            self._slice_s = (known + seen) / 2

    def _choose(self) -> None:
        """Give the turn to the next one; one that has not begun gets its thread."""
        place = next_work(self._queue(), self._used)
        self._now = None if place is None else self._jobs[place]
        self._since = time.monotonic()
        if self._now is not None and self._now._begin():
            threading.Thread(target=self._now._run, name="proposals", daemon=True).start()
        self._changed.notify_all()


_turns = _Turns()


@contextmanager
def at_once(person: str) -> Iterator[None]:
    """Compute something short in this thread while the jobs stand still.

    Parameters
    ----------
    person : str
        Who waits for it.

    Raises
    ------
    QueueFull
        As from `submit`.
    """
    job = Job(_nothing, lambda job: None, person, _slices=0)
    job._begin()
    _turns.enter(job)
    try:
        # Where a job is loading the model or is held up otherwise, nobody waits for it longer.
        _turns.wait_for(job, _LONGEST_STEP_S)
        yield
    finally:
        _turns.leave(job)


def submit(
    work: Work,
    when_finished: Callable[[Job], None] = lambda job: None,
    *,
    person: str = "",
    slices: int = 1,
) -> Job:
    """Queue work for the background, as `core.proposals.scheduling` shares it out.

    Parameters
    ----------
    work : callable
        Called in the background with ``cancelled`` (returns whether to stop; also where the work
        waits while others have their turn) and ``progress`` (takes steps done and steps in all);
        gives proposals one by one. A ValueError's message is shown to the person.
    when_finished : callable
        Called in the background with the job once it is done, has failed or was cancelled.
    person : str
        Who asks; people share the time.
    slices : int
        About how many slices of segments are asked for.

    Returns
    -------
    Job
        Watch it, or cancel it.

    Raises
    ------
    QueueFull
        If too many jobs of the person are not finished.
    """
    job = Job(work, when_finished, person, slices)
    _turns.enter(job)
    return job


def queue_lengths() -> tuple[int, int]:
    """Count the jobs that wait to begin, and those that have begun and are not finished."""
    begun = [job._queued().has_begun for job in _turns.jobs()]
    return begun.count(False), begun.count(True)


def drain(seconds: float) -> bool:
    """Cancel all jobs and wait until they have ended, with what they proposed dealt with.

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
    jobs = _turns.jobs()
    for job in jobs:
        job.cancel()
    return all(job.wait(max(0.0, until - time.monotonic())) for job in jobs)
