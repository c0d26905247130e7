"""The site for nginx: requests reach the right process whole, also with large cookies."""

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.nginx import nginx_in_front

LARGE_COOKIE = "x" * 3500


class _Process(BaseHTTPRequestHandler):
    """Answers its port and what it was asked with."""

    def do_GET(self) -> None:
        self.send_response(200)
        for number in range(6):
            self.send_header("Set-Cookie", f"part{number}={LARGE_COOKIE}")
        self.end_headers()
        told = [self.connection.getsockname()[1], self.headers["Host"]]
        told += [self.headers["X-Forwarded-For"], len(self.headers["Cookie"] or "")]
        self.wfile.write(" ".join(map(str, told)).encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def processes() -> Iterator[list[int]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _Process) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [server.server_address[1] for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, processes: list[int]) -> Iterator[int]:
    with nginx_in_front(tmp_path_factory.mktemp("nginx"), processes) as port:
        yield port


def asked(port: int, path: str = "/", **headers: str) -> Any:
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=headers)
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    return urllib.request.urlopen(request, timeout=10, context=unchecked)


def test_a_browser_keeps_to_its_process(port: int, processes: list[int]) -> None:
    reached = set()
    for _ in range(12):
        with asked(port) as first:
            process = first.read().split()[0]
            cookies = first.headers.get_all("Set-Cookie")
        own = next(one for one in cookies if one.startswith("slicewise_process="))
        assert "Secure" in own and "HttpOnly" in own
        for _ in range(4):
            with asked(port, Cookie=own.partition(";")[0]) as again:
                assert again.read().split()[0] == process
        reached.add(int(process))
    assert reached == set(processes)


def test_cookies_of_many_kilobytes_pass_both_ways(port: int) -> None:
    cookies = "; ".join(f"part{number}={LARGE_COOKIE}" for number in range(7))
    with asked(port, Cookie=cookies) as answer:
        assert int(answer.read().split()[3]) == len(cookies)
        assert sum(map(len, answer.headers.get_all("Set-Cookie"))) > 20_000


def test_the_host_is_passed_on_and_nobody_claims_another_address(port: int) -> None:
    with asked(port, **{"X-Forwarded-For": "10.9.8.7"}) as answer:
        _, host, address, _ = answer.read().decode().split()
    assert (host, address) == (f"127.0.0.1:{port}", "127.0.0.1")


def test_figures_are_not_told_through_the_proxy(port: int) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        asked(port, "/metrics")
