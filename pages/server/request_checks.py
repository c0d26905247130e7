"""The check in front of every address of the server: pages, files, uploads and websockets."""

from collections import defaultdict
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from pages.server.origins import LOOPBACK, refusal
from pages.server.policies import answer_headers
from pages.server.refusing import refuse

_REFUSED = 403

_in_front: list["RequestChecks"] = []


class RequestChecks:
    """Answers requests of our own pages only, and says what browsers may do with the answers.

    The names under which the server is reached are Streamlit's setting ``server.allowedHosts``,
    by default those of this machine alone; ``server.corsAllowedOrigins`` names other sites whose
    pages may send requests.

    Parameters
    ----------
    app : ASGI application
        What answers requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        _in_front.append(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers: dict[str, Sequence[str]] = defaultdict(list)
        for name, value in Headers(scope=scope).items():
            headers[name] = [*headers[name], value]
        hosts: Sequence[str] = config.get_option("server.allowedHosts") or LOOPBACK
        origins: Sequence[str] = config.get_option("server.corsAllowedOrigins")
        reason = refusal(kind, scope.get("method", "GET"), headers, hosts, origins)
        if not reason:
            await self._app(scope, receive, _with_headers(send, headers["host"][0]))
        else:
            await refuse(reason, _REFUSED, scope, receive, send)


def requests_are_checked() -> bool:
    """Tell whether this process has the check in front of its pages."""
    return bool(_in_front)


def _with_headers(send: Send, host: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            is_page = headers.get("content-type", "").startswith("text/html")
            headers.update(answer_headers(host, is_page=is_page))
        await send(message)

    return send_with_headers
