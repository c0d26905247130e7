"""Long work that is watched and may be given up."""

import threading
from collections.abc import Callable


class Cancelled(Exception):
    """Somebody gave the work up."""


class Steps:
    """Counts steps, reports them, and ends the work when asked to; from any thread.

    Parameters
    ----------
    cancelled : callable
        Whether to end.
    progress : callable
        Called with steps done and steps in all, as far as they are known.
    """

    def __init__(
        self,
        cancelled: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._done, self._total = 0, 0
        self._cancelled, self._progress = cancelled, progress
        self._lock = threading.Lock()

    def expect(self, more: int) -> None:
        """Say that more steps follow."""
        with self._lock:
            self._total += more

    def done(self, steps: int = 0) -> None:
        """Report steps that were done; without any, only ask whether to go on.

        Raises
        ------
        Cancelled
            If somebody gave the work up.
        """
        if steps:
            with self._lock:
                self._done += steps
                self._total = max(self._total, self._done)
                self._progress(self._done, self._total)
        if self._cancelled():
            raise Cancelled

    def finish(self) -> None:
        """Report that nothing more follows."""
        with self._lock:
            self._done = self._total
            self._progress(self._done, self._total)
