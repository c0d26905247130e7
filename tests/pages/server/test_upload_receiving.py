"""Uploads between the network and Streamlit's own handler: their content goes to the disk."""

import http.client
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_routes import create_upload_routes

from core.home.waiting_uploads import UploadKey, WaitingUploads
from pages.server import upload_receiving
from pages.server.upload_receiving import IN_ITS_PLACE, UploadReceiving

TAB, FILE = "0c8a2f9e-aaaa-4bbb-8ccc-000000000001", "0c8a2f9e-aaaa-4bbb-8ccc-000000000002"
BOUNDARY = "xyz"


class Tabs:
    """Stands for the runtime, of which the handler asks one thing."""

    def is_active_session(self, session_id: str) -> bool:
        return session_id == TAB


@dataclass
class Receiver:
    """A server with Streamlit's handler of uploads behind ours."""

    home: Path
    port: int = 0
    known: MemoryUploadedFileManager = field(
        default_factory=lambda: MemoryUploadedFileManager("/_stcore/upload_file")
    )
    waiting: WaitingUploads = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = WaitingUploads(
            lambda key: bool(self.known.get_files(key.tab, [key.file])), 0.0, look_every_s=0.01
        )

    def put(
        self, body: bytes, path: str = f"{TAB}/{FILE}", kind: str | None = None, **headers: str
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        kind = f"multipart/form-data; boundary={BOUNDARY}" if kind is None else kind
        connection.request(
            "PUT", f"/_stcore/upload_file/{path}", body, {"Content-Type": kind} | headers
        )
        answer = connection.getresponse()
        return answer.status, answer.read()

    def wait_until_empty(self) -> None:
        """Wait until no file is left; one that is refused goes right after the answer."""
        while self.files() or len(self.waiting):
            time.sleep(0.01)

    def files(self) -> list[Path]:
        folder = self.home / "temporary"
        return list(folder.iterdir()) if folder.is_dir() else []


def one_file(content: bytes, name: str = "a.dcm") -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return f"--{BOUNDARY}\r\n{head}".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path / "home")
    monkeypatch.setenv("SLICEWISE_HOME", str(receiver.home))
    monkeypatch.setenv("SLICEWISE_UPLOAD_GIGABYTES", "0.02")
    monkeypatch.setattr(upload_receiving, "waiting_uploads", lambda: receiver.waiting)
    before = config.get_option("server.enableXsrfProtection")
    config.set_option("server.enableXsrfProtection", False)
    routes = create_upload_routes(Tabs(), receiver.known, None)  # type: ignore[arg-type]
    app = Starlette(routes=routes, middleware=[Middleware(UploadReceiving)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))
    receiver.port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield receiver
    server.should_exit = True
    thread.join()
    config.set_option("server.enableXsrfProtection", before)


def test_the_content_goes_to_the_disk_and_streamlit_knows_the_name(receiver: Receiver) -> None:
    content = os.urandom(3_000_000)
    assert receiver.put(one_file(content, "scan ä.dcm"))[0] == 204
    (record,) = receiver.known.get_files(TAB, [FILE])
    assert (record.name, record.data) == ("scan ä.dcm", IN_ITS_PLACE)
    with receiver.waiting.open(UploadKey(TAB, FILE)) as stream:
        assert stream.read() == content
    assert len(receiver.files()) == 1


def test_it_is_deleted_once_streamlit_lets_go_of_it(receiver: Receiver) -> None:
    assert receiver.put(one_file(b"content"))[0] == 204
    receiver.known.remove_session_files(TAB)
    receiver.wait_until_empty()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"other-tab/{FILE}", 400),
        (f"{TAB}/..%2F..%2Fetc", 404),
        (f"{TAB}/%00", 404),
        (f"{TAB}/" + "a" * 65, 404),
        (f"{TAB}/{FILE}/more", 404),
        (f"{TAB}", 404),
    ],
)
def test_only_files_of_open_tabs_are_taken(receiver: Receiver, path: str, status: int) -> None:
    assert receiver.put(one_file(b"content"), path)[0] == status
    assert receiver.files() == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=" + b"x" * 2_000_000, "application/x-www-form-urlencoded"),
        (b"x" * 2_000_000, "application/octet-stream"),
        (one_file(b"content")[:-12], None),
        (one_file(b"content").replace(b"--\r\n", b"\r\n") + one_file(b"more"), None),
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n'.encode()
            + b"x" * 2_000_000
            + f"\r\n--{BOUNDARY}--\r\n".encode(),
            None,
        ),
        (one_file(b"content", "n" * 10_000), None),
    ],
    ids=["form", "no form", "cut", "two files", "a field", "long name"],
)
def test_what_is_not_one_file_is_refused_and_leaves_nothing(
    receiver: Receiver, body: bytes, kind: str | None
) -> None:
    assert receiver.put(body, kind=kind)[0] == 400
    receiver.wait_until_empty()


def test_what_exceeds_the_quota_is_refused_with_a_sentence(receiver: Receiver) -> None:
    status, text = receiver.put(one_file(bytes(21_000_000)))
    assert status == 413 and b"no room" in text
    assert receiver.put(one_file(bytes(12_000_000)))[0] == 204
    assert receiver.put(one_file(bytes(12_000_000)), f"{TAB}/other")[0] == 413
    while len(receiver.files()) > 1:  # of the one that was refused
        time.sleep(0.01)


def test_a_body_of_unstated_length_is_counted_as_it_comes(receiver: Receiver) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=60)
    whole = one_file(bytes(30_000_000))
    parts = (whole[at : at + 2**20] for at in range(0, len(whole), 2**20))
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    try:
        connection.request(
            "PUT", f"/_stcore/upload_file/{TAB}/{FILE}", parts, kind, encode_chunked=True
        )
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):  # it is hung up on before all is sent
        pass
    receiver.wait_until_empty()


def test_a_connection_that_breaks_off_leaves_nothing(receiver: Receiver) -> None:
    body = one_file(bytes(4_000_000))
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=60) as connection:
        head = [f"PUT /_stcore/upload_file/{TAB}/{FILE} HTTP/1.1", "Host: 127.0.0.1"]
        head += [f"Content-Type: multipart/form-data; boundary={BOUNDARY}"]
        head += [f"Content-Length: {len(body)}", "", ""]
        connection.sendall("\r\n".join(head).encode() + body[:3_000_000])
        while not receiver.files():
            pass
    receiver.wait_until_empty()
    assert receiver.known.get_files(TAB, [FILE]) == []
