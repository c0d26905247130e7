"""Figures on the work of this process for Prometheus, without patient data or names of people."""

import hmac
import os
import shutil
import sys
from collections.abc import Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from streamlit.runtime import exists, get_instance

from core.home.settings import home_folder, read_settings
from core.proposal_jobs.backend import queue_lengths
from pages.server.sign_in_settings import sign_in

METRICS_ADDRESS = "/metrics"
"""Where Prometheus asks."""

_UNAUTHORIZED, _FORBIDDEN = 401, 403
_SESSIONS = "active_sessions"  # as Streamlit names its own figure
REGISTRY = CollectorRegistry()
"""All figures of this process."""

_WAITS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_ANSWERS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20)

MESSAGES = Counter(
    "slicewise_messages",
    "Strokes, decisions and other changes that editors have sent, by what became of them",
    ["result"],
    registry=REGISTRY,
)
MESSAGE_SECONDS = Histogram(
    "slicewise_message_seconds",
    "Seconds from the message of an editor to its answer; by then it is on the disk",
    registry=REGISTRY,
    buckets=_ANSWERS_S,
)
PROPOSAL_JOBS = Counter(
    "slicewise_proposal_jobs",
    "Requests for proposals that have ended: done, cancelled or failed",
    ["outcome"],
    registry=REGISTRY,
)
PROPOSAL_WAIT_SECONDS = Histogram(
    "slicewise_proposal_wait_seconds",
    "Seconds from a request for proposals until it was begun",
    registry=REGISTRY,
    buckets=_WAITS_S,
)
PROPOSAL_SECONDS = Histogram(
    "slicewise_proposal_seconds",
    "Seconds from a request for proposals until all of them were stored",
    registry=REGISTRY,
    buckets=_WAITS_S,
)


class _State(Collector):
    """What is read at the moment when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read everything."""
        queue = GaugeMetricFamily(
            "slicewise_proposal_queue",
            "Requests for proposals that have not ended",
            labels=["state"],
        )
        waiting, begun = queue_lengths()
        queue.add_metric(["waiting"], waiting)
        queue.add_metric(["begun"], begun)
        yield queue
        if exists():
            (tabs,) = get_instance().stats_mgr.get_stats([_SESSIONS])[_SESSIONS]
            value = getattr(tabs, "value", 0)
            yield GaugeMetricFamily("slicewise_tabs", "Tabs that are open", value=value)
        yield GaugeMetricFamily(
            "slicewise_disk_free_bytes",
            "Free space of the disk of SLICEWISE_HOME",
            value=shutil.disk_usage(home_folder()).free,
        )
        torch = sys.modules.get("torch")  # loading it takes seconds
        if torch is not None and torch.cuda.is_available():
            yield GaugeMetricFamily(
                "slicewise_gpu_memory_bytes",
                "Memory of the graphics card that this process holds",
                value=torch.cuda.memory_reserved(),
            )


REGISTRY.register(_State())
for _collector in (ProcessCollector, PlatformCollector, GCCollector):
    _collector(registry=REGISTRY)


def _answer(request: Request) -> Response:
    token = read_settings(os.environ).metrics_token
    given = request.headers.get("authorization", "")
    if token is None and sign_in() is not None:
        return PlainTextResponse("Set SLICEWISE_METRICS_TOKEN to read figures here.", _FORBIDDEN)
    if token is not None and not hmac.compare_digest(
        given.encode("latin-1"), f"Bearer {token.get_secret_value()}".encode()
    ):
        return PlainTextResponse("The token is missing or wrong.", _UNAUTHORIZED)
    answer = Response(generate_latest(REGISTRY))
    answer.headers["Content-Type"] = CONTENT_TYPE_LATEST
    answer.headers["Cache-Control"] = "no-store"
    return answer


METRICS = [Route(METRICS_ADDRESS, _answer)]
"""The address, for whoever has the token of the settings, or on one's own machine without one."""
