"""What happens when the server is told to stop: proposals that were made are stored first."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit import App

from core.home.event_log import log_event, use_json_if_asked_for
from core.proposal_jobs.backend import drain

PATIENCE_S = 20.0
"""How long proposals may take to be stored: deploy/ has servers killed after 40 s."""


@asynccontextmanager
async def storing_at_the_end(app: App) -> AsyncIterator[dict[str, Any]]:
    """Run the server, and cancel all proposals at its end, so that each job stores what it has.

    Drawings need nothing: what was acknowledged is on the disk, and tabs send the rest again.
    """
    # By now the web server has set up its own log.
    use_json_if_asked_for()
    log_event("server-started")
    yield {}
    started = time.monotonic()
    is_drained = await asyncio.to_thread(drain, PATIENCE_S)
    log_event(
        "server-stopped",
        proposals="stored" if is_drained else "given-up",
        seconds=time.monotonic() - started,
    )
