"""A real server, asked over bare sockets: it answers its own pages, under its own names."""

from collections.abc import Iterator

import pytest

from pages.server.editor_scripts import editor_address
from tests.support.app_server import Server
from tests.support.drawn_series import new_home
from tests.support.raw_requests import ask, open_websocket

STREAM = "/_stcore/stream"
EVERYTHING = (
    ("GET", "/"),
    ("GET", "/annotate"),
    ("GET", "/no such page"),
    ("GET", "/_stcore/health"),
    ("GET", "/_stcore/host-config"),
    ("GET", "/_stcore/metrics"),
    ("GET", "/_stcore/agent/openapi.json"),
    ("POST", "/_stcore/agent/interact"),
    ("PUT", "/_stcore/upload_file/session/file"),
    ("DELETE", "/_stcore/upload_file/session/file"),
    ("OPTIONS", "/_stcore/upload_file/session/file"),
    ("GET", "/media/0123456789abcdef.png"),
    ("GET", "/component/streamlit_drawable_canvas/index.html"),
    ("GET", f"{editor_address()}/editor.js"),
    ("GET", "/static/js/index.js"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(new_home(tmp_path_factory.mktemp("checked"))).start()
    yield server
    server.kill()
    server.check_log()


def foreign_hosts(port: int) -> list[list[tuple[str, str]]]:
    names = ["evil.test", f"evil.test:{port}", "127.0.0.1.evil.test", "localhost@evil.test", ""]
    names += ["127.0.0.1:x", "[::1", "0.0.0.0", f"evil.test:{port}, 127.0.0.1:{port}"]
    return [[("Host", name)] for name in names]


@pytest.mark.parametrize(("method", "path"), EVERYTHING, ids=lambda part: str(part))
def test_nothing_is_answered_under_another_name(server: Server, method: str, path: str) -> None:
    path = path.replace(" ", "%20")
    for headers in foreign_hosts(server.port):
        # The page of a rebound name is of one origin with what it asks for.
        own = ("Origin", f"http://{headers[0][1]}")
        for sent in (headers, [*headers, own]):
            answer = ask(server.port, path, *sent, method=method)
            assert answer.status == 403, sent
            assert b"Slicewise" in answer.body


@pytest.mark.parametrize(("method", "path"), EVERYTHING, ids=lambda part: str(part))
def test_pages_of_other_sites_are_not_answered(server: Server, method: str, path: str) -> None:
    path = path.replace(" ", "%20")
    host = ("Host", f"127.0.0.1:{server.port}")
    for origin in ("http://evil.test", "null", "http://127.0.0.1:1", "http://localhost", "file://"):
        assert ask(server.port, path, host, ("Origin", origin), method=method).status == 403
    for site in ("cross-site", "same-site"):
        embedded = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors"))
        image = (*embedded, ("Sec-Fetch-Dest", "image"))
        assert ask(server.port, path, host, *image, method=method).status == 403


def test_websockets_open_for_our_own_pages_only(server: Server) -> None:
    port = server.port
    for name in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        own = (("Host", name), ("Origin", f"http://{name}"))
        assert open_websocket(port, STREAM, *own).status == 101
        for origin in ("http://evil.test", "null", "http://127.0.0.1:1", "https://localhost", ""):
            assert open_websocket(port, STREAM, own[0], ("Origin", origin)).status == 403
        assert open_websocket(port, STREAM, own[0]).status == 403
        twice = (*own, ("Origin", "http://evil.test"))
        assert open_websocket(port, STREAM, *twice).status in (400, 403)
    for headers in foreign_hosts(port):
        rebound = ("Origin", f"http://{headers[0][1]}")
        assert open_websocket(port, STREAM, *headers, rebound).status in (400, 403)


def test_our_own_pages_and_addresses_that_people_open_are_answered(server: Server) -> None:
    host = ("Host", f"127.0.0.1:{server.port}")
    link = (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"))
    for headers in ([], [*link, ("Sec-Fetch-Dest", "document")]):
        answer = ask(server.port, "/", host, *headers)
        assert answer.status == 200 and b"<!DOCTYPE html>" in answer.body
    framed = ask(server.port, "/", host, *link, ("Sec-Fetch-Dest", "iframe"))
    assert framed.status == 403


def test_every_answer_says_that_pages_ask_nobody_else_and_are_not_framed(server: Server) -> None:
    for path in ("/", "/_stcore/health", "/media/none.png", "/static/none.js"):
        headers = ask(server.port, path, ("Host", f"localhost:{server.port}")).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == "'self'"
        own = f"localhost:{server.port}"
        assert policy["connect-src"] == f"'self' ws://{own} wss://{own}"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/", "/annotate", "/review"])
def test_browsers_keep_no_page(server: Server, path: str) -> None:
    answer = ask(server.port, path, ("Host", f"127.0.0.1:{server.port}"))
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
