"""Logins and certificates: a real Orthanc, bare and behind a gateway with TLS and tokens."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import requests

from core.pacs.dicomweb import Query, search
from core.pacs.settings import Archive, ArchiveError, Basic, Bearer
from core.pacs.storing import store_instance
from tests.support.certificates import Certificates
from tests.support.orthanc import Orthanc

ANY = Query(patient_id="*")


def test_basic_login(orthanc_program: str, tmp_path: Path) -> None:
    login = {"AuthenticationEnabled": True, "RegisteredUsers": {"reader": "größer"}}
    server = Orthanc(orthanc_program, tmp_path, **login)
    try:
        archive = Archive(url=server.start().url, timeout_s=20)
        assert search(replace(archive, basic=Basic("reader", "größer")), ANY) == []
        for wrong in (archive, replace(archive, basic=Basic("reader", "smaller"))):
            with pytest.raises(ArchiveError, match="does not accept the login"):
                search(wrong, ANY)
    finally:
        server.stop()


class Gateway(http.server.ThreadingHTTPServer):
    """Lets requests with a valid token through to Orthanc, and gives out tokens."""

    daemon_threads = True

    def __init__(self, orthanc: Orthanc) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = f"http://127.0.0.1:{orthanc.http_port}"
        self.scheme = "http"
        self.valid = "first"
        self.lasts = 3600
        self.asked: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def encrypt(self, keys: Certificates) -> None:
        """Speak TLS from now on, with clients that the authority has certified."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys.path("server.pem"), keys.path("server.key"))
        context.load_verify_locations(keys.path("authority.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        # The handshake is left to the thread of each connection.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.scheme = "https"

    def handle_error(self, *_: object) -> None:
        """Say nothing of connections that were refused."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        if self.path == "/token":
            self._give_token()
        else:
            self._pass_on()

    def log_message(self, *_: object) -> None:
        pass

    def _give_token(self) -> None:
        form = {key: value[0] for key, value in parse_qs(self._body().decode()).items()}
        self.server.asked.append(form)
        if form.get("client_secret") != "known":
            self._answer(401, b"{}", "application/json")
            return
        self.server.valid = f"token-{len(self.server.asked)}"
        answer = {
            "access_token": self.server.valid,
            "expires_in": self.server.lasts,
            "refresh_token": f"refresh-{len(self.server.asked)}",
        }
        self._answer(200, json.dumps(answer).encode(), "application/json")

    def _pass_on(self) -> None:
        body = self._body()
        if self.headers.get("Authorization") != f"Bearer {self.server.valid}":
            self._answer(401, b"", "text/plain")
            return
        kept = {key: self.headers[key] for key in ("Accept", "Content-Type") if key in self.headers}
        answer = requests.request(
            self.command, self.server.upstream + self.path, data=body, headers=kept, timeout=20
        )
        self._answer(answer.status_code, answer.content, answer.headers["Content-Type"])

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def gateway(orthanc: Orthanc) -> Iterator[Gateway]:
    with Gateway(orthanc) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def behind(gateway: Gateway, bearer: Bearer) -> Archive:
    return Archive(url=f"{gateway.address}/dicom-web", timeout_s=20, bearer=bearer)


def test_tls_is_verified_both_ways(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Certificates(tmp_path)
    gateway.encrypt(keys)
    archive = replace(
        behind(gateway, Bearer(token="first")),
        ca_bundle=keys.path("authority.pem"),
        client_certificate=keys.path("client.pem"),
        client_key=keys.path("client.key"),
    )
    # Settings of the environment must not weaken those of the archive.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", keys.path("server.pem"))
    assert search(archive, ANY)
    with pytest.raises(ArchiveError, match="check ca_bundle"):
        search(replace(archive, ca_bundle=""), ANY)
    with pytest.raises(ArchiveError, match=r"certificate|does not answer"):
        search(replace(archive, client_certificate="", client_key=""), ANY)
    named = replace(archive, url=archive.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(ArchiveError, match="certificate"):
        search(named, ANY)


def test_a_given_token_is_sent_and_a_wrong_one_refused(gateway: Gateway) -> None:
    assert search(behind(gateway, Bearer(token="first")), ANY)
    with pytest.raises(ArchiveError, match="does not accept the login"):
        search(behind(gateway, Bearer(token="second")), ANY)


def test_a_token_file_is_read_again_when_its_token_has_ended(
    gateway: Gateway, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    archive = behind(gateway, Bearer(token="ended", token_file=str(file)))
    assert search(archive, ANY)
    file.unlink()
    with pytest.raises(ArchiveError, match="holds no token"):
        search(archive, ANY)


def test_tokens_are_asked_for_and_renewed_when_refused(gateway: Gateway, shared_data: Path) -> None:
    bearer = Bearer(
        token="ended",
        token_url=f"{gateway.address}/token",
        client_id="slicewise",
        client_secret="known",
        scope="dicom",
    )
    assert search(behind(gateway, bearer), ANY)
    (form,) = gateway.asked
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "slicewise",
        "client_secret": "known",
        "scope": "dicom",
    }
    path = next((shared_data / "dicom" / "dcmqi_ct3slice").iterdir())
    gateway.valid = "something else"
    store_instance(behind(gateway, bearer), path)
    assert len(gateway.asked) == 2


def test_refresh_tokens_are_used_and_replaced(gateway: Gateway) -> None:
    bearer = Bearer(
        token_url=f"{gateway.address}/token", client_secret="known", refresh_token="initial"
    )
    gateway.lasts = 0
    search(behind(gateway, bearer), ANY)
    assert {form["grant_type"] for form in gateway.asked} == {"refresh_token"}
    # A token that ends at once is renewed before every request, with the newest refresh token.
    used = [form["refresh_token"] for form in gateway.asked]
    assert used == ["initial", *(f"refresh-{number}" for number in range(1, len(used)))]
    assert len(used) > 1


def test_an_endpoint_that_gives_no_token_is_named(gateway: Gateway) -> None:
    bearer = Bearer(token_url=f"{gateway.address}/token", client_secret="unknown")
    with pytest.raises(ArchiveError, match="token endpoint gives no token"):
        search(behind(gateway, bearer), ANY)
