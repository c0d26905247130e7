"""The proposal service: replicas that die, a service that is gone, and who may call it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import httpx
import numpy as np
import pytest

from core.network.engine import Engine
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.events import Ended, Event, Made, from_line
from core.proposal_jobs.in_process import InProcess
from core.proposal_jobs.job import Job, Progress
from core.proposal_jobs.requests import ProposalTask
from core.proposal_jobs.service import ProposalService
from core.proposal_jobs.turns import Turns
from core.proposal_jobs.volumes import digest_of
from core.proposals.examples import Proposal
from tests.proposal_jobs.conftest import Drawn, proposals_of
from tests.proposal_jobs.test_backends import finished, same, until
from tests.support.app_server import ROOT
from tests.support.proposal_service import LEASE_S, TOKEN, Gate, RunningService

_PATIENCE_S = 120.0
CLIENT, JOB, SHARED_JOB = (letter * 32 for letter in "abc")
HOME = f"/v1/clients/{CLIENT}"


@pytest.fixture
def gate(service: RunningService) -> Iterator[Gate]:
    gate = Gate(service.address)
    gate.open()
    yield gate
    gate.shut()


@pytest.fixture
def backend_behind_gate(gate: Gate) -> Iterator[ProposalBackend]:
    with closing(ProposalBackend(ProposalService(gate.address, TOKEN), Turns(64))) as backend:
        yield backend


def test_a_replica_killed_in_mid_job_loses_no_job(
    service: RunningService,
    backend_behind_gate: ProposalBackend,
    drawn: Drawn,
    engine: Engine,
) -> None:
    new = drawn.new()
    jobs = [
        backend_behind_gate.submit(new.task, person=person, slices=32)
        for person in ("Anna", "Anna", "Ben", "Ben")
    ]
    until(lambda: jobs[0].proposals)
    dead = service.kill_replica_at_work()
    until(lambda: dead not in service.replicas())
    expected = proposals_of(new, engine)
    for job in jobs:
        assert same(finished(job).proposals, expected)
    until(lambda: len(service.replicas()) == 2)


def test_jobs_wait_while_the_service_is_gone_and_go_on_when_it_is_back(
    gate: Gate, backend_behind_gate: ProposalBackend, drawn: Drawn, engine: Engine
) -> None:
    new = drawn.new()
    job = backend_behind_gate.submit(new.task, person="Anna", slices=32)
    until(lambda: len(job.proposals) > 2)
    steps = job.progress[0]
    gate.shut()
    until(lambda: job.notice == "Waiting for the proposal service")
    asked_meanwhile = backend_behind_gate.submit(
        lambda: drawn.task(slices=(15,)), person="Ben", slices=1
    )
    cancelled = backend_behind_gate.submit(drawn.task, person="Ben", slices=32)
    until(lambda: asked_meanwhile.notice and cancelled.notice)
    assert job.error is None and not job.finished
    cancelled.cancel()
    assert cancelled.wait(1.0)
    gate.open()
    assert same(finished(job).proposals, proposals_of(new, engine))
    assert job.progress[0] >= steps
    assert finished(asked_meanwhile).proposals


class Watched(ProposalService):
    """A place that remembers everything it was told, in order."""

    def compute(
        self, task: ProposalTask, job: Job, cancelled: Callable[[], bool], progress: Progress
    ) -> Iterator[Proposal]:
        self.told: list[Proposal] = []
        for proposal in super().compute(task, job, cancelled, progress):
            self.told.append(proposal)
            yield proposal


def test_a_job_whose_connection_breaks_goes_on_and_what_was_missed_is_told(
    service: RunningService, gate: Gate, drawn: Drawn
) -> None:
    place, new = Watched(gate.address, TOKEN), drawn.new()
    with closing(ProposalBackend(place, Turns(64))) as backend:
        begun = service.figures()["jobs_begun"]
        job = backend.submit(new.task, person="Anna", slices=32)
        until(lambda: len(job.proposals) > 2)
        gate.shut()
        until(lambda: job.notice == "Waiting for the proposal service")
        gate.open()
        finished(job)
        assert service.figures()["jobs_begun"] == begun + 1
        told = place.told
        finished(backend.submit(new.task, person="Anna", slices=32))
        assert len(told) == len(place.told)
        for one, other in zip(told, place.told, strict=True):
            assert (one.segment, one.slice) == (other.segment, other.slice)
            assert same([one], [other])


def test_every_replica_tells_of_a_job_that_one_computes(
    service: RunningService, drawn: Drawn
) -> None:
    begun = service.figures()["jobs_begun"]
    with calling(service) as client, ThreadPoolExecutor() as pool:
        send_volume(client, drawn.volume)
        told = [pool.submit(listen, client, drawn.task(), received) for received in (0, 0, 5, 5, 9)]
        heard = [one.result(_PATIENCE_S) for one in told]
    assert service.figures()["jobs_begun"] == begun + 1
    numbers = [[event.number for event in events if isinstance(event, Made)] for events in heard]
    for listed, received in zip(numbers, (0, 0, 5, 5, 9), strict=True):
        assert listed == numbers[0][received:]
    assert all(events[-1] == Ended() for events in heard)


def test_a_client_that_is_gone_loses_its_jobs_and_volumes_after_its_lease(
    service: RunningService, drawn: Drawn
) -> None:
    another = Drawn(drawn.volume + 1, drawn.examples)
    with calling(service) as client:
        before = service.figures()
        send_volume(client, another.volume)
        assert service.figures()["volumes"] == before["volumes"] + 1
        with client.stream("PUT", f"{HOME}/jobs/{JOB}", content=asked(another)) as answer:
            assert answer.status_code == 200
            next(answer.iter_lines())
            assert service.figures()["jobs"] == before["jobs"] + 1
        until(lambda: service.figures()["jobs"] <= before["jobs"])
        until(lambda: service.figures()["volumes"] <= before["volumes"])


def test_a_cancelled_job_ends_at_the_service_as_well(
    service: RunningService, gate: Gate, drawn: Drawn
) -> None:
    with closing(ProposalBackend(ProposalService(gate.address, TOKEN), Turns(64))) as backend:
        until(lambda: service.figures()["jobs"] == 0)
        for _ in range(12):
            backend.submit(drawn.new().task, person="Anna", slices=32)
        until(lambda: service.figures()["jobs"] >= 3)
        asked_at = time.monotonic()
        for job in backend.turns.jobs():
            job.cancel()
        until(lambda: service.figures()["jobs"] == 0)
        assert time.monotonic() - asked_at < LEASE_S / 2


def test_jobs_go_on_after_the_whole_cluster_was_stopped_and_started_again(
    service: RunningService, drawn: Drawn, engine: Engine
) -> None:
    new = drawn.new()
    with closing(ProposalBackend(ProposalService(service.address, TOKEN), Turns(64))) as backend:
        job = backend.submit(new.task, person="Anna", slices=32)
        until(lambda: len(job.proposals) > 2)
        service.kill()
        until(lambda: job.notice == "Waiting for the proposal service")
        asked_meanwhile = backend.submit(lambda: drawn.task(slices=(15,)), person="Ben", slices=1)
        service.start()
        assert same(finished(job).proposals, proposals_of(new, engine))
        assert finished(asked_meanwhile).proposals


@contextmanager
def calling(service: RunningService) -> Iterator[httpx.Client]:
    """Call the service as a client without any of the care that `ProposalService` takes."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=service.address, headers=headers, timeout=_PATIENCE_S) as client:
        yield client


def send_volume(client: httpx.Client, volume: np.ndarray) -> None:
    params = {"dtype": volume.dtype.str, "shape": ",".join(map(str, volume.shape))}
    address = f"{HOME}/volumes/{digest_of(volume)}"
    client.put(address, content=volume.tobytes(), params=params).raise_for_status()


def asked(drawn: Drawn) -> bytes:
    return drawn.task().request.to_json()


def listen(client: httpx.Client, task: ProposalTask, received: int) -> list[Event]:
    """Hear a job to its end, from a proposal on."""
    address, params = f"{HOME}/jobs/{SHARED_JOB}", {"received": received}
    answer = client.put(address, content=task.request.to_json(), params=params)
    return [from_line(line) for line in answer.raise_for_status().text.splitlines()]


def test_the_server_computes_while_the_service_is_gone_if_so_configured(
    gate: Gate, drawn: Drawn, engine: Engine
) -> None:
    new = drawn.new()
    here = ProposalBackend(InProcess(lambda: engine), Turns())
    with closing(ProposalBackend(ProposalService(gate.address, TOKEN, here), Turns(64))) as backend:
        job = backend.submit(new.task, person="Anna", slices=32)
        until(lambda: len(job.proposals) > 2)
        gate.shut()
        assert same(finished(job).proposals, proposals_of(new, engine))
        assert backend.weights() == engine.weights.name
        long = backend.submit(drawn.new().task, person="Anna", slices=32)
        until(lambda: long.proposals)
        long.cancel()
        assert long.wait(1.0)


def test_only_who_has_the_token_is_answered(service: RunningService, drawn: Drawn) -> None:
    for method, path in (
        ("GET", "/v1/status"),
        ("GET", "/v1/figures"),
        ("PUT", HOME),
        ("DELETE", HOME),
        ("PUT", f"{HOME}/jobs/{JOB}"),
        ("PUT", f"{HOME}/volumes/0123"),
    ):
        for headers in ({}, {"Authorization": "Bearer another secret of somebody"}):
            answer = httpx.request(method, f"{service.address}{path}", headers=headers)
            assert answer.status_code == 401
    with closing(
        ProposalBackend(ProposalService(service.address, "another secret"), Turns(64))
    ) as backend:
        job = backend.submit(drawn.task, person="Anna", slices=32)
        assert job.wait(_PATIENCE_S)
        assert job.error is not None and "SLICEWISE_PROPOSALS_TOKEN" in job.error
        with pytest.raises(ValueError, match="SLICEWISE_PROPOSALS_TOKEN"):
            backend.weights()


def test_what_is_no_request_or_no_volume_is_refused(service: RunningService) -> None:
    with httpx.Client(
        base_url=service.address, headers={"Authorization": f"Bearer {TOKEN}"}
    ) as client:
        assert client.put(f"{HOME}/jobs/{JOB}", content=b"{}").status_code == 400
        assert client.put(HOME, content=b"{}").status_code == 400
        volume = np.zeros((2, 3, 4), np.int16)
        address, shape = f"{HOME}/volumes/{digest_of(volume)}", {"dtype": "<i2", "shape": "2,3,4"}
        sent = volume.tobytes()
        assert client.put(address, content=sent, params=shape).status_code == 200
        assert client.put(address, content=sent[1:], params=shape).status_code == 400
        assert client.put(address, content=sent + b"1", params=shape).status_code == 400
        assert client.put(address, content=b"1" * 48, params=shape).status_code == 400
        assert client.put(address, content=sent, params=shape | {"dtype": "O"}).status_code == 413
        assert client.put(address, content=sent).status_code == 400
        assert client.get(f"{HOME}/jobs/{JOB}").status_code == 404
        assert client.put(f"{HOME}/jobs/another", content=b"{}").status_code == 404
        assert client.put("/v1/clients/anybody", content=b"{}").status_code == 404


def test_nothing_of_ray_is_imported_by_the_app_and_the_commands() -> None:
    program = (
        "import sys, pkgutil, importlib, core.proposal_jobs as package\n"
        "for one in pkgutil.iter_modules(package.__path__):\n"
        "    if one.name != 'ray_service':\n"
        "        importlib.import_module('core.proposal_jobs.' + one.name)\n"
        "import core.__main__, core.commands.propose_cohort, pages.session.model\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'ray'])\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
