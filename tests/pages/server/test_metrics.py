"""Figures for Prometheus, of a real server."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.raw_requests import Answer, ask

TOKEN = "a token of some length"


@pytest.fixture(scope="module", params=[None, TOKEN], ids=["without a token", "with a token"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    server = Server(new_home(tmp_path_factory.mktemp("metrics")))
    server.variables["SLICEWISE_METRICS_TOKEN"] = request.param or ""
    yield server.start()
    server.kill()
    server.check_log()


def asked(server: Server, *headers: tuple[str, str]) -> Answer:
    return ask(server.port, "/metrics", ("Host", f"127.0.0.1:{server.port}"), *headers)


def test_figures_are_there_for_who_may_read_them(server: Server) -> None:
    answer = asked(server, ("Authorization", f"Bearer {TOKEN}"))
    assert answer.status == 200
    families = {one.name: one for one in text_string_to_metric_families(answer.body.decode())}
    queue = {
        sample.labels["state"]: sample.value
        for sample in families["slicewise_proposal_queue"].samples
    }
    assert queue == {"waiting": 0, "begun": 0}
    assert families["slicewise_tabs"].samples[0].value == 0
    assert families["slicewise_disk_free_bytes"].samples[0].value > 0
    assert "process_resident_memory_bytes" in families


@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", f"bearer{TOKEN}", "Bearer \xff"]
)
def test_a_token_that_is_set_is_needed(server: Server, given: str) -> None:
    headers = [("Authorization", given)] if given else []
    expected = 401 if server.variables["SLICEWISE_METRICS_TOKEN"] else 200
    assert asked(server, *headers).status == expected
