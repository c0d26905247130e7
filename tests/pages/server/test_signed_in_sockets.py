"""A websocket of a real server goes on for as long as the sign-in of its person."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from pages.server.identities import Identity, end
from pages.server.signed_in_sockets import answer_signed_in
from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.raw_requests import ask
from tests.support.signed_in import new_session, with_sign_in

ANNA = "anna@example.org"
_PATIENCE_S = 60
_POLICY_VIOLATION = 1008


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = with_sign_in(Server(new_home(tmp_path_factory.mktemp("sockets"))), 1, "no provider")
    yield server.start()
    server.kill()
    server.check_log()


@contextmanager
def opened(server: Server, cookie: str) -> Iterator[ClientConnection]:
    with connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream",
        origin=Origin(server.url),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"Cookie": f"{USER_COOKIE_NAME}={cookie}"},
        max_size=None,
    ) as socket:
        yield socket


def until_closed(socket: ClientConnection) -> tuple[list[ForwardMsg], int | None]:
    """All messages until the server closes, and the code with which it does."""
    messages = []
    try:
        while True:
            part = socket.recv(timeout=_PATIENCE_S)
            assert isinstance(part, bytes)
            messages.append(ForwardMsg.FromString(part))
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code if closed.rcvd else None


def test_a_socket_closes_when_the_sign_in_expires_and_has_the_page_loaded_anew(
    server: Server,
) -> None:
    # Long enough for a busy machine to open it.
    with opened(server, new_session(server.home, ANNA, server.url, lasts_s=15)) as socket:
        messages, code = until_closed(socket)
    assert code == _POLICY_VIOLATION
    assert messages[-1].WhichOneof("type") == "auth_redirect"
    assert messages[-1].auth_redirect.url == ""


def test_signing_out_elsewhere_closes_the_socket(server: Server) -> None:
    cookie, elsewhere = (new_session(server.home, ANNA, server.url) for _ in range(2))
    headers = [("Host", f"127.0.0.1:{server.port}"), ("Cookie", f"{USER_COOKIE_NAME}={cookie}")]
    with opened(server, elsewhere) as other, opened(server, cookie) as socket:
        assert ask(server.port, "/auth/logout", *headers).status == 302
        messages, code = until_closed(socket)
        assert (messages[-1].WhichOneof("type"), code) == ("auth_redirect", _POLICY_VIOLATION)
        # The person's other sign-in, in another browser, goes on.
        other.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        assert isinstance(other.recv(timeout=_PATIENCE_S), bytes)


class Conversation:
    """A websocket without a network: what the browser sends, and what it gets."""

    def __init__(self, home: Path, identity: Identity) -> None:
        self.home = home
        self.identity = identity
        self.from_browser: asyncio.Queue[Message] = asyncio.Queue()
        self.to_browser: list[Message] = []
        self.passed_on: list[Message] = []

    def have(self, going_on: Callable[["Conversation"], Awaitable[None]]) -> None:
        """Run the websocket while the test goes on with it, until the application leaves."""
        # A thread of its own: browser tests leave an event loop in the main one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._have(going_on)).result(_PATIENCE_S)

    async def _have(self, going_on: Callable[["Conversation"], Awaitable[None]]) -> None:
        async def send(message: Message) -> None:
            self.to_browser.append(message)

        answering = answer_signed_in(
            self._application, {}, self.from_browser.get, send, self.identity, self.home
        )
        await asyncio.gather(answering, going_on(self))

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            self.passed_on.append(message)
        await send({"type": "websocket.send", "bytes": b"after the end"})


def message(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": content}


@pytest.fixture
def conversation(tmp_path: Path) -> Conversation:
    return Conversation(tmp_path, Identity(ANNA, time.time() + 3600, "ab12"))


def test_messages_pass_both_ways_while_the_sign_in_holds(conversation: Conversation) -> None:
    async def going_on(one: Conversation) -> None:
        await one.from_browser.put(message(b"stroke"))
        await one.from_browser.put({"type": "websocket.disconnect", "code": 1000})

    conversation.have(going_on)
    assert conversation.passed_on == [message(b"stroke")]
    kinds = [one["type"] for one in conversation.to_browser]
    assert kinds == ["websocket.accept", "websocket.send"]


def test_a_message_that_comes_after_the_end_is_not_passed_on(conversation: Conversation) -> None:
    async def going_on(one: Conversation) -> None:
        end(one.identity, one.home)
        await one.from_browser.put(message(b"stroke"))

    conversation.have(going_on)
    assert conversation.passed_on == []
    *_, last, closing = conversation.to_browser
    assert ForwardMsg.FromString(last["bytes"]).WhichOneof("type") == "auth_redirect"
    assert closing == {"type": "websocket.close", "code": _POLICY_VIOLATION}
    assert b"after the end" not in [one.get("bytes") for one in conversation.to_browser]
