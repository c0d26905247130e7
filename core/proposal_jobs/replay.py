"""Doing a job again from its beginning without telling anything twice."""

from collections.abc import Callable, Iterator

from core.proposal_jobs.job import Progress
from core.proposals.examples import Proposal


class Replay:
    """Follows the attempts at one job; every attempt makes the same proposals in the same order.

    Parameters
    ----------
    progress : callable
        Is told of progress beyond what an earlier attempt had reached.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._received = 0
        self._done = 0

    def proposals(self, attempt: Callable[[Progress], Iterator[Proposal]]) -> Iterator[Proposal]:
        """Yield what an attempt makes, but for what an earlier one has made.

        Parameters
        ----------
        attempt : callable
            Given where to report progress, makes the proposals.
        """
        for place, proposal in enumerate(attempt(self._report)):
            if place >= self._received:
                self._received += 1
                yield proposal

    def _report(self, done: int, total: int) -> None:
        if done >= self._done:
            self._done = done
            self._progress(done, total)
