"""Pictures and downloads of pages: served to the people that a page showed them to, to no others.

Streamlit serves them under addresses made of their content to whoever names one. Where people sign
in, the address must have been given to a tab of the same person.

Streamlit keeps them in memory. What may be large is sent from the disk instead, see `from_disk`.
"""

import secrets
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, wraps
from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.server.identities import identity_in, identity_of
from pages.server.refusing import refuse
from pages.server.sign_in_settings import sign_in

_MEDIA = "/media/"
_NOT_FOUND = 404
_MOST = 20_000  # addresses that are known; Streamlit has dropped the files of older ones long ago


@dataclass(eq=False)
class ShownFiles:
    """Who was shown which files, and which are on the disk; safe to use from any thread."""

    _people: dict[str, set[str]] = field(default_factory=dict)
    _paths: dict[str, Path] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, person: str) -> None:
        """Note that a page of a person shows a file."""
        with self._lock:
            people = self._people.pop(name, set())
            self._people[name] = people | {person}
            for old in list(self._people)[: max(0, len(self._people) - _MOST)]:
                del self._people[old]

    def people(self, name: str) -> set[str]:
        """People whose pages have shown a file."""
        with self._lock:
            return set(self._people.get(name, ()))

    def was_shown(self, name: str, person: str) -> bool:
        """Tell whether a page of a person has shown a file."""
        with self._lock:
            return person in self._people.get(name, ())

    def note_path(self, name: str, path: Path) -> None:
        """Note that a file is sent from the disk."""
        with self._lock:
            self._paths[name] = path
            for old in list(self._paths)[: max(0, len(self._paths) - _MOST)]:
                del self._paths[old]

    def path(self, name: str) -> Path | None:
        """Where a file lies that is sent from the disk; None for those that Streamlit has."""
        with self._lock:
            return self._paths.get(name)


@cache
def shown_files() -> ShownFiles:
    """Those of this process."""
    return ShownFiles()


_chosen: ContextVar[Path | None] = ContextVar("chosen file on the disk", default=None)


def from_disk(path: Path) -> bytes:
    """Have a file sent from the disk, a part at a time; returns what stands for it meanwhile.

    To be called, and its result returned, by what a download button calls once it is pressed.

    Parameters
    ----------
    path : pathlib.Path
        The file; it is looked for when the browser asks for it.
    """
    _chosen.set(path)
    return secrets.token_bytes(32)  # Streamlit makes the address of it: a new one each time


def note_shown_files() -> None:
    """Have every file noted that a page shows from now on; once is enough, and more do no harm."""
    if not exists():
        return
    manager = get_instance().media_file_mgr
    if not hasattr(manager.add, "__wrapped__"):
        manager.add = noting(manager.add)  # type: ignore[method-assign]
        manager.add_deferred = noting(manager.add_deferred)  # type: ignore[method-assign]
        made = handing_on(manager.execute_deferred)
        manager.execute_deferred = made  # type: ignore[method-assign,assignment]


def noting(add: Callable[..., str]) -> Callable[..., str]:
    """Have what adds a file for a page, and returns its address, note for whom."""

    @wraps(add)
    def add_noted(*args: object, **named: object) -> str:
        url = add(*args, **named)
        context = get_script_run_ctx(suppress_warning=True)
        identity = identity_of(context.user_info) if context is not None else None
        if identity is not None:
            shown_files().note(_name(url), identity.person)
        return url

    return add_noted


def handing_on(execute: Callable[[str], str]) -> Callable[[str], str]:
    """Have what makes a file once it is asked for note it for those who were offered it."""

    @wraps(execute)
    def execute_noted(offered: str) -> str:
        _chosen.set(None)
        url = execute(offered)
        if (path := _chosen.get()) is not None:
            shown_files().note_path(_name(url), path)
        for person in shown_files().people(offered):
            shown_files().note(_name(url), person)
        return url

    return execute_noted


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _is_file_of_page(path: str) -> bool:
    """Tell files of pages from those of Streamlit itself, such as fonts, below any first part."""
    return _MEDIA in path and not path.endswith(f"/static/media/{_name(path)}")


class ShownFileChecks:
    """Answers requests of files to those alone whom a page has shown them; some from the disk.

    Parameters
    ----------
    app : ASGI application
        What answers requests; the sign-in is checked before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http" or not _is_file_of_page(scope["path"]):
            await self._app(scope, receive, send)
            return
        name = _name(scope["path"])
        path = shown_files().path(name)
        if not _was_shown(scope, name) or (path is not None and not path.is_file()):
            await refuse("There is no such file.", _NOT_FOUND, scope, receive, send)
        elif path is not None:
            await FileResponse(path, filename=path.name)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _was_shown(scope: Scope, name: str) -> bool:
    """Whether a page of whoever asks has shown a file; always, where nobody signs in."""
    if sign_in() is None:
        return True
    identity = identity_in(HTTPConnection(scope).cookies)
    return shown_files().was_shown(name, identity.person if identity is not None else "")
