"""A piece of work in the background, as whoever asked for it watches it, and cancels it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from core.network.thread_priority import give_way
from core.proposal_jobs.scheduling import QueuedWork
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.examples import Proposal

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with how many steps are done, and how many there are."""

Work = Callable[[Callable[[], bool], Progress], Iterator[Proposal]]
"""Given a test for cancellation and a place to report progress, makes proposals."""


class QueueFull(ValueError):
    """A person has asked for too much at once; the message says what to do."""


class Queue(Protocol):
    """Where jobs wait for their turn; `core.proposal_jobs.turns.Turns` is the one there is."""

    def leave(self, job: "Job") -> None:
        """Take a job out that is finished."""

    def wait_for(self, job: "Job") -> None:
        """Wait until it is the job's turn, or it was cancelled."""

    def wake(self) -> None:
        """Let jobs that wait see that they were cancelled."""

    def ahead(self, job: "Job") -> int:
        """Jobs that have to be done before one begins."""

    def seconds_before(self, job: "Job") -> float | None:
        """About how long that takes."""


@dataclass(frozen=True)
class Elsewhere:
    """What is known of a job that waits in the queue of another machine.

    Attributes
    ----------
    ahead : int
        Jobs that have to be done before it begins.
    seconds : float, optional
        About how long that takes.
    """

    ahead: int
    seconds: float | None = None


@dataclass(frozen=True)
class Origin:
    """What the proposals of a segment are made with.

    Attributes
    ----------
    weights : str or None
        Name of the weights; None where it is not known yet.
    teachers : tuple of str
        Series Instance UIDs of the other series that take part.
    """

    weights: str | None = None
    teachers: tuple[str, ...] = ()


def origin_by_weights(job: "Job", segment: int) -> Origin:
    """Name the weights of a job alone: for work that no other series takes part in."""
    return Origin(job.weights)


def _never() -> bool:
    return False


@dataclass(eq=False)
class Job:
    """A piece of work that was handed in, and how far it is.

    All members may be used from any thread.

    Its work is called in the background with ``cancelled`` (returns whether to stop; also where the
    work waits while others have their turn) and ``progress`` (takes steps done and steps in all),
    and gives proposals one by one. A ValueError's message is shown to the person. What is told when
    it is finished is told in the background, also of one that has failed or was cancelled. Its
    ``origin`` is asked with the job and the number of a segment. ``is_unwanted`` is asked again and
    again, between any two steps; it must not wait for anything.

    Attributes
    ----------
    person : str
        Who asked for it.
    slices : int
        About how many slices of segments are asked for; 0 for what a person waits for.
    series : str
        What it is about.
    is_background : bool
        Whether nobody waits for it: all other work goes before.
    place : int or None
        Where among the places of its queue it has begun.
    weights : str or None
        Name of the weights that propose; None until it is known.
    notice : str or None
        Why nothing happens at present, in a few words; None where something does.
    elsewhere : Elsewhere or None
        Its place in the queue of another machine; None where it waits in none.
    adapted : AdaptedNetwork or None
        The network that was adapted to other series, where that was asked for and is done.
    is_given_up : bool
        Whether it was stopped because nobody wanted it any more.
    """

    _work: Work
    _when_finished: "Callable[[Job], None]"
    _queue: Queue
    person: str = ""
    slices: int = 1
    series: str = ""
    is_background: bool = False
    _origin: "Callable[[Job, int], Origin]" = origin_by_weights
    _is_unwanted: Callable[[], bool] = _never
    place: int | None = None
    weights: str | None = None
    notice: str | None = None
    elsewhere: Elsewhere | None = None
    adapted: AdaptedNetwork | None = None
    is_given_up: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _has_begun: bool = False
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _finished: threading.Event = field(default_factory=threading.Event)
    _progress: tuple[int, int] = (0, 0)
    _proposals: dict[tuple[int, int], Proposal] = field(default_factory=dict)
    _error: str | None = None
    _asked: float = field(default_factory=time.monotonic)
    _begun: float | None = None
    _begun_elsewhere: bool = False

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
        elsewhere = self.elsewhere
        return self._queue.ahead(self) + (0 if elsewhere is None else elsewhere.ahead)

    @property
    def seconds_to_wait(self) -> float | None:
        """About how long it is until the job begins; None where nothing can be said."""
        elsewhere = self.elsewhere
        return self._queue.seconds_before(self) if elsewhere is None else elsewhere.seconds

    @property
    def proposals(self) -> list[Proposal]:
        """The newest proposal of every segment and slice so far, in the order they first came."""
        with self._lock:
            return list(self._proposals.values())

    def origin_of(self, segment: int) -> Origin:
        """Tell what the proposals of a segment are made with; known as soon as there is one."""
        return self._origin(self, segment)

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
        """Whether the job was asked to stop, or nobody wants it any more."""
        if not self._cancelled.is_set() and not self.finished and self._is_unwanted():
            self.is_given_up = True
            self._cancelled.set()
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the job to stop after the step it is at; what it has proposed stays.

        A job that has not begun is finished at once.
        """
        self._cancelled.set()
        if self.begin():
            self._end()
        else:
            self._queue.wake()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the job is finished; False if the time ran out."""
        return self._finished.wait(seconds)

    def wait_for_cancellation(self, seconds: float) -> bool:
        """Wait until the job is cancelled; False if the time ran out."""
        return self._cancelled.wait(seconds)

    def begin(self) -> bool:
        """Begin, unless the job has begun or was cancelled before; for the queue."""
        with self._lock:
            is_first, self._has_begun = not self._has_begun, True
        return is_first

    def begun_elsewhere(self) -> None:
        """Note that another machine has begun with it, for the first time: that ends the wait."""
        if not self._begun_elsewhere:
            self._begun, self._begun_elsewhere = time.monotonic(), True

    def tell_adapted(self, network: AdaptedNetwork) -> None:
        """Note which network was adapted."""
        self.adapted = network

    def run(self) -> None:
        """Do the work in this thread; for the queue."""
        give_way()  # to pages: strokes are on the disk at once, whatever is computed
        self._begun = time.monotonic()
        try:
            for proposal in self._work(self.is_to_stop, self._report):
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

    def queued(self) -> QueuedWork:
        """Describe what is left of it, as the queue's rules ask for it."""
        with self._lock:
            done, total = self._progress
            left = self.slices * (1 - done / total if total else 1.0)
            return QueuedWork(self.person, self.slices, left, self._has_begun, self.is_background)

    def _end(self) -> None:
        self._queue.leave(self)
        self._work = nothing  # it holds the series, and whoever watches the job holds this
        self._when_finished(self)
        self._finished.set()

    def is_to_stop(self) -> bool:
        """Wait in the job's thread for its turn; True as soon as it was cancelled."""
        if not self.cancelled:
            self._queue.wait_for(self)
        return self.cancelled

    def _report(self, done: int, total: int) -> None:
        with self._lock:
            self._progress = (done, total)

    def _fail(self, sentence: str) -> None:
        with self._lock:
            self._error = sentence


def nothing(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
    """Propose nothing."""
    return iter(())
