"""Proposals computed in threads of this process: the default."""

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from core.proposal_jobs.job import Job, Progress
from core.proposal_jobs.requests import ProposalTask
from core.proposals.examples import Proposal

if TYPE_CHECKING:
    from core.network.engine import Engine
    from core.proposal_jobs.answering import Answering


class InProcess:
    """Computes in the thread of the job.

    Parameters
    ----------
    load : callable
        Returns the network, the same one every time.
    """

    def __init__(self, load: "Callable[[], Engine]") -> None:
        self._load = load
        self._lock = threading.Lock()
        self._answering: Answering | None = None

    def compute(
        self, task: ProposalTask, job: Job, cancelled: Callable[[], bool], progress: Progress
    ) -> Iterator[Proposal]:
        """Make the proposals that are asked for; as `core.proposal_jobs.backend.Place` has it."""
        answering = self._ready()
        job.weights = answering.engine.weights.name
        yield from answering.answer(task, cancelled, progress, job.tell_adapted)

    def weights(self) -> str:
        """Return the name of the weights."""
        return self._load().weights.name

    def close(self) -> None:
        """Do nothing: threads end with their jobs."""

    def _ready(self) -> "Answering":
        # Importing PyTorch takes seconds.
        from core.proposal_jobs.answering import Answering

        engine = self._load()
        with self._lock:
            if self._answering is None or self._answering.engine is not engine:
                self._answering = Answering(engine)
            return self._answering
