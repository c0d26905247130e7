"""Who has which annotation open in an editor, and on which slice; and whether it has changed.

Editors ask every second, by a request that runs no page: a run of a page holds the interpreter
lock for a hundred times as long. They learn of changes by other processes, too, since these are
read in the store; people are known to the process that serves them alone.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.server.identities import identity_in
from pages.server.sign_in_settings import sign_in
from pages.server.tabs import is_tab_open

_UNKNOWN = 404

PEOPLE_ADDRESS = "/people-here"
"""Where editors ask, by POST."""


@dataclass(frozen=True)
class OpenEditor:
    """An editor that is open in a tab.

    Attributes
    ----------
    tab : str
        Identifies the tab.
    person : str
        Who works in it.
    annotation_key : str
        Annotation that it shows.
    revision : callable
        Returns what differs after every change of the annotation; None where it cannot be read now.
        Raises `NotSeen` once the person may not see the annotation any more.
    slice_index : int or None
        Slice that it shows, once it has said so.
    """

    tab: str
    person: str
    annotation_key: str
    revision: Callable[[], str | None]
    slice_index: int | None = None


class NotSeen(Exception):
    """The person of an editor may not see its annotation any more."""


class Other(NamedTuple):
    """Somebody else who has the same annotation open, or the same person in another tab."""

    person: str
    slice_index: int
    is_oneself: bool


@dataclass(eq=False)
class PeopleHere:
    """Editors that are open, by the name that each was given; safe to use from any thread.

    Parameters
    ----------
    is_open : callable
        Tells whether the tab of an identifier is open.
    """

    is_open: Callable[[str], bool]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _editors: dict[str, OpenEditor] = field(default_factory=dict)

    def arrive(self, name: str, editor: OpenEditor) -> None:
        """Note that an editor shows an annotation.

        Parameters
        ----------
        name : str
            Of the editor; nobody else knows it.
        editor : OpenEditor
            What it shows.
        """
        with self._lock:
            known = self._editors.get(name)
            if known is None:
                gone = [one for one, other in self._editors.items() if not self.is_open(other.tab)]
                for one in gone:
                    del self._editors[one]
            else:
                editor = replace(editor, slice_index=known.slice_index)
            self._editors[name] = editor

    def find(self, name: str) -> OpenEditor | None:
        """Editor of a name; None where there is none in an open tab."""
        with self._lock:
            editor = self._editors.get(name)
        return editor if editor is not None and self.is_open(editor.tab) else None

    def look(self, name: str, slice_index: int | None) -> list[Other]:
        """Note which slice an editor shows, and say who else is there.

        Parameters
        ----------
        name : str
            Of the editor.
        slice_index : int or None
            Slice that it shows; None once it shows none any more.

        Returns
        -------
        list of Other
            By name; nobody for an editor that is not known.
        """
        with self._lock:
            asking = self._editors.get(name)
            if asking is None:
                return []
            self._editors[name] = replace(asking, slice_index=slice_index)
            found = [
                Other(one.person, one.slice_index, one.person == asking.person)
                for key, one in self._editors.items()
                if key != name
                and one.annotation_key == asking.annotation_key
                and one.slice_index is not None
                and self.is_open(one.tab)
            ]
        return sorted(found, key=lambda one: (one.is_oneself, one.person.lower(), one.slice_index))


@cache
def people_here() -> PeopleHere:
    """Those of this process."""
    return PeopleHere(is_tab_open)


def _answer(request: Request) -> Response:
    """Say who else is here, and the revision of the annotation; in a thread of its own."""
    name, slice_text = (request.query_params.get(key, "") for key in ("editor", "slice"))
    editor = people_here().find(name)
    unknown = PlainTextResponse("There is no such editor.", _UNKNOWN)
    if editor is None or not _is_asked_by(request, editor.person):
        return unknown
    try:
        revision = editor.revision()
    except NotSeen:
        return unknown
    is_slice = slice_text.isascii() and slice_text.isdecimal() and len(slice_text) < 7
    others = people_here().look(name, int(slice_text) if is_slice else None)
    people = [
        {"name": one.person, "slice": one.slice_index, "oneself": one.is_oneself} for one in others
    ]
    answer = JSONResponse({"revision": revision, "people": people})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_asked_by(request: Request, person: str) -> bool:
    """Whether a request is by a person, where people sign in; otherwise there is one alone."""
    if sign_in() is None:
        return True
    identity = identity_in(request.cookies)
    return identity is not None and identity.person == person


PEOPLE_HERE = [Route(PEOPLE_ADDRESS, _answer, methods=["POST"])]
"""The address."""
