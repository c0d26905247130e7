"""A websocket whose every message is looked at: it ends with the sign-in of its person."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.server.identities import Identity, holds
from pages.server.refusing import POLICY_VIOLATION

_LOOKS_EVERY_S = 5.0  # for sign-ins that ended in another tab or process


async def answer_signed_in(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, identity: Identity, home: Path
) -> None:
    """Let a websocket go on for as long as a sign-in holds.

    Parameters
    ----------
    app, scope, receive, send
        Of ASGI.
    identity : Identity
        Whose websocket it is.
    home : pathlib.Path
        SLICEWISE_HOME.
    """
    socket = _Socket(receive, send, identity, home)
    watch = asyncio.create_task(socket.watch())
    try:
        await app(scope, socket.receive, socket.send)
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


class _Socket:
    def __init__(self, receive: Receive, send: Send, identity: Identity, home: Path) -> None:
        self._receive = receive
        self._send = send
        self._identity = identity
        self._home = home
        self._is_open = False
        self._is_over = False

    async def receive(self) -> Message:
        """Next message of the browser; none is passed on that comes after the end."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        if not holds(self._identity, self._home):
            await self._end()
        if self._is_over:
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        return message

    async def send(self, message: Message) -> None:
        """Send what comes before the end."""
        if self._is_over:
            return
        self._is_open = self._is_open or message["type"] == "websocket.accept"
        await self._send(message)

    async def watch(self) -> None:
        """End the websocket once the sign-in no longer holds."""
        while holds(self._identity, self._home):
            left = self._identity.expires - time.time()
            await asyncio.sleep(min(_LOOKS_EVERY_S, max(left, 0.0)))
        await self._end()

    async def _end(self) -> None:
        """Have the tab load its address anew, which asks for sign-in, and close."""
        if self._is_over:
            return
        self._is_over = True
        with suppress(RuntimeError, OSError):  # the browser has gone already
            if self._is_open:
                again = ForwardMsg()
                again.auth_redirect.url = ""
                await self._send({"type": "websocket.send", "bytes": again.SerializeToString()})
            await self._send({"type": "websocket.close", "code": POLICY_VIOLATION})
