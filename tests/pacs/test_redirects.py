"""Redirects of an archive: followed on the same server, never to another one."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from core.demo import write_demo_series
from core.pacs.dicomweb import Query, instance_uids, retrieve, search, store_by_web
from core.pacs.settings import Archive, ArchiveError, Basic, Bearer

PATIENT = "QX-4711"
STATUSES = (301, 302, 303, 307, 308)


class Site(http.server.ThreadingHTTPServer):
    """Redirects what `leads_to` names, answers the rest with nothing found, keeps everything."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.leads_to: dict[str, str] = {}
        self.status = 302
        self.got: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append(f"{self.path} {self.headers} {body!r}")
        path = self.path.partition("?")[0]
        target = next((to for start, to in self.server.leads_to.items() if path == start), None)
        if target is not None:
            self.send_response(self.server.status)
            self.send_header("Location", target)
            answer = b""
        else:
            self.send_response(200)
            self.send_header("Content-Type", "application/dicom+json")
            answer = json.dumps([]).encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Site]:
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


@pytest.fixture
def archive_site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def other_site() -> Iterator[Site]:
    with running() as site:
        yield site


def settings(site: Site, **login: Any) -> Archive:
    return Archive(url=f"{site.address}/web", timeout_s=20, **login)


LOGINS = pytest.mark.parametrize(
    "login",
    [{}, {"basic": Basic("reader", "topsecret")}, {"bearer": Bearer(token="topsecret")}],
    ids=["no login", "password", "token"],
)


@LOGINS
@pytest.mark.parametrize("status", STATUSES)
def test_a_search_is_not_sent_on_to_another_server(
    archive_site: Site, other_site: Site, login: dict[str, Basic | Bearer], status: int
) -> None:
    archive_site.status = status
    archive_site.leads_to["/web/studies"] = f"{other_site.address}/web/studies"
    with pytest.raises(ArchiveError, match="refers to another server") as caught:
        search(settings(archive_site, **login), Query(patient_id=PATIENT))
    assert PATIENT in archive_site.got[0]
    assert other_site.got == []
    assert PATIENT not in str(caught.value) and "topsecret" not in str(caught.value)


@pytest.mark.parametrize(
    "spelling",
    ["//127.0.0.1:{port}/", "http://localhost:{own}/", r"http:\\127.0.0.1:{port}/", "https://x/"],
)
def test_no_spelling_of_an_address_leads_away(
    archive_site: Site, other_site: Site, spelling: str
) -> None:
    own, port = archive_site.server_address[1], other_site.server_address[1]
    archive_site.leads_to["/web/studies"] = spelling.format(own=own, port=port)
    # What is no address of another server is a strange path on the same one.
    with suppress(ArchiveError):
        search(settings(archive_site), Query(patient_id=PATIENT))
    assert archive_site.got and other_site.got == []


def test_a_redirect_on_the_way_of_another_is_refused_too(
    archive_site: Site, other_site: Site
) -> None:
    archive_site.leads_to |= {"/web/studies": "/moved", "/moved": f"{other_site.address}/"}
    with pytest.raises(ArchiveError, match="refers to another server"):
        search(settings(archive_site), Query(patient_id=PATIENT))
    assert other_site.got == []


def test_on_the_same_server_redirects_are_followed(archive_site: Site) -> None:
    archive_site.leads_to["/web/studies"] = "/moved"
    archive = settings(archive_site, bearer=Bearer(token="topsecret"))
    assert search(archive, Query(patient_id=PATIENT)) == []
    assert archive_site.got[1].startswith("/moved") and "topsecret" in archive_site.got[1]


@pytest.mark.parametrize("status", STATUSES)
def test_neither_retrieving_nor_storing_goes_elsewhere(
    archive_site: Site, other_site: Site, status: int, tmp_path: Path
) -> None:
    write_demo_series(tmp_path)
    archive = settings(archive_site, bearer=Bearer(token="topsecret"))
    archive_site.status = status
    series = "/web/studies/1.2/series/1.3"
    for path in (series, f"{series}/instances", f"{series}/instances/1.4", "/web/studies"):
        archive_site.leads_to[path] = f"{other_site.address}/"
    asked: list[Callable[[], object]] = [
        lambda: instance_uids(archive, "1.2", "1.3"),
        lambda: list(retrieve(archive, "1.2", "1.3", ["1.4"], whole=True)),
        lambda: list(retrieve(archive, "1.2", "1.3", ["1.4"], whole=False)),
        lambda: store_by_web(archive, next(tmp_path.iterdir())),
    ]
    for ask in asked:
        with pytest.raises(ArchiveError, match="refers to another server"):
            ask()
    assert len(archive_site.got) >= len(asked) and other_site.got == []


@pytest.mark.parametrize("status", STATUSES)
def test_the_secret_of_a_token_endpoint_stays_there(
    archive_site: Site, other_site: Site, status: int
) -> None:
    archive_site.status = status
    archive_site.leads_to["/token"] = f"{other_site.address}/token"
    bearer = Bearer(token_url=f"{archive_site.address}/token", client_secret="topsecret")
    with pytest.raises(ArchiveError, match=r"set bearer\.token_url"):
        search(settings(archive_site, bearer=bearer), Query(patient_id=PATIENT))
    assert other_site.got == []
