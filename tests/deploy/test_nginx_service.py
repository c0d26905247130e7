"""The site for nginx before the proposal service: answers stream, and only who may is answered."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.network.engine import Engine
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.service import SERIES_HEADER, ProposalService
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal
from tests.proposal_jobs.conftest import Drawn, drawn, engine, expected
from tests.proposal_jobs.test_backends import finished, same, until
from tests.support.nginx import nginx_before_service
from tests.support.proposal_service import TOKEN, RunningService, running_service

__all__ = ["drawn", "engine", "expected"]

_PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def service(ray_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A real service with two replicas on this machine."""
    with running_service(ray_python, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(service: RunningService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of an nginx before the service; its certificate is trusted where it is named."""
    folder = tmp_path_factory.mktemp("nginx")
    port = int(service.address.rpartition(":")[2])
    with nginx_before_service(folder, port) as own:
        (folder / "address").write_text(f"https://127.0.0.1:{own}")
        yield folder


@pytest.fixture
def trusted(proxy: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of the service for clients that are told to trust its certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy / "authority.pem"))
    return (proxy / "address").read_text()


def backend_at(address: str, token: str = TOKEN) -> "closing[ProposalBackend]":
    return closing(ProposalBackend(ProposalService(address, token), Turns(64)))


def test_proposals_stream_through_it_and_are_the_same_to_the_bit(
    trusted: str, drawn: Drawn, expected: list[Proposal], engine: Engine
) -> None:
    with backend_at(trusted) as backend:
        assert backend.weights() == engine.weights.name
        new = backend.submit(drawn.new().task, person="Anna", slices=32)
        until(lambda: new.proposals)
        assert not new.finished
        job = backend.submit(drawn.task, person="Anna", slices=32)
        assert same(finished(job).proposals, expected)


def test_a_job_is_cancelled_through_it_within_a_second(trusted: str, drawn: Drawn) -> None:
    with backend_at(trusted) as backend:
        jobs = [backend.submit(drawn.new().task, person="Anna", slices=32) for _ in range(12)]
        until(lambda: any(job.proposals for job in jobs))
        for job in jobs:
            job.cancel()
        assert all(job.wait(1.0) for job in jobs)
        # The service has let go of them as well: it has time for the next one at once.
        after = backend.submit(drawn.task, person="Anna", slices=32)
        until(lambda: after.proposals)
        assert after.ahead == 0


def test_only_who_has_the_token_is_answered(trusted: str, drawn: Drawn) -> None:
    with backend_at(trusted, "another secret") as backend:
        job = backend.submit(drawn.task, person="Anna", slices=32)
        assert job.wait(_PATIENCE_S)
        assert job.error is not None and "SLICEWISE_PROPOSALS_TOKEN" in job.error


def test_what_serve_tells_of_itself_stays_inside(trusted: str, service: RunningService) -> None:
    assert httpx.get(f"{service.address}/-/routes").is_success
    for path in ("/-/routes", "/-/healthz", "/"):
        assert httpx.get(f"{trusted}{path}").status_code == 404


class _Slow(BaseHTTPRequestHandler):
    """Streams the series it was asked for at once, and more when it is told to."""

    protocol_version = "HTTP/1.0"
    go_on = threading.Event()

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.headers[SERIES_HEADER]}\n".encode())
        self.go_on.wait(_PATIENCE_S)
        self.wfile.write(b"end\n")

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[str]:
    """Address of an nginx before what streams slowly; its certificates lie in the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with nginx_before_service(tmp_path, server.server_address[1]) as port:
        yield f"https://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def test_a_line_comes_through_before_the_next_is_sent_and_the_series_is_named(
    slow: str, tmp_path: Path
) -> None:
    context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
    headers = {SERIES_HEADER: "0123abcd"}
    with httpx.stream("POST", f"{slow}/v1/jobs", headers=headers, verify=context) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "0123abcd"
        _Slow.go_on.set()
        assert list(lines) == ["end"]


def test_a_certificate_that_is_not_trusted_is_said(slow: str, drawn: Drawn) -> None:
    with backend_at(slow) as backend:
        job = backend.submit(drawn.task, person="Anna", slices=32)
        assert job.wait(_PATIENCE_S)
        assert job.error is not None and "certificate" in job.error
        with pytest.raises(ValueError, match="certificate"):
            backend.weights()
