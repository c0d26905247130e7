"""Every request and websocket as an event of the log, without its address: that may name files."""

import re
import secrets
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.home.event_log import log_event

_IDENTIFIER = re.compile(r"[0-9a-f]{8,32}")
_PARTS = {
    "_stcore": "streamlit",
    "component": "streamlit",
    "health": "health",
    "media": "file",
    "metrics": "metrics",
    "oauth2callback": "sign-in",
    "people-here": "people-here",
    "scripts": "script",
    "static": "script",
}


class RequestLog:
    """Tells of each request which part of the server answered, how, and after how long.

    A request has the identifier that a proxy in front has given it in ``X-Request-ID``, in 8 to 32
    hexadecimal digits, or a random one.

    Parameters
    ----------
    app : ASGI application
        What answers requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and tell of it."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = _identifier(scope)
        started, status = time.perf_counter(), None
        if kind == "websocket":
            log_event("websocket-opened", request=request)

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            seconds = time.perf_counter() - started
            if kind == "websocket":
                log_event("websocket-closed", request=request, seconds=seconds)
            else:
                log_event(
                    "request",
                    request=request,
                    method=_method(scope),
                    part=_part(scope["path"]),
                    status=status,
                    seconds=seconds,
                )


def _identifier(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _IDENTIFIER.fullmatch(given) else secrets.token_hex(8)


def _method(scope: Scope) -> str:
    method = str(scope["method"]).lower()
    return method if method in ("get", "head", "post", "put", "delete", "options") else "other"


def _part(path: str) -> str:
    first = path.lstrip("/").partition("/")[0]
    return _PARTS.get(first, "page")
