"""Scripts of other projects that pages load from our own server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.applications import Starlette

from pages.server.scripts import SCRIPTS


def ask(path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return await asyncio.Event().wait()  # nobody leaves before the answer has come

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    # A thread of its own: browser tests leave an event loop in the main one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Starlette(routes=SCRIPTS)(scope, receive, send)).result()
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(one.get("body", b"") for one in sent[1:])


def test_plotly_comes_from_the_package_that_is_installed_and_is_not_sent_twice() -> None:
    status, headers, body = ask("/scripts/plotly.min.js", {})
    assert status == 200 and headers["content-type"].startswith("text/javascript")
    assert b"plotly.js v" in body[:200]
    status, _, body = ask("/scripts/plotly.min.js", {"if-none-match": headers["etag"]})
    assert status == 304 and body == b""


def test_nothing_else_of_the_package_is_handed_out() -> None:
    assert ask("/scripts/widgetbundle.js", {})[0] == 404
