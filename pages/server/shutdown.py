"""What happens when the server is told to stop: proposals that were made are stored first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit import App

from core.proposal_jobs.backend import drain

PATIENCE_S = 20.0
"""How long proposals may take to be stored: deploy/ has servers killed after 40 s."""


@asynccontextmanager
async def storing_at_the_end(app: App) -> AsyncIterator[dict[str, Any]]:
    """Run the server, and cancel all proposals at its end, so that each job stores what it has.

    Drawings need nothing: what was acknowledged is on the disk, and tabs send the rest again.
    """
    yield {}
    await asyncio.to_thread(drain, PATIENCE_S)
