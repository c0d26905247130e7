"""The proposal service: an application of Ray Serve, the only module that imports Ray.

`build` is what `serve run` and the configuration in deploy/ name. Every replica computes as a
server without a service does, with turns for people of its own (`core.proposal_jobs.turns`).
"""

import asyncio
import hmac
import math
import os
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, suppress
from typing import Any, cast

import numpy as np
from ray import serve
from ray.exceptions import RayError
from ray.serve import Application
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from core.home.settings import proposals_token
from core.network.engine import load_engine
from core.proposal_jobs.answering import Answering
from core.proposal_jobs.events import (
    Adapted,
    Begun,
    Ended,
    Event,
    Made,
    Stepped,
    includes_end,
    made,
    to_line,
)
from core.proposal_jobs.going_job import GoingJob
from core.proposal_jobs.job import Job, Progress, QueueFull
from core.proposal_jobs.leases import LEASE_S, GoOn, Heard, Leases, lease_from_json
from core.proposal_jobs.requests import ProposalTask, request_from_json
from core.proposal_jobs.turns import Turns
from core.proposal_jobs.volumes import RecentVolumes, Volume, digest_of
from core.proposals.examples import Proposal
from core.proposals.warm_up import warm_up

_HEARTBEAT_S = 0.3
_FOLLOW_EVERY_S = 0.1
_MOST_OF_A_VOLUME = 8 * 2**30
_SERIES_OF_A_REPLICA = 64
_AT_ONCE = 200
_BAD, _UNAUTHORIZED, _MISSING, _TOO_LARGE = 400, 401, 409, 413
_NAME = re.compile(r"[0-9a-f]{32}")


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0}, max_ongoing_requests=64)
class Clients:
    """Clients, volumes, and what jobs have told, for all replicas; what is lost is sent again."""

    def __init__(self, most_bytes: int, lease_s: float) -> None:
        self._leases = Leases(most_bytes, lease_s)

    async def do(self, what: str, *arguments: Any) -> Any:
        """Call a method of `core.proposal_jobs.leases.Leases`."""
        return getattr(self._leases, what)(*arguments)


@serve.deployment(max_ongoing_requests=_AT_ONCE)
class Replica:
    """Answers jobs of several clients."""

    def __init__(
        self, weights: str, device: str, most_bytes: int, lease_s: float, clients: Any
    ) -> None:
        self._token = proposals_token(os.environ)
        engine = load_engine(weights, device)
        warm_up(engine)
        self._weights = engine.weights.name
        self._answering = Answering(engine)
        self._turns = Turns()
        self._recent = RecentVolumes(most_bytes)
        self._clients = clients
        self._lease_s = lease_s
        self._name = secrets.token_hex(16)
        self._going: dict[tuple[str, str], GoingJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return JSONResponse({"error": "The token is missing or wrong."}, _UNAUTHORIZED)
        match request.method, *request.url.path.strip("/").split("/"):
            case "GET", "v1", "status":
                return JSONResponse({"weights": self._weights})
            case "GET", "v1", "figures":
                return JSONResponse(await self._shared("figures"))
            case method, "v1", "clients", client, *rest if _NAME.fullmatch(client):
                return await self._of_client(method, client, rest, request)
        return JSONResponse({"error": "There is nothing at this address."}, 404)

    async def _of_client(
        self, method: str, client: str, rest: list[str], request: Request
    ) -> Response:
        match method, *rest:
            case ["PUT"]:
                return await self._renew(client, request)
            case ["DELETE"]:
                for key, going in self._going.items():
                    if key[0] == client:
                        going.job.cancel()
                await self._shared("leave", client)
                return JSONResponse({})
            case "PUT", "volumes", digest:
                return await self._receive(client, digest, request)
            case "PUT", "jobs", job if _NAME.fullmatch(job):
                return await self._job(client, job, request)
            case "DELETE", "jobs", job:
                if (client, job) in self._going:
                    self._going[client, job].job.cancel()
                await self._shared("cancel", client, job)
                return JSONResponse({})
        return JSONResponse({"error": "There is nothing at this address."}, 404)

    async def _shared(self, what: str, *arguments: Any) -> Any:
        return await self._clients.do.remote(what, *arguments)

    @serve.multiplexed(max_num_models_per_replica=_SERIES_OF_A_REPLICA)
    async def known(self, digest: str) -> str:
        """Let Serve send further jobs of a series here."""
        return digest

    async def _renew(self, client: str, request: Request) -> Response:
        try:
            lease = lease_from_json(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, _BAD)
        await self._shared("renew", client, lease.volumes)
        return JSONResponse({"seconds": self._lease_s})

    async def _receive(self, client: str, digest: str, request: Request) -> Response:
        try:
            dtype = np.dtype(request.query_params["dtype"])
            shape = tuple(int(one) for one in request.query_params["shape"].split(","))
        except (KeyError, ValueError, TypeError):
            return JSONResponse({"error": "Name the type and shape of a volume."}, _BAD)
        size = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "iuf" or len(shape) != 3 or not 0 < size <= _MOST_OF_A_VOLUME:
            return JSONResponse({"error": "This volume is too large, or none."}, _TOO_LARGE)
        pixels = bytearray()
        async for part in request.stream():
            pixels += part
            if len(pixels) > size:
                break
        if len(pixels) != size:
            return JSONResponse({"error": "The volume was not sent whole."}, _BAD)
        volume = np.frombuffer(pixels, dtype).reshape(shape)
        if await asyncio.to_thread(digest_of, volume) != digest:
            return JSONResponse({"error": "The volume is not the one that is named."}, _BAD)
        await self._shared("keep", client, digest, volume)
        return JSONResponse({})

    async def _job(self, client: str, name: str, request: Request) -> Response:
        """Begin a job, or go on telling of it from the proposal on that the client names."""
        try:
            asked = request_from_json(await request.body())
            received = int(request.query_params.get("received", "0"))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, _BAD)
        going = self._going.get((client, name))
        if going is not None:
            return _told(going.listened_to(), received)
        if serve.get_multiplexed_model_id():
            await self.known(serve.get_multiplexed_model_id())
        found = {digest: await self._volume(digest) for digest in asked.volumes}
        missing = [digest for digest, volume in found.items() if volume is None]
        if missing:
            return JSONResponse({"volumes": missing}, _MISSING)
        if not await self._shared("claim", client, name, self._name, asked.volumes):
            return _told(self._followed(client, name), received)
        volumes = {digest: one for digest, one in found.items() if one is not None}
        going = self._submitted(ProposalTask(asked, volumes))
        try:
            self._turns.enter(going.job)
        except QueueFull as error:
            await self._shared("cancel", client, name)
            return JSONResponse({"error": str(error)}, _BAD)
        self._going[client, name] = going
        self._begin(self._report(client, name, going))
        return _told(going.listened_to(), received)

    async def _volume(self, digest: str) -> Volume | None:
        volume = self._recent.get(digest)
        if volume is None:
            volume = await self._shared("volume", digest)
            if volume is not None:
                if not self._recent.digests():
                    self._begin(self._release())
                self._recent.keep(digest, volume)
        return volume

    def _submitted(self, task: ProposalTask) -> GoingJob:
        """Make a job that tells everything it does."""
        loop, asked = asyncio.get_running_loop(), task.request

        def tell(event: Event) -> None:
            loop.call_soon_threadsafe(going.add, event)

        def work(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
            def step(done: int, total: int) -> None:
                progress(done, total)
                tell(Stepped(done, total))

            tell(Begun(self._weights))
            answers = self._answering.answer(
                task, cancelled, step, lambda network: tell(Adapted(network))
            )
            for number, proposal in enumerate(answers):
                tell(made(number, proposal))
                yield proposal

        going = GoingJob(
            Job(
                work,
                lambda job: tell(Ended(job.error)),
                self._turns,
                asked.person,
                asked.slices_asked,
                asked.series.volume,
                is_background=asked.learning_steps > 0,
            )
        )
        return going

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # asyncio itself keeps no hold of it
        task.add_done_callback(self._tasks.discard)

    async def _report(self, client: str, name: str, going: GoingJob) -> None:
        """Tell the others of a job until it has ended, and end it where nobody waits for it."""
        known, goes_on = 0, True
        while goes_on and not (known == len(going.events) and going.has_ended):
            await asyncio.sleep(_HEARTBEAT_S)
            events, is_heard = going.events[known:], going.listeners > 0
            with suppress(RayError):  # they are replaced, and told everything anew
                answer: GoOn = await self._shared(
                    "tell", client, name, self._name, known, events, going.waiting, is_heard
                )
                known, goes_on = answer.known, answer.goes_on
        if not goes_on:
            going.lose()
        del self._going[client, name]

    async def _followed(self, client: str, name: str) -> AsyncGenerator[Heard, None]:
        """Give what a job tells that another replica computes."""
        known = 0
        while (heard := await self._shared("after", client, name, known)) is not None:
            yield heard
            known += len(heard.events)
            await asyncio.sleep(_FOLLOW_EVERY_S)

    async def _release(self) -> None:
        """Let go of volumes that no client needs any more, until none is left."""
        while self._recent.digests():
            await asyncio.sleep(self._lease_s / 3)
            with suppress(RayError):
                for digest in await self._shared("released", self._recent.digests()):
                    self._recent.forget(digest)


def _told(heard: AsyncGenerator[Heard, None], received: int) -> Response:
    return StreamingResponse(_lines(heard, received), media_type="application/x-ndjson")


async def _lines(heard: AsyncGenerator[Heard, None], received: int) -> AsyncGenerator[bytes, None]:
    """Write what is heard of a job, without proposals that the client has received before."""
    async with aclosing(heard):
        async for part in heard:
            told = [e for e in part.events if not (isinstance(e, Made) and e.number < received)]
            yield b"".join(map(to_line, told or [part.waiting]))
            if includes_end(part.events):
                return


def build(arguments: dict[str, Any]) -> Application:
    """Make the application.

    Parameters
    ----------
    arguments : dict
        ``replicas`` (1), ``num_cpus`` (1) and ``num_gpus`` (0) of each, which may be a fraction;
        ``weights`` (``default``) and ``device`` (``auto``); ``volume_gigabytes`` (8) that the
        volumes which were sent may take, and each replica's own; ``lease_seconds`` (30) for which
        clients are waited for.

    Returns
    -------
    Application
        For Ray Serve.

    Raises
    ------
    ValueError
        If there is no token in SLICEWISE_PROPOSALS_TOKEN.
    """
    proposals_token(os.environ)
    most_bytes = int(float(arguments.get("volume_gigabytes", 8)) * 1e9)
    lease_s = float(arguments.get("lease_seconds", LEASE_S))
    replicas = cast(Any, Replica).options(
        num_replicas=int(arguments.get("replicas", 1)),
        ray_actor_options={
            "num_cpus": float(arguments.get("num_cpus", 1)),
            "num_gpus": float(arguments.get("num_gpus", 0)),
            # Threads that wait for one another must not keep cores busy that others compute on:
            # with one core for each replica a single slice took ten times as much of it.
            "runtime_env": {"env_vars": {"OMP_WAIT_POLICY": "PASSIVE"}},
        },
    )
    return replicas.bind(
        arguments.get("weights", "default"),
        arguments.get("device", "auto"),
        most_bytes,
        lease_s,
        cast(Any, Clients).bind(most_bytes, lease_s),
    )
