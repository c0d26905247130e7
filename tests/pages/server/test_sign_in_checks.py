"""A real server that people sign in to, asked over bare sockets by those who have not."""

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from core.annotation.database import open_database
from core.audit.entries import read_entries
from core.home.ended_sign_ins import has_ended
from core.home.settings import default_url
from pages.server.identities import identity_of
from tests.support.addresses import Addresses, all_addresses
from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.raw_requests import Answer, ask, open_websocket
from tests.support.signed_in import claims_of, new_session, session_of, with_sign_in

ANNA, FOREIGN = "anna@example.org", "foreign@elsewhere.example.org"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
OPEN = (
    "/sign-in",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback",
    "/_stcore/health",
    "/health",
    "/metrics",
)
"""Addresses of signing in and out, of whether the server runs, and of figures, with a token."""
NOBODY = (
    "signed out",
    "expired",
    "ended",
    "foreign",
    "signed by others",
    "not signed",
    "without expiry",
    "without a name",
    "under another name",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(new_home(tmp_path_factory.mktemp("signed-in")))
    server.variables["SLICEWISE_PEOPLE"] = "@example.org"
    yield with_sign_in(server, 1, "no provider answers").start()
    server.kill()
    server.check_log()


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Addresses:
    return all_addresses(tmp_path_factory.mktemp("listed") / "home")


def own(server: Server) -> list[tuple[str, str]]:
    return [("Host", f"127.0.0.1:{server.port}"), ("Origin", server.url)]


def with_cookie(server: Server, value: str) -> list[tuple[str, str]]:
    return [*own(server), ("Cookie", f"{USER_COOKIE_NAME}={value}")]


@pytest.fixture
def anna(server: Server) -> list[tuple[str, str]]:
    """Headers of somebody who is signed in."""
    return with_cookie(server, new_session(server.home, ANNA, server.url))


@pytest.fixture(params=NOBODY)
def nobody(request: pytest.FixtureRequest, server: Server) -> list[tuple[str, str]]:
    """Headers of somebody who is not signed in, or not let in."""
    home, claims = server.home, claims_of(server.home, ANNA, server.url)
    if request.param == "signed out":
        return own(server)
    if request.param == "expired":
        return with_cookie(server, new_session(home, ANNA, server.url, lasts_s=-1))
    if request.param == "ended":
        headers = with_cookie(server, session_of(claims))
        assert ask(server.port, "/auth/logout", *headers).status == 302
        return headers
    if request.param == "foreign":
        return with_cookie(server, new_session(home, FOREIGN, server.url))
    if request.param == "signed by others":
        text, secret = json.dumps(claims), secrets.token_hex(32)
        return with_cookie(server, create_signed_value(secret, USER_COOKIE_NAME, text).decode())
    if request.param == "not signed":
        return with_cookie(server, json.dumps(claims).replace(" ", ""))
    if request.param == "without expiry":
        return with_cookie(server, session_of(claims | {"exp": None}))
    if request.param == "without a name":
        return with_cookie(server, session_of(claims | {"email": None, "sub": "a\\b"}))
    value = session_of(claims)
    return [*own(server), ("Cookie", f"{USER_COOKIE_NAME}x={value}")]


def answers(server: Server, path: str, headers: list[tuple[str, str]]) -> dict[str, Answer]:
    return {method: ask(server.port, path, *headers, method=method) for method in METHODS}


def test_every_address_is_closed_to_whoever_is_not_signed_in(
    server: Server, addresses: Addresses, nobody: list[tuple[str, str]]
) -> None:
    assert len(addresses.requests) > 20
    for path in set(addresses.requests) - set(OPEN):
        for method, answer in answers(server, path, nobody).items():
            assert answer.status == 401, (method, path)
            assert answer.body in (b"Sign in first.", b""), (method, path)


def test_no_websocket_opens_for_whoever_is_not_signed_in(
    server: Server, addresses: Addresses, nobody: list[tuple[str, str]]
) -> None:
    assert addresses.websockets
    for path in (*addresses.websockets, "/", "/_stcore/health", "/auth/login"):
        assert open_websocket(server.port, path, *nobody).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "//_stcore/health",
        "/_stcore/health/",
        "/_stcore/health/../host-config",
        "/_stcore/health%2f..%2fhost-config",
        "/auth/login/../../annotate",
        "/auth/logout/x",
        "/oauth2callback/",
        "/AUTH/LOGIN",
        "/x/auth/login",
        "/_stcore/script-health-check",
        "http://127.0.0.1/auth/login",
    ],
)
def test_no_other_spelling_of_an_open_address_leads_in(
    server: Server, path: str, nobody: list[tuple[str, str]]
) -> None:
    assert ask(server.port, path, *nobody).status in (400, 401)


def test_open_addresses_tell_nothing(server: Server, nobody: list[tuple[str, str]]) -> None:
    health = ask(server.port, "/_stcore/health", *nobody)
    assert (health.status, health.body) == (200, b"ok")
    parts = json.loads(ask(server.port, "/health", *nobody).body)
    assert set(parts) == {"status", "database", "disk", "model"}
    assert ask(server.port, "/metrics", *nobody).status == 403
    for path in ("/auth/login", "/oauth2callback", "/oauth2callback?state=x&code=y"):
        answer = ask(server.port, path, *nobody)
        assert (answer.status, answer.headers["location"]) == (302, "/")
    start = ask(server.port, "/sign-in", *nobody)
    assert start.status == 302
    assert start.headers["location"].startswith("/auth/login?provider=")


def test_whoever_is_signed_in_is_answered_everywhere(
    server: Server, addresses: Addresses, anna: list[tuple[str, str]]
) -> None:
    for path in set(addresses.requests) - set(OPEN):
        for method, answer in answers(server, path, anna).items():
            assert b"Sign in first." not in answer.body, (method, path)
    page = ask(server.port, "/annotate", *anna)
    assert page.status == 200
    assert b"<!DOCTYPE html>" in page.body
    for path in addresses.websockets:
        assert open_websocket(server.port, path, *anna).status == 101


def test_a_websocket_opens_under_the_name_alone_that_people_sign_in_for(
    server: Server, addresses: Addresses, anna: list[tuple[str, str]]
) -> None:
    name = f"localhost:{server.port}"
    headers = [("Host", name), ("Origin", f"http://{name}"), anna[-1]]
    for path in addresses.websockets:
        assert open_websocket(server.port, path, *headers).status == 403


DOCUMENT = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")]


def test_who_opens_a_page_is_asked_to_sign_in_and_comes_back_to_it(server: Server) -> None:
    headers = [("Host", f"127.0.0.1:{server.port}"), *DOCUMENT]
    answer = ask(server.port, "/annotate?series=abc&slice=3", *headers)
    assert answer.status == 401
    assert b'href="/sign-in"' in answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert "slicewise_wanted" in answer.headers["set-cookie"]
    assert "/annotate?series=abc&slice=3" in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["//evil.test/", "/%5Cevil.test/", "/" + "a" * 3000])
def test_nobody_is_sent_to_another_server_after_sign_in(server: Server, path: str) -> None:
    headers = [("Host", f"127.0.0.1:{server.port}"), *DOCUMENT]
    wanted = ask(server.port, path, *headers).headers.get("set-cookie", "")
    assert not re.search(r"slicewise_wanted=\"?(//|/\\|/a)", wanted)
    cookie = ("Cookie", "slicewise_wanted=//evil.test/")
    back = ask(server.port, "/oauth2callback?state=x", *own(server), cookie)
    assert back.headers["location"] == "/"


def test_who_is_not_let_in_is_told_as_whom_they_are_signed_in(server: Server) -> None:
    cookie = with_cookie(server, new_session(server.home, FOREIGN, server.url))
    answer = ask(server.port, "/export", *cookie, *DOCUMENT)
    assert answer.status == 403
    assert FOREIGN.encode() in answer.body
    assert b"Ask whoever runs this server" in answer.body


def test_signing_out_ends_the_sign_in_for_good_and_clears_what_the_browser_keeps(
    server: Server,
) -> None:
    claims = claims_of(server.home, ANNA, server.url)
    identity = identity_of(claims)
    assert identity is not None
    headers = with_cookie(server, session_of(claims))
    assert ask(server.port, "/", *headers).status == 200
    answer = ask(server.port, "/auth/logout", *headers)
    assert answer.headers["clear-site-data"] == '"storage"'
    assert has_ended(server.home, identity.digest)
    assert ask(server.port, "/", *headers).status == 401
    database = open_database(default_url(server.home))
    newest = read_entries(database)[0]
    database.dispose()
    assert (newest.action, newest.person, newest.client) == ("signed out", ANNA, "127.0.0.1")


def test_one_person_on_this_machine_needs_no_sign_in_but_nobody_comes_by_a_proxy(
    tmp_path: Path,
) -> None:
    server = Server(new_home(tmp_path)).start()
    try:
        assert ask(server.port, "/annotate", *own(server)).status == 200
        forwarded = [*own(server), ("X-Forwarded-For", "192.0.2.7")]
        refused = ask(server.port, "/annotate", *forwarded)
        assert refused.status == 403
        assert b"must sign in" in refused.body
        assert open_websocket(server.port, "/_stcore/stream", *forwarded).status == 403
        assert open_websocket(server.port, "/_stcore/stream", *own(server)).status == 101
    finally:
        server.kill()
    server.check_log()


def test_where_people_come_by_https_no_cookie_goes_out_unencrypted(tmp_path: Path) -> None:
    server = Server(new_home(tmp_path))
    origin = "https://localhost"
    with_sign_in(server, 1, "no provider answers", origin).start()
    try:
        headers = [("Host", "localhost"), ("Origin", origin)]
        asked = ask(server.port, "/annotate", headers[0], *DOCUMENT)
        assert asked.headers["set-cookie"].endswith("; Secure")
        value = new_session(server.home, ANNA, origin)
        ended = ask(
            server.port, "/auth/logout", *headers, ("Cookie", f"{USER_COOKIE_NAME}={value}")
        )
        assert ended.headers["set-cookie"].endswith("; Secure")
    finally:
        server.kill()
    server.check_log()
