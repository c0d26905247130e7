"""Refusing a request or a websocket, with a sentence that says why."""

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

POLICY_VIOLATION = 1008
"""Code with which a websocket is closed that is refused (RFC 6455 7.4.1)."""


async def refuse(reason: str, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or close a websocket that is not open yet.

    Parameters
    ----------
    reason : str
        One sentence.
    status : int
        Of the answer to a request, such as 403.
    scope, receive, send
        Of ASGI.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": reason})
    else:
        await PlainTextResponse(reason, status)(scope, receive, send)
