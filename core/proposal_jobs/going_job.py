"""A job of a replica, and whoever listens to it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from core.proposal_jobs.events import Event, Waiting, includes_end
from core.proposal_jobs.job import Job
from core.proposal_jobs.leases import Heard

_HEARTBEAT_S = 0.3


class GoingJob:
    """A job that goes on whether somebody listens or not; used in one event loop alone.

    Parameters
    ----------
    job : Job
        Whose events are added.

    Attributes
    ----------
    events : list of Event
        What it has told.
    listeners : int
        Answers that tell of it at present.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.events: list[Event] = []
        self.listeners = 0
        self._news = asyncio.Event()
        self._is_lost = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be told."""
        return includes_end(self.events)

    @property
    def waiting(self) -> Waiting:
        """Where it waits."""
        return Waiting(self.job.ahead, self.job.seconds_to_wait)

    def add(self, event: Event) -> None:
        """Tell something."""
        self.events.append(event)
        self._wake()

    def lose(self) -> None:
        """Cancel it, and tell nobody: who wants it still has to ask again."""
        self._is_lost = True
        self.job.cancel()
        self._wake()

    async def listened_to(self) -> AsyncGenerator[Heard, None]:
        """Give what it tells, from the beginning to its end, and something every moment."""
        self.listeners += 1
        try:
            known = 0
            while not self._is_lost:
                events = self.events[known:]
                yield Heard(events, self.waiting)
                known += len(events)
                if known == len(self.events):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), _HEARTBEAT_S)
        finally:
            self.listeners -= 1

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
