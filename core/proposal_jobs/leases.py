"""What a proposal service remembers of its clients, and for how long it waits for them.

A client is a server or a command that asks; it renews its lease all the time. A job goes on while
its client has a lease and listens to it, or has not listened for less than a lease; so a client
whose connection broke picks up its job and hears what it missed, and of a client that is gone
nothing is left after a lease: neither jobs nor volumes.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

from pydantic import TypeAdapter, ValidationError

from core.proposal_jobs.events import Event, Waiting, includes_end
from core.proposal_jobs.volumes import RecentVolumes, Volume

LEASE_S = 30.0
"""Longer than any restart of a proxy, and than the silence after which clients ask again."""

_REPLICA_LOST_S = 8.0
"""Replicas tell of their jobs three times a second, later where the machine is at work; one that
is silent for so long is gone."""


@dataclass(frozen=True)
class Lease:
    """What a client asks for again and again.

    Attributes
    ----------
    volumes : tuple of str
        Digests of those it may ask about again.
    """

    volumes: tuple[str, ...]


@dataclass(frozen=True)
class Heard:
    """What a job has told beyond what a listener knows.

    Attributes
    ----------
    events : list of Event
        In their order.
    waiting : Waiting
        Where it waits, if there is no event.
    """

    events: list[Event]
    waiting: Waiting


@dataclass(frozen=True)
class GoOn:
    """What a replica is answered that tells of a job.

    Attributes
    ----------
    known : int
        How many of its events are known now.
    goes_on : bool
        Whether anybody still wants it.
    """

    known: int
    goes_on: bool


@dataclass
class _Client:
    until: float
    volumes: set[str] = field(default_factory=set)


@dataclass
class _Record:
    """What is known of a job; `replica` computes it."""

    replica: str
    heard: float
    told: float
    events: list[Event] = field(default_factory=list)
    waiting: Waiting = field(default_factory=Waiting)
    is_cancelled: bool = False

    @property
    def has_ended(self) -> bool:
        return includes_end(self.events)

    def is_usable(self, now: float) -> bool:
        """Whether who listens will hear the end of it."""
        is_told = self.has_ended or now - self.told < _REPLICA_LOST_S
        return is_told and not self.is_cancelled


class Leases:
    """Clients with their leases and volumes, and what their jobs have told.

    Parameters
    ----------
    most_bytes : int
        How much the volumes may take, which are kept by least recent use.
    lease_s : float
        For how many seconds a client is waited for.
    clock : callable
        Gives seconds.
    """

    def __init__(
        self,
        most_bytes: int,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lease_s = lease_s
        self._clock = clock
        self._volumes = RecentVolumes(most_bytes)
        self._clients: dict[str, _Client] = {}
        self._jobs: dict[tuple[str, str], _Record] = {}
        self._begun = 0

    def renew(self, client: str, volumes: Collection[str]) -> None:
        """Renew the lease of a client, which may ask again about these volumes and no others."""
        self._renewed(client).volumes = set(volumes)
        self._drop()

    def leave(self, client: str) -> None:
        """Let go of a client with its jobs and volumes."""
        self._clients.pop(client, None)
        for (whose, _), record in self._jobs.items():
            record.is_cancelled |= whose == client
        self._drop()

    def keep(self, client: str, digest: str, volume: Volume) -> None:
        """Keep a volume that a client has sent."""
        self._renewed(client).volumes.add(digest)
        self._volumes.keep(digest, volume)

    def volume(self, digest: str) -> Volume | None:
        """Return a volume, if it is kept."""
        return self._volumes.get(digest)

    def released(self, digests: Collection[str]) -> list[str]:
        """Name those volumes that no client needs any more."""
        self._drop()
        needed = self._needed()
        return [digest for digest in digests if digest not in needed]

    def claim(self, client: str, job: str, replica: str, volumes: Collection[str]) -> bool:
        """Ask for a job of a client, with the volumes it needs.

        Returns
        -------
        bool
            Whether this replica has to compute it: no other one does, and it is not done.
        """
        self._renewed(client).volumes.update(volumes)
        self._drop()
        now = self._clock()
        record = self._jobs.get((client, job))
        if record is not None and record.is_usable(now):
            record.heard = now
            return False
        self._jobs[client, job] = _Record(replica, now, now)
        self._begun += 1
        return True

    def tell(
        self,
        client: str,
        job: str,
        replica: str,
        first: int,
        events: Sequence[Event],
        waiting: Waiting,
        is_heard: bool,
    ) -> GoOn:
        """Take what a job has told.

        Parameters
        ----------
        client, job, replica : str
            As they were claimed.
        first : int
            How many events were told before these.
        events : sequence of Event
            Those after them.
        waiting : Waiting
            Where it waits.
        is_heard : bool
            Whether the client listens at this replica.
        """
        now = self._clock()
        record = self._jobs.get((client, job))
        if record is None:  # whoever remembered it has been lost
            self._renewed(client)
            record = self._jobs[client, job] = _Record(replica, now, now)
        if record.replica != replica:
            return GoOn(first + len(events), goes_on=False)
        record.told, record.waiting = now, waiting
        if is_heard:
            record.heard = now
        known = len(record.events)
        if first <= known:
            record.events += events[known - first :]
        record.is_cancelled |= not (self._has_lease(client) and self._is_heard(record))
        self._drop()
        return GoOn(len(record.events), not record.is_cancelled)

    def after(self, client: str, job: str, known: int) -> Heard | None:
        """Listen to a job that another replica computes; None where it has been lost."""
        now = self._clock()
        record = self._jobs.get((client, job))
        if record is None or not record.is_usable(now):
            return None
        record.heard = now
        return Heard(record.events[known:], record.waiting)

    def cancel(self, client: str, job: str) -> None:
        """Have a job end; its replica hears of it when it tells of it next."""
        record = self._jobs.get((client, job))
        if record is not None:
            record.is_cancelled = True

    def figures(self) -> dict[str, int]:
        """Count clients, jobs that are not done, those that were begun ever, and volumes."""
        self._drop()
        now, volumes = self._clock(), self._volumes.digests()
        return {
            "clients": len(self._clients),
            "jobs": sum(one.is_usable(now) and not one.has_ended for one in self._jobs.values()),
            "jobs_begun": self._begun,
            "volumes": len(volumes),
        }

    def _renewed(self, client: str) -> _Client:
        known = self._clients.setdefault(client, _Client(0.0))
        known.until = self._clock() + self.lease_s
        return known

    def _has_lease(self, client: str) -> bool:
        return client in self._clients and self._clock() < self._clients[client].until

    def _is_heard(self, record: _Record) -> bool:
        return self._clock() - record.heard < self.lease_s

    def _needed(self) -> set[str]:
        return {digest for client in self._clients.values() for digest in client.volumes}

    def _drop(self) -> None:
        """Forget what leases have run out for; what a replica still tells of is heard first."""
        now = self._clock()
        for client in [one for one in self._clients if not self._has_lease(one)]:
            del self._clients[client]
        for key, record in list(self._jobs.items()):
            if not self._is_heard(record) and now - record.told >= _REPLICA_LOST_S:
                del self._jobs[key]
        needed = self._needed()
        for digest in self._volumes.digests():
            if digest not in needed:
                self._volumes.forget(digest)


def lease_to_json(lease: Lease) -> bytes:
    """Write it; `lease_from_json` reads it."""
    return _adapter().dump_json(lease)


def lease_from_json(text: bytes) -> Lease:
    """Read what may come from elsewhere.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError:
        raise ValueError("This is no lease: name the volumes.") from None


@cache
def _adapter() -> TypeAdapter[Lease]:
    return TypeAdapter(Lease)
