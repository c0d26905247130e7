"""Pictures and downloads of pages: served to the people that a page showed them to, to no others.

Streamlit serves them under addresses made of their content to whoever names one. Where people sign
in, the address must have been given to a tab of the same person.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, wraps

from starlette.requests import HTTPConnection
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
    """Who was shown which files; safe to use from any thread."""

    _people: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, person: str) -> None:
        """Note that a page of a person shows a file."""
        with self._lock:
            people = self._people.pop(name, set())
            self._people[name] = people | {person}
            for old in list(self._people)[: max(0, len(self._people) - _MOST)]:
                del self._people[old]

    def was_shown(self, name: str, person: str) -> bool:
        """Tell whether a page of a person has shown a file."""
        with self._lock:
            return person in self._people.get(name, ())


@cache
def shown_files() -> ShownFiles:
    """Those of this process."""
    return ShownFiles()


def note_shown_files() -> None:
    """Have every file noted that a page shows from now on; once is enough, and more do no harm."""
    if not exists():
        return
    manager = get_instance().media_file_mgr
    add = manager.add
    if not hasattr(add, "__wrapped__"):
        manager.add = _noting(add)  # type: ignore[method-assign]


def _noting(add: Callable[..., str]) -> Callable[..., str]:
    @wraps(add)
    def add_noted(*args: object, **named: object) -> str:
        url = add(*args, **named)
        context = get_script_run_ctx(suppress_warning=True)
        identity = identity_of(context.user_info) if context is not None else None
        if identity is not None:
            shown_files().note(_name(url), identity.person)
        return url

    return add_noted


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


class ShownFileChecks:
    """Answers requests of files to those alone whom a page has shown them.

    Parameters
    ----------
    app : ASGI application
        What answers requests; the sign-in is checked before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        is_file = scope["type"] == "http" and _MEDIA in scope["path"]
        if is_file and sign_in() is not None:
            identity = identity_in(HTTPConnection(scope).cookies)
            person = identity.person if identity is not None else ""
            if not shown_files().was_shown(_name(scope["path"]), person):
                await refuse("There is no such file.", _NOT_FOUND, scope, receive, send)
                return
        await self._app(scope, receive, send)
