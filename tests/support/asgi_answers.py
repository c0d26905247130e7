"""What routes of Starlette answer, without a server."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute


def ask(
    routes: Sequence[BaseRoute],
    address: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer.

    Parameters
    ----------
    routes : sequence of BaseRoute
        What answers.
    address : str
        Path, with or without a query.
    headers : mapping of str to str, optional
        Sent with it.
    method : str
        By which it is asked for.

    Returns
    -------
    (int, dict of str to str, bytes)
        Names of headers in lower case.
    """
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return await asyncio.Event().wait()  # nobody leaves before the answer has come

    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    # A thread of its own: browser tests leave an event loop in the main one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Starlette(routes=routes)(scope, receive, send)).result()
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(one.get("body", b"") for one in sent[1:])
