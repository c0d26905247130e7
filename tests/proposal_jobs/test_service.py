"""The proposal service: replicas that die, a service that is gone, and who may call it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import httpx
import numpy as np
import pytest

from core.network.engine import Engine
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.in_process import InProcess
from core.proposal_jobs.service import ProposalService
from core.proposal_jobs.turns import Turns
from core.proposal_jobs.volumes import digest_of
from core.proposals.examples import Proposal
from tests.proposal_jobs.conftest import Drawn
from tests.proposal_jobs.test_backends import finished, same, until
from tests.support.app_server import ROOT
from tests.support.proposal_service import TOKEN, Gate, RunningService

_PATIENCE_S = 120.0


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
    expected: list[Proposal],
) -> None:
    jobs = [
        backend_behind_gate.submit(drawn.task, person=person, slices=32)
        for person in ("Anna", "Anna", "Ben", "Ben")
    ]
    until(lambda: jobs[0].proposals)
    dead = service.kill_replica_at_work()
    until(lambda: dead not in service.replicas())
    for job in jobs:
        assert same(finished(job).proposals, expected)
    until(lambda: len(service.replicas()) == 2)


def test_jobs_wait_while_the_service_is_gone_and_go_on_when_it_is_back(
    gate: Gate, backend_behind_gate: ProposalBackend, drawn: Drawn, expected: list[Proposal]
) -> None:
    job = backend_behind_gate.submit(drawn.task, person="Anna", slices=32)
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
    assert same(finished(job).proposals, expected)
    assert job.progress[0] >= steps
    assert finished(asked_meanwhile).proposals


def test_the_server_computes_while_the_service_is_gone_if_so_configured(
    gate: Gate, drawn: Drawn, expected: list[Proposal], engine: Engine
) -> None:
    here = ProposalBackend(InProcess(lambda: engine), Turns())
    with closing(ProposalBackend(ProposalService(gate.address, TOKEN, here), Turns(64))) as backend:
        job = backend.submit(drawn.task, person="Anna", slices=32)
        until(lambda: len(job.proposals) > 2)
        gate.shut()
        assert same(finished(job).proposals, expected)
        assert backend.weights() == engine.weights.name
        long = backend.submit(drawn.task, person="Anna", slices=32)
        until(lambda: long.proposals)
        long.cancel()
        assert long.wait(1.0)


def test_only_who_has_the_token_is_answered(service: RunningService, drawn: Drawn) -> None:
    for method, path in (("GET", "status"), ("POST", "jobs"), ("PUT", "volumes/0123")):
        for headers in ({}, {"Authorization": "Bearer another secret of somebody"}):
            answer = httpx.request(method, f"{service.address}/v1/{path}", headers=headers)
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
        assert client.post("/v1/jobs", content=b"{}").status_code == 400
        volume = np.zeros((2, 3, 4), np.int16)
        address, shape = f"/v1/volumes/{digest_of(volume)}", {"dtype": "<i2", "shape": "2,3,4"}
        sent = volume.tobytes()
        assert client.put(address, content=sent, params=shape).status_code == 200
        assert client.put(address, content=sent[1:], params=shape).status_code == 400
        assert client.put(address, content=sent + b"1", params=shape).status_code == 400
        assert client.put(address, content=b"1" * 48, params=shape).status_code == 400
        assert client.put(address, content=sent, params=shape | {"dtype": "O"}).status_code == 413
        assert client.put(address, content=sent).status_code == 400
        assert client.get("/v1/jobs").status_code == 404


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
