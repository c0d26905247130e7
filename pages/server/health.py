"""Whether this process can do its work: for proxies, service managers and whoever watches it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.annotation.database import Database, open_database, reading
from core.annotation.records import StoreError
from core.home.settings import Settings, read_settings

HEALTH_ADDRESS = "/health"
"""Where they ask; the answer holds no data, so nobody has to sign in for it."""

_LEAST_FREE_BYTES = 2**30  # what volumes leave free (`core.dicom.volume_memory`)
_OK, _UNAVAILABLE = 200, 503


@dataclass(eq=False)
class ModelHealth:
    """What is known of the network.

    Attributes
    ----------
    state : callable
        Returns "not loaded", "loading", "ok" or "failed".
    """

    state: Callable[[], str] = field(default=lambda: "not loaded")


@cache
def model_health() -> ModelHealth:
    """That of this process; whoever loads the network sets its state."""
    return ModelHealth()


def _answer(request: Request) -> Response:
    settings = read_settings(os.environ)
    parts = {
        "database": _database_state(settings.database),
        "disk": _disk_state(settings),
        "model": model_health().state(),
    }
    is_well = parts["database"] == "ok" and parts["disk"] == "ok" and parts["model"] != "failed"
    answer = JSONResponse(
        {"status": "ok" if is_well else "failed", **parts}, _OK if is_well else _UNAVAILABLE
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _database_state(url: str) -> str:
    try:
        with reading(_database(url)) as connection:
            connection.exec_driver_sql("SELECT 1")
    except StoreError:
        return "failed"
    return "ok"


@cache
def _database(url: str) -> Database:
    return open_database(url)


def _disk_state(settings: Settings) -> str:
    is_free = shutil.disk_usage(settings.home).free >= _LEAST_FREE_BYTES
    return "ok" if is_free and os.access(settings.home, os.W_OK) else "failed"


HEALTH = [Route(HEALTH_ADDRESS, _answer)]
"""The address."""
