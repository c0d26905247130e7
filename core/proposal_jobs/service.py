"""Proposals computed by a service on other machines, which is called over HTTP.

The service is `core.proposal_jobs.ray_service`. A job is one request whose answer streams events
for as long as it takes. Where the connection breaks, or nothing is heard for a while, the job is
asked for again by its name, and goes on; it is done anew only where the service has lost it. The
service waits for this client as long as a lease says (`core.proposal_jobs.leases`), which is
renewed all the time.
"""

import hashlib
import secrets
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

import httpx
import numpy as np

from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.events import (
    Adapted,
    Begun,
    Ended,
    Event,
    Made,
    Stepped,
    Waiting,
    from_line,
)
from core.proposal_jobs.job import Elsewhere, Job, Progress
from core.proposal_jobs.leases import Lease, lease_to_json
from core.proposal_jobs.replay import Replay
from core.proposal_jobs.requests import ProposalTask
from core.proposal_jobs.volumes import Volume
from core.proposals.examples import Proposal

SERIES_HEADER = "serve_multiplexed_model_id"
"""By which Ray Serve sends jobs of a series to a replica that knows it."""

_SILENCE_S = 15.0
_LOOK_EVERY_S = 0.1
_PAUSE_S = 1.0
_LAST_WORD_S = 2.0  # something is heard three times a second
_GOODBYE_S = 2.0
_UPLOADS = 3
_MISSING, _REFUSED = 409, (400, 401, 413)
_NOTICE = "Waiting for the proposal service"
_UNTRUSTED = (
    "The certificate of the proposal service is not trusted here; ask who runs it, or name its "
    "authority in SSL_CERT_FILE."
)


class Away(Exception):
    """The service does not answer, or stopped answering."""


class _Asking:
    """One attempt at a job, and what is heard of it."""

    def __init__(self, address: str, task: ProposalTask, received: int) -> None:
        self.address = address
        self.task = task
        self.received = received
        self.heard: SimpleQueue[Event | Exception] = SimpleQueue()
        self.is_over = threading.Event()


class ProposalService:
    """Has a service compute.

    Parameters
    ----------
    address : str
        Of the service.
    token : str
        What it is called with.
    fallback : ProposalBackend, optional
        Computes while the service is gone; without one, jobs wait for it.
    """

    def __init__(self, address: str, token: str, fallback: ProposalBackend | None = None) -> None:
        self._fallback = fallback
        self._client = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_SILENCE_S, connect=5.0),
            limits=httpx.Limits(max_connections=None),
        )
        self._is_closed = threading.Event()
        self._listeners: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._home = f"/v1/clients/{secrets.token_hex(16)}"
        self._lock = threading.Lock()
        self._renewing: threading.Thread | None = None
        self._volumes: weakref.WeakValueDictionary[str, Volume] = weakref.WeakValueDictionary()

    def compute(
        self, task: ProposalTask, job: Job, cancelled: Callable[[], bool], progress: Progress
    ) -> Iterator[Proposal]:
        """Make the proposals that are asked for; as `core.proposal_jobs.backend.Place` has it."""
        replay, name = Replay(progress), secrets.token_hex(16)
        self._hold(task)
        while not cancelled():
            try:
                yield from replay.numbered(partial(self._attempt, task, job, name))
                return
            except Away:
                job.elsewhere = None
                if self._fallback is not None:
                    yield from _computed_by(self._fallback, task, job, progress)
                    return
                job.notice = _NOTICE
                job.wait_for_cancellation(_PAUSE_S)

    def weights(self) -> str:
        """Wait until the service answers, and return the name of its weights."""
        while True:
            try:
                answer = self._client.get("/v1/status")
                if answer.status_code in _REFUSED:
                    raise ValueError(_refusal(answer))
                if answer.is_success:
                    return str(answer.json()["weights"])
            except httpx.TransportError as error:
                if _is_untrusted(error):
                    raise ValueError(_UNTRUSTED) from None
            if self._fallback is not None:
                return self._fallback.weights()
            if self._is_closed.wait(_PAUSE_S):
                raise ValueError("The proposal service was not reached.")

    def close(self) -> None:
        """Let go of jobs and volumes at the service, and close all connections.

        One that is being read from is closed by its reader: closed here, its number could be that
        of another file by the time it is read from again.
        """
        self._is_closed.set()
        until = time.monotonic() + _LAST_WORD_S
        listeners = list(self._listeners)
        for one in listeners:
            one.join(max(0.0, until - time.monotonic()))
        if self._renewing is not None:
            with suppress(httpx.HTTPError, RuntimeError):
                self._client.delete(self._home, timeout=_GOODBYE_S)
        if not any(one.is_alive() for one in listeners):
            self._client.close()
        if self._fallback is not None:
            self._fallback.close()

    def _hold(self, task: ProposalTask) -> None:
        """Have the lease renewed, with the volumes of a job as long as they are in use here."""
        with self._lock:
            self._volumes.update(task.volumes)
            if self._renewing is None:
                self._renewing = threading.Thread(
                    target=self._renew, name="proposal lease", daemon=True
                )
                self._renewing.start()

    def _renew(self) -> None:
        pause = _PAUSE_S
        while not self._is_closed.wait(pause):
            with self._lock:
                lease = Lease(tuple(self._volumes))
            with suppress(httpx.HTTPError, RuntimeError, ValueError, KeyError, TypeError):
                answer = self._client.put(self._home, content=lease_to_json(lease))
                pause = _PAUSE_S
                pause = float(answer.json()["seconds"]) / 3

    def _attempt(
        self, task: ProposalTask, job: Job, name: str, received: int, progress: Progress
    ) -> Iterator[tuple[int, Proposal]]:
        """Ask once, for the proposals from a number on.

        Raises
        ------
        Away
            If the service is gone.
        ValueError
            If it refuses, with a sentence.
        """
        asking = _Asking(f"{self._home}/jobs/{name}", task, received)
        listening = threading.Thread(
            target=self._listen, args=(asking,), name="proposal service", daemon=True
        )
        self._listeners.add(listening)
        listening.start()
        try:
            while not job.cancelled:
                try:
                    event = asking.heard.get(timeout=_LOOK_EVERY_S)
                except Empty:
                    continue
                job.notice = None
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, Ended):
                    if event.error is not None:
                        raise ValueError(event.error)
                    return
                if isinstance(event, Made):
                    yield event.number, event.proposal()
                else:
                    _tell(event, job, progress)
        finally:
            asking.is_over.set()

    def _listen(self, asking: _Asking) -> None:
        """Ask, and hand on what is answered; cancels the job where nobody listens any more."""
        try:
            for _ in range(_UPLOADS):
                missing = self._ask(asking)
                if not missing:
                    break
                for digest in missing:
                    self._upload(digest, asking.task.volumes[digest])
            asking.heard.put(Away())  # of no effect after the end of the job
        except (httpx.HTTPError, httpx.StreamError, RuntimeError) as error:
            # A RuntimeError is that of a closed client.
            asking.heard.put(ValueError(_UNTRUSTED) if _is_untrusted(error) else Away())
        except (Away, ValueError) as error:
            asking.heard.put(error)

    def _ask(self, asking: _Asking) -> list[str]:
        """Ask for the proposals; returns digests of volumes that the service has not got."""
        task, address = asking.task, asking.address
        with self._client.stream(
            "PUT",
            address,
            content=_without_name(task),
            params={"received": asking.received},
            headers={SERIES_HEADER: task.request.series.volume, "Content-Type": "application/json"},
        ) as answer:
            if answer.status_code == _MISSING:
                answer.read()
                return [str(one) for one in answer.json()["volumes"]]
            _check(answer)
            for line in answer.iter_lines():
                event = from_line(line)
                asking.heard.put(event)
                if isinstance(event, Ended):
                    return []
                if asking.is_over.is_set() or self._is_closed.is_set():
                    break
        if asking.is_over.is_set():
            self._client.delete(address)
        return []

    def _upload(self, digest: str, volume: Volume) -> None:
        answer = self._client.put(
            f"{self._home}/volumes/{digest}",
            content=(np.ascontiguousarray(one).tobytes() for one in volume),
            params={"dtype": volume.dtype.str, "shape": ",".join(map(str, volume.shape))},
        )
        _check(answer)


def _computed_by(
    backend: ProposalBackend, task: ProposalTask, job: Job, progress: Progress
) -> Iterator[Proposal]:
    """Have another backend compute a job.

    Raises
    ------
    ValueError
        If it fails there.
    """
    asked, known = task.request, dict[tuple[int, int], Proposal]()
    other = backend.submit(
        lambda: task,
        person=asked.person,
        slices=asked.slices_asked,
        series=asked.series.volume,
        is_background=job.is_background,
    )
    is_over = False
    while not is_over:
        is_over = other.wait(_LOOK_EVERY_S)
        if job.cancelled:
            other.cancel()
        ahead = other.ahead
        job.elsewhere = Elsewhere(ahead, other.seconds_to_wait) if ahead else None
        job.notice, job.weights = None, other.weights
        if other.adapted is not None:
            job.tell_adapted(other.adapted)
        progress(*other.progress)
        for one in other.proposals:
            if known.get((one.segment, one.slice)) is not one:
                known[one.segment, one.slice] = one
                yield one
    if other.error is not None:
        raise ValueError(other.error)


def _tell(event: Waiting | Begun | Stepped | Adapted, job: Job, progress: Progress) -> None:
    if isinstance(event, Waiting):
        job.elsewhere = Elsewhere(event.ahead, event.seconds) if event.ahead else None
    elif isinstance(event, Adapted):
        job.tell_adapted(event.network)
    elif isinstance(event, Begun):
        job.weights, job.elsewhere = event.weights, None
        job.begun_elsewhere()
    else:
        progress(event.done, event.total)


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a connection failed for the certificate: waiting does not help then."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    answer.read()
    if answer.status_code in _REFUSED:
        raise ValueError(_refusal(answer))
    raise Away


def _refusal(answer: httpx.Response) -> str:
    if answer.status_code == 401:
        return "The proposal service does not accept SLICEWISE_PROPOSALS_TOKEN; ask who runs it."
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return "The proposal service refused; ask who runs it."


def _without_name(task: ProposalTask) -> bytes:
    """Write a request; the service need not know what people are called to share between them."""
    name = hashlib.blake2b(task.request.person.encode(), digest_size=12).hexdigest()
    return replace(task.request, person=name).to_json()
