"""Going on with a job, or doing it again, without telling anything twice."""

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
        yield from self.numbered(lambda received, told: enumerate(attempt(told)))

    def numbered(
        self, attempt: Callable[[int, Progress], Iterator[tuple[int, Proposal]]]
    ) -> Iterator[Proposal]:
        """Do the same with an attempt that need not begin at the beginning.

        Parameters
        ----------
        attempt : callable
            Given how many proposals were received and where to report progress, makes proposals
            with their numbers, from that one on or from an earlier one.
        """
        for number, proposal in attempt(self._received, self._report):
            if number == self._received:
                self._received += 1
                yield proposal

    def _report(self, done: int, total: int) -> None:
        if done >= self._done:
            self._done = done
            self._progress(done, total)
