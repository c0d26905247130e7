"""Sign-in in front of every address of the server: without it, nothing is answered.

Streamlit looks at the identity once, when a websocket opens, and at no other address. Here every
request is looked at, and every message of a websocket (`signed_in_sockets`).
"""

import os
import re
from functools import cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.user_info import generate_login_redirect_url

from core.audit.entries import Action
from core.home.settings import Settings, home_folder, read_settings
from pages.server.health import HEALTH_ADDRESS
from pages.server.identities import Identity, end, holds, identity_in, is_admitted
from pages.server.metrics import METRICS_ADDRESS
from pages.server.refusing import refuse
from pages.server.sign_in_page import SIGN_OUT, START, refusal_page, sign_in_page
from pages.server.sign_in_records import record, signed_in_by
from pages.server.sign_in_settings import CALLBACK, SignIn, is_loopback, sign_in
from pages.server.signed_in_sockets import answer_signed_in

# The first leads to the provider; metrics have a token of their own.
_OPEN = frozenset(["/auth/login", "/_stcore/health", HEALTH_ADDRESS, METRICS_ADDRESS])
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_WANTED = "slicewise_wanted"
_WANTED_WITHIN_S = 600
# A path of this server: "//" and "/\" would lead to another one.
_OWN_PATH = re.compile(r"/(?![/\\])[!-~]{0,2000}")
_WITHOUT = "Sign in first."


class SignInChecks:
    """Answers nobody who is not signed in, where people sign in.

    Parameters
    ----------
    app : ASGI application
        What answers requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        way = sign_in()
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif way is None:
            await self._single_person(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(way, scope, receive, send)
        else:
            is_encrypted = way.origin.startswith("https:")
            await self._request(
                scope, receive, _with_secure_cookies(send) if is_encrypted else send
            )

    async def _single_person(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_on_loopback(scope):
            await self._app(scope, receive, send)
        else:
            reason = "People must sign in to Slicewise beyond its machine; see docs/sign-in.md."
            await refuse(reason, _FORBIDDEN, scope, receive, send)

    async def _websocket(self, way: SignIn, scope: Scope, receive: Receive, send: Send) -> None:
        identity = _admitted(scope)
        # Elsewhere Streamlit finds no identity in the cookie.
        if identity is None or Headers(scope=scope).get("origin") != way.origin:
            await refuse(_WITHOUT, _UNAUTHORIZED, scope, receive, send)
        else:
            await answer_signed_in(self._app, scope, receive, send, identity, home_folder())

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(_base())
        if path == START:
            answer: Response = RedirectResponse(generate_login_redirect_url("default"), 302)
            await answer(scope, receive, send)
        elif path == CALLBACK:
            await self._app(scope, receive, _recorded(scope, _back_to_wanted(scope, send)))
        elif path == SIGN_OUT:
            identity = _signed_in(scope)
            if identity is not None:
                end(identity, home_folder())
                await record(scope, identity.person, Action.SIGN_OUT)
            await self._app(scope, receive, _with_storage_cleared(send))
        elif path in _OPEN or _admitted(scope) is not None:
            await self._app(scope, receive, send)
        else:
            await _ask_to_sign_in(scope, receive, send)


def _signed_in(scope: Scope) -> Identity | None:
    identity = identity_in(HTTPConnection(scope).cookies)
    return identity if identity is not None and holds(identity, home_folder()) else None


def _admitted(scope: Scope) -> Identity | None:
    identity = _signed_in(scope)
    if identity is None or not is_admitted(identity.person, _settings().people):
        return None
    return identity


@cache
def _settings() -> Settings:
    return read_settings(os.environ)


def _base() -> str:
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def _is_on_loopback(scope: Scope) -> bool:
    """Whether a request has come from this machine to an address of this machine alone.

    Where a proxy on this machine says whom it asks for, that is where the request comes from.
    """
    ends = (scope.get("server"), scope.get("client"))
    return all(end is None or is_loopback(str(end[0])) for end in ends)


async def _ask_to_sign_in(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a page where one is asked for, and with a sentence elsewhere."""
    headers = Headers(scope=scope)
    is_document = headers.get("sec-fetch-dest", "document") == "document"
    if scope["method"] != "GET" or not is_document or "text/html" not in headers.get("accept", ""):
        await PlainTextResponse(_WITHOUT, _UNAUTHORIZED)(scope, receive, send)
        return
    identity = _signed_in(scope)
    answer: Response
    if identity is not None:
        answer = HTMLResponse(refusal_page(_base(), identity.person), _FORBIDDEN)
    else:
        answer = HTMLResponse(sign_in_page(_base()), _UNAUTHORIZED)
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        if _OWN_PATH.fullmatch(wanted):
            answer.set_cookie(
                _WANTED, wanted, max_age=_WANTED_WITHIN_S, httponly=True, samesite="lax"
            )
    answer.headers["Cache-Control"] = "no-store"
    await answer(scope, receive, send)


def _recorded(scope: Scope, send: Send) -> Send:
    """Record who comes back from the provider, and whether they are let in."""

    async def send_recorded(message: Message) -> None:
        if message["type"] == "http.response.start":
            is_signed_in, identity = signed_in_by(message)
            person = identity.person if identity is not None else ""
            is_let_in = is_admitted(person, _settings().people)
            if is_signed_in:
                action = Action.SIGN_IN if is_let_in else Action.SIGN_IN_REFUSED
                await record(scope, person, action)
        await send(message)

    return send_recorded


def _back_to_wanted(scope: Scope, send: Send) -> Send:
    """Send people who come back from the provider to the address that they had asked for."""
    wanted = HTTPConnection(scope).cookies.get(_WANTED, "")

    async def send_back(message: Message) -> None:
        if message["type"] == "http.response.start" and _OWN_PATH.fullmatch(wanted):
            headers = MutableHeaders(scope=message)
            if "location" in headers:
                headers["location"] = wanted
                headers.append("set-cookie", f"{_WANTED}=; Max-Age=0; Path=/; HttpOnly")
        await send(message)

    return send_back


def _with_secure_cookies(send: Send) -> Send:
    """Have the browser send our cookies encrypted only; Streamlit knows of no proxy."""

    async def send_secure(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                (name, value + b"; Secure")
                if name.lower() == b"set-cookie" and b"; secure" not in value.lower()
                else (name, value)
                for name, value in message["headers"]
            ]
        await send(message)

    return send_secure


def _with_storage_cleared(send: Send) -> Send:
    """Have the browser forget what its tabs keep of this person, such as strokes not sent yet."""

    async def send_cleared(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Clear-Site-Data"] = '"storage"'
        await send(message)

    return send_cleared
