"""Uploads go to the disk while they come in: Streamlit, behind this, would keep them in memory.

Streamlit gets the same request with a few bytes in the place of the file's content, and does with
it what it always does: it checks who sends it, and tells its widget of the file.
"""

import asyncio
import os
import re
from functools import cache

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import exists, get_instance

from core.dicom.errors import DicomError
from core.home.settings import SettingsError, read_settings
from core.home.waiting_uploads import ComingFile, NoRoomError, UploadKey, WaitingUploads
from pages.server.upload_bodies import BadBodyError, UploadBody

IN_ITS_PLACE = b"The content of this file lies on the disk."
"""What Streamlit holds of an uploaded file."""

_UPLOADS = "/_stcore/upload_file/"
_NAMES = re.compile(r"([0-9A-Za-z-]{1,64})/([0-9A-Za-z-]{1,64})")
_PART_BYTES = 2**20
_BAD, _UNKNOWN, _TOO_LARGE, _NO_SPACE = 400, 404, 413, 507
_DONE = 204


class UploadReceiving:
    """Writes uploads to the disk while they come in.

    Parameters
    ----------
    app : ASGI application
        Streamlit's, which answers all requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, an upload without the content of its file."""
        if scope["type"] != "http" or scope["method"] != "PUT" or _UPLOADS not in scope["path"]:
            await self._app(scope, receive, send)
            return
        names = _NAMES.fullmatch(scope["path"].partition(_UPLOADS)[2])
        if names is None:
            await PlainTextResponse("There is no such upload.", _UNKNOWN)(scope, receive, send)
            return
        upload = _Upload(Headers(scope=scope), receive)
        key = UploadKey(names[1], names[2])

        async def send_once_kept(message: Message) -> None:
            # The page is told that the file is there, and may ask for it at once.
            if message["type"] == "http.response.start" and message["status"] == _DONE:
                await asyncio.to_thread(upload.keep, key)
            await send(message)

        try:
            await self._app(scope, upload.receive, send_once_kept)
        except ClientDisconnect:  # nobody waits for an answer
            return
        finally:
            await asyncio.to_thread(upload.drop)


class _Upload:
    """One upload: its body as it comes in, and as it is passed on."""

    def __init__(self, headers: Headers, receive: Receive) -> None:
        self._headers = headers
        self._receive = receive
        self._file: ComingFile | None = None
        self._is_kept = False

    async def receive(self) -> Message:
        """Return the whole body without the file's content, once that is on the disk.

        Streamlit asks for it after it has checked who sends the request.
        """
        if self._file is not None:
            return await self._receive()
        try:
            body = await self._to_disk()
        except BadBodyError as error:
            raise HTTPException(_BAD, str(error)) from error
        except NoRoomError as error:
            raise HTTPException(_TOO_LARGE, str(error)) from error
        except (DicomError, SettingsError) as error:
            raise HTTPException(_NO_SPACE, str(error)) from error
        return {"type": "http.request", "body": body, "more_body": False}

    async def _to_disk(self) -> bytes:
        settings = read_settings(os.environ)
        quota, expected = int(settings.upload_gigabytes * 1e9), self._expected()
        self._file = await asyncio.to_thread(
            waiting_uploads().receive, settings.home, quota, expected
        )
        body = UploadBody(self._headers.get("content-type", ""), self._file.write)
        part, has_more = b"", True
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            has_more = message.get("more_body", False)
            part += message.get("body", b"")
            if len(part) >= _PART_BYTES or not has_more:
                await asyncio.to_thread(body.feed, part)
                part = b""
            if self._file.size > _largest_bytes():
                raise NoRoomError("The file is larger than the server's server.maxUploadSize.")
        await asyncio.to_thread(self._file.finish)
        return body.with_content(IN_ITS_PLACE)

    def _expected(self) -> int:
        stated = self._headers.get("content-length", "0")
        return int(stated) if re.fullmatch("[0-9]{1,18}", stated) else 0

    def keep(self, key: UploadKey) -> None:
        """Let the file wait until it is stored."""
        if self._file is not None:
            self._file.keep(key)
            self._is_kept = True

    def drop(self) -> None:
        """Delete what was received, unless it was kept."""
        if self._file is not None and not self._is_kept:
            self._file.drop()


def _largest_bytes() -> int:
    return int(config.get_option("server.maxUploadSize")) * 2**20


@cache
def waiting_uploads() -> WaitingUploads:
    """Files that were uploaded to this server and not stored yet."""
    return WaitingUploads(_is_known, float(config.get_option("server.disconnectedSessionTTL")))


def _is_known(key: UploadKey) -> bool:
    """Tell whether a tab is open and knows a file, which a person may take back.

    Streamlit alone does not tell: it may keep what it knows of a tab long after that was closed.
    """
    if not exists() or not get_instance().is_active_session(key.tab):
        return False
    return bool(get_instance().uploaded_file_mgr.get_files(key.tab, [key.file]))
