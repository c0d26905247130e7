"""Work in the background: one thread and one queue for the whole process."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from queue import SimpleQueue

from core.proposals.examples import Proposal

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with how many steps are done, and how many there are."""

Work = Callable[[Callable[[], bool], Progress], Iterator[Proposal]]
"""Given a test for cancellation and a place to report progress, makes proposals."""


@dataclass(eq=False)
class Job:
    """A piece of work that was handed in, and how far it is.

    All members may be used from any thread.
    """

    _work: Work
    _when_finished: "Callable[[Job], None]"
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _has_begun: bool = False
    _cancelled: threading.Event = field(default_factory=threading.Event)
    _finished: threading.Event = field(default_factory=threading.Event)
    _progress: tuple[int, int] = (0, 0)
    _proposals: dict[tuple[int, int], Proposal] = field(default_factory=dict)
    _error: str | None = None

    @property
    def progress(self) -> tuple[int, int]:
        """Steps done and steps in all; (0, 0) before the work began."""
        with self._lock:
            return self._progress

    @property
    def ahead(self) -> int:
        """Jobs that will be done before this one; 0 once it has begun."""
        with _waiting.lock:
            jobs = _waiting.jobs
            return jobs.index(self) if self in jobs else 0

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

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the job is finished; False if the time ran out."""
        return self._finished.wait(seconds)

    def _begin(self) -> bool:
        """Begin, unless the job has begun or was cancelled before."""
        with self._lock:
            is_first, self._has_begun = not self._has_begun, True
        return is_first

    def _end(self) -> None:
        with _waiting.lock:
            _waiting.jobs.remove(self)
        self._work = _nothing  # it holds the series, and whoever watches the job holds this
        self._when_finished(self)
        self._finished.set()

    def _run(self) -> None:
        if not self._begin():
            return
        try:
            for proposal in self._work(self._cancelled.is_set, self._report):
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

    def _report(self, done: int, total: int) -> None:
        with self._lock:
            self._progress = (done, total)

    def _fail(self, sentence: str) -> None:
        with self._lock:
            self._error = sentence


def _nothing(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
    return iter(())


@dataclass
class _Waiting:
    """Jobs that are not finished, in the order in which they are done; the first one has begun."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    jobs: list[Job] = field(default_factory=list)


_waiting = _Waiting()


def submit(work: Work, when_finished: Callable[[Job], None] = lambda job: None) -> Job:
    """Queue work for the background thread, which does one job after the other.

    Parameters
    ----------
    work : callable
        Called in the background with ``cancelled`` (returns whether to stop) and ``progress``
        (takes steps done and steps in all); gives proposals one by one. A ValueError's message is
        shown to the person.
    when_finished : callable
        Called in the background with the job once it is done, has failed or was cancelled.

    Returns
    -------
    Job
        Watch it, or cancel it.
    """
    job = Job(work, when_finished)
    with _waiting.lock:
        _waiting.jobs.append(job)
        _queue().put(job)
    return job


@cache
def _queue() -> SimpleQueue[Job]:
    """Start the background thread with its queue, once per process."""
    queue: SimpleQueue[Job] = SimpleQueue()

    def serve() -> None:
        while True:
            queue.get()._run()

    threading.Thread(target=serve, name="proposals", daemon=True).start()
    return queue
