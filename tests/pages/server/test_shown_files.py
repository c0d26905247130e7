"""Files of pages are served to the people whom a page has shown them to."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from pages.server import shown_files as module
from pages.server.shown_files import ShownFileChecks, ShownFiles, from_disk, handing_on
from tests.support.signed_in import COOKIE_SECRET, new_session

ORIGIN = "http://localhost:8501"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> ShownFiles:
    files = ShownFiles()
    monkeypatch.setattr(module, "shown_files", lambda: files)
    return files


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr("pages.server.identities.get_cookie_secret", lambda: COOKIE_SECRET)
    answer = Route("/media/{name}", lambda request: PlainTextResponse("content"))
    font = Route("/static/media/{name}", lambda request: PlainTextResponse("font"))
    page = Route("/series", lambda request: PlainTextResponse("page"))
    return TestClient(ShownFileChecks(Starlette(routes=[answer, font, page])), base_url=ORIGIN)


def ask(client: TestClient, home: Path, person: str, path: str) -> int:
    client.cookies.clear()
    client.cookies.set(USER_COOKIE_NAME, new_session(home, person, ORIGIN))
    return client.get(path).status_code


def test_a_file_is_served_to_whom_it_was_shown_and_to_nobody_else(
    client: TestClient, shown: ShownFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda: object())
    shown.note("picture.png", "anna@example.org")
    assert ask(client, tmp_path, "anna@example.org", "/media/picture.png") == 200
    assert ask(client, tmp_path, "mallory@example.org", "/media/picture.png") == 404
    assert ask(client, tmp_path, "anna@example.org", "/media/other.png") == 404
    assert ask(client, tmp_path, "mallory@example.org", "/series") == 200
    client.cookies.clear()
    assert client.get("/media/picture.png").status_code == 404


def test_where_nobody_signs_in_files_are_served_as_ever(
    client: TestClient, shown: ShownFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda: None)
    assert client.get("/media/picture.png").status_code == 200


def test_fonts_are_served_to_everybody(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda: object())
    assert ask(client, tmp_path, "anna@example.org", "/static/media/font.woff2") == 200
    assert ask(client, tmp_path, "anna@example.org", "/media/other.png") == 404


def test_a_file_that_is_made_once_it_is_asked_for_goes_to_whom_it_was_offered(
    client: TestClient, shown: ShownFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda: object())
    shown.note("offer", "anna@example.org")
    assert handing_on(lambda offered: "/media/project.zip")("offer") == "/media/project.zip"
    assert ask(client, tmp_path, "anna@example.org", "/media/project.zip") == 200
    assert ask(client, tmp_path, "mallory@example.org", "/media/project.zip") == 404


def test_several_people_are_known_for_a_file_and_old_ones_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    files = ShownFiles()
    files.note("one", "anna")
    files.note("two", "anna")
    files.note("one", "ben")
    files.note("three", "anna")
    seen = [(name, who) for name in ("one", "two", "three") for who in ("anna", "ben")]
    assert [pair for pair in seen if files.was_shown(*pair)] == [
        ("one", "anna"),
        ("one", "ben"),
        ("three", "anna"),
    ]


def press(path: Path, offered: str = "offer") -> str:
    """Press a button that offers a file on the disk; returns the address of its content."""
    contents = []

    def execute(_: str) -> str:
        contents.append(from_disk(path).hex())
        return f"/media/{contents[0]}.zip"

    return handing_on(execute)(offered)


def test_a_large_file_is_sent_from_the_disk_to_whom_it_was_offered(
    client: TestClient, shown: ShownFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda: object())
    file = tmp_path / "project.zip"
    file.write_bytes(b"0123456789" * 1000)
    shown.note("offer", "anna@example.org")
    address = press(file)
    assert ask(client, tmp_path, "mallory@example.org", address) == 404
    assert ask(client, tmp_path, "anna@example.org", address) == 200
    answer = client.get(address)
    assert answer.content == file.read_bytes()
    assert answer.headers["content-disposition"] == 'attachment; filename="project.zip"'
    part = client.get(address, headers={"Range": "bytes=10-12"})
    assert (part.status_code, part.content) == (206, b"012")
    assert press(file) != address


def test_a_file_that_was_deleted_meanwhile_is_not_found(
    client: TestClient, shown: ShownFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "sign_in", lambda: None)
    address = press(tmp_path / "gone.zip")
    assert client.get(address).status_code == 404
    assert client.get(handing_on(lambda _: "/media/other.png")("offer")).text == "content"
