"""The proposal service: an application of Ray Serve, the only module that imports Ray.

`build` is what `serve run` and the configuration in deploy/ name. Every replica computes as a
server without a service does, with turns for people of its own (`core.proposal_jobs.turns`).
"""

import asyncio
import hmac
import math
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import numpy as np
from ray import serve
from ray.serve import Application
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from core.home.settings import proposals_token
from core.network.engine import load_engine
from core.proposal_jobs.answering import Answering
from core.proposal_jobs.events import Begun, Ended, Event, Stepped, Waiting, made, to_line
from core.proposal_jobs.job import Job, Progress, QueueFull
from core.proposal_jobs.requests import ProposalTask, request_from_json
from core.proposal_jobs.turns import Turns
from core.proposal_jobs.volumes import RecentVolumes, Volume, digest_of
from core.proposals.examples import Proposal
from core.proposals.warm_up import warm_up

_HEARTBEAT_S = 0.3
_MOST_OF_A_VOLUME = 8 * 2**30
_SERIES_OF_A_REPLICA = 64
_AT_ONCE = 200
_BAD, _UNAUTHORIZED, _MISSING, _TOO_LARGE = 400, 401, 409, 413


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 0}, max_ongoing_requests=64)
class Volumes:
    """Volumes that were sent, for all replicas; whatever is lost is sent again."""

    def __init__(self, most_bytes: int) -> None:
        self._recent = RecentVolumes(most_bytes)

    async def keep(self, digest: str, volume: Volume) -> None:
        self._recent.keep(digest, volume)

    async def get(self, digest: str) -> Volume | None:
        return self._recent.get(digest)


@serve.deployment(max_ongoing_requests=_AT_ONCE)
class Replica:
    """Answers jobs of several clients."""

    def __init__(self, weights: str, device: str, most_bytes: int, volumes: Any) -> None:
        self._token = proposals_token(os.environ)
        engine = load_engine(weights, device)
        warm_up(engine)
        self._weights = engine.weights.name
        self._answering = Answering(engine)
        self._turns = Turns()
        self._recent = RecentVolumes(most_bytes)
        self._volumes = volumes

    async def __call__(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return JSONResponse({"error": "The token is missing or wrong."}, _UNAUTHORIZED)
        parts = request.url.path.strip("/").split("/")
        match request.method, *parts:
            case "GET", "v1", "status":
                return JSONResponse({"weights": self._weights})
            case "PUT", "v1", "volumes", digest:
                return await self._receive(digest, request)
            case "POST", "v1", "jobs":
                return await self._job(request)
        return JSONResponse({"error": "There is nothing at this address."}, 404)

    @serve.multiplexed(max_num_models_per_replica=_SERIES_OF_A_REPLICA)
    async def known(self, digest: str) -> str:
        """Let Serve send further jobs of a series here."""
        return digest

    async def _receive(self, digest: str, request: Request) -> Response:
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
        await self._volumes.keep.remote(digest, volume)
        return JSONResponse({})

    async def _job(self, request: Request) -> Response:
        try:
            asked = request_from_json(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, _BAD)
        if serve.get_multiplexed_model_id():
            await self.known(serve.get_multiplexed_model_id())
        found = {digest: await self._volume(digest) for digest in asked.volumes}
        missing = [digest for digest, volume in found.items() if volume is None]
        if missing:
            return JSONResponse({"volumes": missing}, _MISSING)
        volumes = {digest: one for digest, one in found.items() if one is not None}
        job, told = self._submitted(ProposalTask(asked, volumes))
        try:
            self._turns.enter(job)
        except QueueFull as error:
            return JSONResponse({"error": str(error)}, _BAD)
        return StreamingResponse(_lines(job, told), media_type="application/x-ndjson")

    async def _volume(self, digest: str) -> Volume | None:
        volume = self._recent.get(digest)
        if volume is None:
            volume = await self._volumes.get.remote(digest)
            if volume is not None:
                self._recent.keep(digest, volume)
        return volume

    def _submitted(self, task: ProposalTask) -> tuple[Job, "asyncio.Queue[Event]"]:
        """Make a job that tells everything it does."""
        told: asyncio.Queue[Event] = asyncio.Queue()
        loop, asked = asyncio.get_running_loop(), task.request

        def tell(event: Event) -> None:
            loop.call_soon_threadsafe(told.put_nowait, event)

        def work(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
            def step(done: int, total: int) -> None:
                progress(done, total)
                tell(Stepped(done, total))

            tell(Begun(self._weights))
            for proposal in self._answering.answer(task, cancelled, step):
                tell(made(proposal))
                yield proposal

        job = Job(
            work,
            lambda job: tell(Ended(job.error)),
            self._turns,
            asked.person,
            asked.slices_asked,
            asked.series.volume,
        )
        return job, told


async def _lines(job: Job, told: "asyncio.Queue[Event]") -> AsyncIterator[bytes]:
    """Yield events until the job has ended; it is cancelled where the client is gone."""
    try:
        while True:
            try:
                event = await asyncio.wait_for(told.get(), _HEARTBEAT_S)
            except TimeoutError:
                event = Waiting(job.ahead, job.seconds_to_wait)
            yield to_line(event)
            if isinstance(event, Ended):
                return
    finally:
        job.cancel()


def build(arguments: dict[str, Any]) -> Application:
    """Make the application.

    Parameters
    ----------
    arguments : dict
        ``replicas`` (1), ``num_cpus`` (1) and ``num_gpus`` (0) of each, which may be a fraction;
        ``weights`` (``default``) and ``device`` (``auto``); ``volume_gigabytes`` (8) that the
        volumes which were sent may take, and each replica's own.

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
    replicas = cast(Any, Replica).options(
        num_replicas=int(arguments.get("replicas", 1)),
        ray_actor_options={
            "num_cpus": float(arguments.get("num_cpus", 1)),
            "num_gpus": float(arguments.get("num_gpus", 0)),
        },
    )
    return replicas.bind(
        arguments.get("weights", "default"),
        arguments.get("device", "auto"),
        most_bytes,
        cast(Any, Volumes).bind(most_bytes),
    )
