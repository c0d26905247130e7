"""A tab as the server sees it: its websocket and messages, without a screen.

Streamlit's own protocol buffers say what travels; what the editor puts into them is described in
`pages/slice_editor` (`incoming`, `outgoing`, `framing`).
"""

import asyncio
import base64
import html
import json
import re
import secrets
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from websockets.asyncio.client import ClientConnection, connect

from core.annotation.run_length import encode_runs
from tests.support.shown_elements import Button, ShownMask, file_request

_COMPONENT = "slice_editor"
_SEGMENT = 1
# As in model/exchange.js and model/outbox.js: of two messages in a row, Streamlit may carry out the
# later one only, and of two runs, the browser may get what the later one shows.
_AHEAD = 4
_ASK_AGAIN_S = 0.8
_RESEND_AFTER_S = 3.0
_LOOK_AGAIN_MS = 700  # where the server has not said yet when to look again
_DRAWN_WITHIN_S = 60.0
_ANSWERED_WITHIN_S = 120.0
_PROPOSED = "proposed"
_LINE = re.compile(r'<p class="line-text[^>]*>(.*?)</p>')

Header = dict[str, Any]


class Tab:
    """One tab of a series; it begins on the Annotate page.

    Parameters
    ----------
    address : str
        Of the server.
    series : str
        Key of a series with a segment.
    cookie : str
        Sent with the websocket; blank for none.

    Attributes
    ----------
    client : str
        Names the tab in its messages.
    masks : dict of int to ShownMask
        By slice.
    waiting : list of int
        Slices to review, the least certain first.
    toasts : list of str
        All that were shown.
    offered : str
        By what the Export page knows the file that it offers; blank where there is none.
    download : str
        Path of that file once it was asked for.
    """

    def __init__(self, address: str, series: str, cookie: str = "") -> None:
        self._address = address
        self._query = f"series={series}"
        self._headers = {"Cookie": cookie} if cookie else {}
        self.client = secrets.token_hex(8)
        self._sent = 0
        self._number = 0
        self._slice = self._slices = 0
        self._element = self._fragment = self._page = self._owner = self._annotation = ""
        self._known: dict[str, Any] = {}
        self._has: set[int] = set()
        self._socket: ClientConnection | None = None
        self._buttons: dict[str, Button] = {}
        self._watching: set[str] = set()  # fragments that run again and again
        self.masks: dict[int, ShownMask] = {}
        self.waiting: list[int] = []
        self._session, self.offered, self.download = "", "", ""
        self.toasts: list[str] = []
        self._line = ""
        self._look_again_ms: int | None = None

    async def __aenter__(self) -> "Tab":
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Open the websocket and ask for the page."""
        headers, subprotocols = dict(self._headers), ["streamlit"]
        if headers:
            # Streamlit heeds a sign-in only beside its own token, in a cookie and by name.
            async with httpx.AsyncClient(headers=headers) as client:
                answer = await client.get(f"{self._address}/_stcore/health")
            token = answer.cookies[XSRF_COOKIE_NAME]
            headers["Cookie"] += f"; {XSRF_COOKIE_NAME}={token}"
            subprotocols.append(token)
        self._socket = await connect(
            self._address.replace("http", "ws", 1) + "/_stcore/stream",
            origin=self._address,  # type: ignore[arg-type]
            subprotocols=subprotocols,  # type: ignore[arg-type]
            additional_headers=headers,
            max_size=None,
            # As a browser, the tab takes in what comes, also while nothing here waits for it.
            max_queue=None,
            ping_interval=None,
        )
        await self._ask_for_page("annotate")

    async def _ask_for_page(self, name: str) -> None:
        assert self._socket is not None
        self._buttons, self._watching, self.offered, self.download = {}, set(), "", ""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = name
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

    async def turn_to(self, page: str) -> None:
        """Go to another page with the editor, "annotate" or "review", and wait for a slice."""
        self._element, self._known, self._has = "", {}, set()
        self.client, self._number = secrets.token_hex(8), 0
        await self._ask_for_page(page)
        await self.opened(_DRAWN_WITHIN_S)

    async def turn_to_export(self) -> None:
        """Go to the Export page and wait until a file can be asked for."""
        await self._ask_for_page("export")
        await self._until(lambda: "create-seg" in self._buttons, "offer DICOM-SEG")

    async def export(self) -> str:
        """Have a DICOM-SEG created and return the address at which it is offered."""
        await self._press("create-seg")
        await self._until(lambda: bool(self.offered), "offer the file")
        assert self._socket is not None
        await self._socket.send(file_request(self._session, self.offered))
        await self._until(lambda: bool(self.download), "make the file ready")
        return self._address + self.download

    async def go_to(self, index: int) -> None:
        """Go to a slice and wait for its pixels; its neighbours are asked for with it."""
        self._slice = index
        slices = range(index - _AHEAD, index + _AHEAD + 1)
        inside = (one for one in slices if 0 <= one < self._slices)
        near = sorted(inside, key=lambda one: abs(one - index))
        missing = [one for one in near if one not in self._has]
        header, asked = None, 0
        while header is None:
            asked += 1
            await self._send([], [[one, asked] for one in missing])
            patience = _ASK_AGAIN_S * 2 ** (asked - 1)
            header = await self._next_header(lambda _: index in self._has, patience)

    async def draw(self, index: int, mask: NDArray[np.bool_]) -> None:
        """Draw a mask, bool [rows, columns], and wait for the answer that it is stored."""
        await self._store(
            kind="mask",
            slice=index,
            base=self._version(index),
            mask=_text(encode_runs(mask)),
            tool="brush",
            erased=False,
            locked=[],
        )

    async def hint(self, index: int, added: NDArray[np.bool_]) -> None:
        """Hint at what belongs to the mask of a slice, and wait until the answer is stored."""
        shown = self.masks[index]
        await self._store(
            kind="hints",
            slice=index,
            base=shown.version,
            mask=_text(shown.code),
            added=_text(encode_runs(added)),
            removed=_text(encode_runs(np.zeros_like(added))),
            locked=[],
        )

    async def decide(self, decision: str, slices: list[int]) -> None:
        """Accept or reject the proposals on slices, and wait until that is stored."""
        changes = [{"slice": one, "base": self._version(one)} for one in slices]
        await self._store(kind=decision, changes=changes, reason="")

    async def propose(self) -> tuple[float, float]:
        """Press Propose; return the seconds until the first proposal came, and until all had."""
        began, before = time.perf_counter(), dict(self.masks)
        await self.press_propose()
        await self._look_until(lambda: self._has_come(before) or self._look_again_ms is None)
        first = time.perf_counter() - began
        await self.proposed()
        return first, time.perf_counter() - began

    async def press_propose(self) -> None:
        """Press Propose once the row above the slice lets one, and wait until that is noted."""
        told, before = len(self.toasts), dict(self.masks)
        await self._look_until(lambda: self._can_press("leave-propose"))
        await self._press("leave-propose")
        await self._look_until(
            lambda: (
                self._look_again_ms is not None or len(self.toasts) > told or self._has_come(before)
            )
        )

    async def proposed(self) -> None:
        """Wait until nothing more is proposed."""
        await self._look_until(lambda: self._look_again_ms is None)

    async def sees_line(self, text: str) -> None:
        """Wait until the line above the slice begins with a text."""
        await self._look_until(lambda: self._line.startswith(text))

    async def _look_until(self, holds: Callable[[], bool]) -> None:
        """Look at running jobs as the editor and the line above it do, until something holds."""
        until = time.perf_counter() + 10 * _DRAWN_WITHIN_S
        while not holds():
            if time.perf_counter() > until:
                raise TimeoutError(f"the proposals did not come; the page says: {self._line}")
            await self._send([], [])
            for fragment in tuple(self._watching):
                await self._run(fragment)
            await self._next_header(
                lambda _: holds(), (self._look_again_ms or _LOOK_AGAIN_MS) / 1000
            )

    def _has_come(self, before: dict[int, ShownMask]) -> bool:
        return any(
            one.state == _PROPOSED and before.get(index) != one for index, one in self.masks.items()
        )

    def _can_press(self, key: str) -> bool:
        return key in self._buttons and not self._buttons[key].disabled

    def _version(self, index: int) -> int:
        return self.masks[index].version if index in self.masks else 0

    async def _store(self, **message: Any) -> None:
        """Send a message until it has an answer, which must be that it is stored."""
        self._number += 1
        number = self._number
        message |= {"client": self.client, "number": number, "segment": _SEGMENT}

        def answers(header: Header) -> list[dict[str, Any]]:
            return [one for one in header["answers"] if one["number"] == number]

        header, until = None, time.perf_counter() + _ANSWERED_WITHIN_S
        while header is None:
            if time.perf_counter() > until:
                raise TimeoutError(f"{message['kind']} was not answered")
            await self._send([message], [])
            header = await self._next_header(lambda one: bool(answers(one)), _RESEND_AFTER_S)
        (answer,) = answers(header)
        if answer["result"] != "stored":
            raise RuntimeError(f"{message['kind']} was not stored: {answer}")

    async def _press(self, key: str) -> None:
        """Press a button as soon as the page has it and it can be pressed."""
        await self._until(lambda: self._can_press(key), f"have {key}")
        button = self._buttons[key]
        await self._run(button.fragment, button.element)

    async def _run(self, fragment: str, pressed: str = "") -> None:
        assert self._socket is not None
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash = self._query, self._page
        run.fragment_id = fragment
        if pressed:
            state = run.widget_states.widgets.add()
            state.id, state.trigger_value = pressed, True
        await self._socket.send(message.SerializeToString())

    async def _until(self, holds: Callable[[], bool], what: str) -> None:
        """Take in messages until something holds."""
        assert self._socket is not None
        try:
            async with asyncio.timeout(_DRAWN_WITHIN_S):
                while not holds():
                    self._receive(await self._socket.recv())
        except TimeoutError as error:
            raise TimeoutError(f"the page did not {what}") from error

    async def _send(self, messages: list[dict[str, Any]], wanted: list[list[int]]) -> None:
        assert self._socket is not None
        self._sent += 1
        outbox = {
            "client": self.client,
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
                    header = self._receive(await self._socket.recv())
                    if header is not None and is_wanted(header):
                        return header
        return None

    def _receive(self, data: str | bytes) -> Header | None:
        """Take in a message; return the header of one of the editor's."""
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        if message.HasField("new_session"):
            self._session = message.new_session.initialize.session_id
        if message.HasField("auto_rerun"):
            self._watching.add(message.auto_rerun.fragment_id)
        if message.HasField("stop_auto_rerun"):
            self._watching -= set(message.stop_auto_rerun.fragment_ids)
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(f"the page shows an error: {element.exception.message}")
        if kind == "button":
            one = element.button
            self._page = message.metadata.active_script_hash
            key = one.id.split("-", 2)[-1]
            self._buttons[key] = Button(one.id, message.delta.fragment_id, one.disabled)
        if kind == "toast":
            self.toasts.append(element.toast.body)
        if kind == "html" and (found := _LINE.search(element.html.body)):
            self._line = html.unescape(found.group(1))
        if kind == "download_button":
            self.offered = element.download_button.deferred_file_id
        if message.HasField("backend_operation_response"):
            self.download = message.backend_operation_response.deferred_file.url
        if element.bidi_component.component_name == _COMPONENT:
            return self._take_in(message)
        return None

    def _take_in(self, message: ForwardMsg) -> Header:
        element = message.delta.new_element.bidi_component
        self._element, self._fragment = element.id, message.delta.fragment_id
        self._page = message.metadata.active_script_hash
        (length,) = struct.unpack_from("<I", element.bytes)
        header: Header = json.loads(element.bytes[4 : 4 + length])
        self._owner = header["series"]["owner"]
        self._annotation = header["series"]["key"]
        self._look_again_ms = header["lookAgainAfter"]
        self._slices = header["series"]["shape"][0]
        self._known = {"epoch": header["epoch"], "revision": header["revision"]}
        at = 4 + length
        for change in header["changes"]:
            code = element.bytes[at : at + change["bytes"]]
            at += change["bytes"]
            if change["segment"] == _SEGMENT:
                shown = ShownMask(change["version"], change["state"], code)
                self.masks[change["slice"]] = shown
        self._has |= {one["slice"] for one in header["images"]}
        if header["review"] is not None:
            queue = header["review"]["queue"]
            self.waiting = [index for segment, index, _ in queue if segment == _SEGMENT]
        return header


def _text(code: bytes) -> str:
    return base64.b64encode(code).decode()
