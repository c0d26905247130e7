"""A tab with the slice editor as the server sees it: its websocket and messages, without a screen.

Streamlit's own protocol buffers say what travels; what the editor puts into them is described in
`pages/slice_editor` (`incoming`, `outgoing`, `framing`).
"""

import asyncio
import base64
import json
import secrets
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from core.annotation.run_length import encode_runs

_COMPONENT = "slice_editor"
_SEGMENT = 1
# As in model/exchange.js and model/outbox.js: of two messages in a row, Streamlit may carry out the
# later one only, and of two runs, the browser may get what the later one shows.
_AHEAD = 4
_ASK_AGAIN_S = 0.8
_RESEND_AFTER_S = 3.0

Header = dict[str, Any]


class Tab:
    """One tab on the Annotate page.

    Parameters
    ----------
    address : str
        Of the server.
    series : str
        Key of a series with a segment.
    cookie : str
        Sent with the websocket; blank for none.
    """

    def __init__(self, address: str, series: str, cookie: str = "") -> None:
        self._address = address
        self._query = f"series={series}"
        self._headers = {"Cookie": cookie} if cookie else {}
        self._client = secrets.token_hex(8)
        self._sent = 0
        self._number = 0
        self._slice = 0
        self._element = self._fragment = self._page = self._owner = self._annotation = ""
        self._known: dict[str, Any] = {}
        self._versions: dict[int, int] = {}
        self._has: set[int] = set()
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> "Tab":
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Open the websocket and ask for the page."""
        self._socket = await connect(
            self._address.replace("http", "ws", 1) + "/_stcore/stream",
            origin=self._address,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=self._headers,
            max_size=None,
        )
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = "annotate"
        await self._socket.send(message.SerializeToString())

    async def close(self) -> None:
        """Close the websocket."""
        if self._socket is not None:
            await self._socket.close()

    async def opened(self, within_s: float) -> None:
        """Wait until the editor shows the pixels of its slice."""
        header = await self._next_header(lambda _: True, within_s)
        if header is None:
            raise TimeoutError("the page did not show the editor")
        await self.go_to(header["view"]["slice"])

    async def go_to(self, index: int) -> None:
        """Go to a slice and wait for its pixels; its neighbours are asked for with it."""
        self._slice = index
        slices = range(index - _AHEAD, index + _AHEAD + 1)
        near = sorted((one for one in slices if one >= 0), key=lambda one: abs(one - index))
        missing = [one for one in near if one not in self._has]
        header, asked = None, 0
        while header is None:
            asked += 1
            await self._send([], [[one, asked] for one in missing])
            patience = _ASK_AGAIN_S * 2 ** (asked - 1)
            header = await self._next_header(lambda _: index in self._has, patience)

    async def draw(self, index: int, mask: NDArray[np.bool_]) -> None:
        """Draw a mask, bool [rows, columns], and wait for the answer that it is stored."""
        self._number += 1
        number = self._number
        drawn = {
            "client": self._client,
            "number": number,
            "kind": "mask",
            "segment": _SEGMENT,
            "slice": index,
            "base": self._versions.get(index, 0),
            "mask": base64.b64encode(encode_runs(mask)).decode(),
            "tool": "brush",
            "erased": False,
            "locked": [],
        }

        def answers(header: Header) -> list[dict[str, Any]]:
            return [one for one in header["answers"] if one["number"] == number]

        header = None
        while header is None:
            await self._send([drawn], [])
            header = await self._next_header(lambda one: bool(answers(one)), _RESEND_AFTER_S)
        (answer,) = answers(header)
        if answer["result"] != "stored":
            raise RuntimeError(f"a stroke was not stored: {answer}")

    async def _send(self, messages: list[dict[str, Any]], wanted: list[list[int]]) -> None:
        assert self._socket is not None
        self._sent += 1
        outbox = {
            "client": self._client,
            "sent": self._sent,
            **self._known,
            "owner": self._owner,
            "annotation": self._annotation,
            "slice": self._slice,
            "segment": _SEGMENT,
            "wanted": {"slices": wanted},
            "messages": messages,
        }
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash = self._query, self._page
        run.fragment_id = self._fragment
        state = run.widget_states.widgets.add()
        state.id, state.json_value = self._element, json.dumps({"outbox": outbox})
        await self._socket.send(message.SerializeToString())

    async def _next_header(
        self, is_wanted: Callable[[Header], bool], within_s: float
    ) -> Header | None:
        """Take in messages until one of the editor's is the wanted one; None where none comes."""
        assert self._socket is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    data = await self._socket.recv()
                    assert isinstance(data, bytes)
                    header = self._take_in(ForwardMsg.FromString(data))
                    if header is not None and is_wanted(header):
                        return header
        return None

    def _take_in(self, message: ForwardMsg) -> Header | None:
        element = message.delta.new_element.bidi_component
        if element.component_name != _COMPONENT:
            return None
        self._element, self._fragment = element.id, message.delta.fragment_id
        self._page = message.metadata.active_script_hash
        (length,) = struct.unpack_from("<I", element.bytes)
        header: Header = json.loads(element.bytes[4 : 4 + length])
        self._owner = header["series"]["owner"]
        self._annotation = header["series"]["key"]
        self._known = {"epoch": header["epoch"], "revision": header["revision"]}
        for change in header["changes"]:
            if change["segment"] == _SEGMENT:
                self._versions[change["slice"]] = change["version"]
        self._has |= {one["slice"] for one in header["images"]}
        return header
