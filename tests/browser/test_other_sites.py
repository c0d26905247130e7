"""What pages of other sites can do with the server, and whom its own pages ask, in Chromium."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FLAGS
from tests.support import simple_canvas_driver as simple_canvas
from tests.support import slice_editor_driver as slice_editor
from tests.support.app_server import Server
from tests.support.drawn_series import add_series, new_home

pytestmark = pytest.mark.browser

# Each attempt becomes what the other page learns of it.
ATTEMPTS = """async (address) => {
  const host = new URL(address).host;
  const socket = await new Promise((done) => {
    const stream = new WebSocket(`ws://${host}/_stcore/stream`, ["streamlit"]);
    stream.onopen = () => done("open");
    stream.onerror = () => done("refused");
  });
  const read = await fetch(`${address}/_stcore/health`)
    .then((answer) => answer.text(), () => "refused");
  const sent = await fetch(`${address}/_stcore/upload_file/a/b`, { method: "PUT", body: "x" })
    .then((answer) => answer.status, () => "refused");
  const image = await new Promise((done) => {
    const element = new Image();
    element.onload = () => done("shown");
    element.onerror = () => done("refused");
    element.src = `${address}/favicon.png`;
  });
  return { socket, read, sent, image };
}"""


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[str]:
    """A page of another server on this machine, and one that frames what its query names."""
    (tmp_path / "index.html").write_text("<!DOCTYPE html><title>Other</title>")
    (tmp_path / "frame.html").write_text(
        "<!DOCTYPE html><iframe></iframe><script>"
        "document.querySelector('iframe').src = location.search.slice(1)</script>"
    )
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{site.server_address[1]}"
        site.shutdown()
        thread.join()


def test_a_page_of_another_site_neither_talks_to_the_server_nor_reads_from_it(
    page: Page, server: Server, other_site: str
) -> None:
    page.goto(other_site)
    learned = page.evaluate(ATTEMPTS, server.url)
    assert learned == dict.fromkeys(("socket", "read", "sent", "image"), "refused")


def test_a_page_of_another_site_cannot_frame_ours(
    page: Page, server: Server, other_site: str
) -> None:
    with page.expect_response(lambda answer: answer.url.startswith(server.url)) as response:
        page.goto(f"{other_site}/frame.html?{server.url}/")
    assert response.value.status == 403
    expect(page.frame_locator("iframe").get_by_role("button")).to_have_count(0)


def test_a_name_that_comes_to_lead_to_this_machine_gets_nothing(
    browser: Browser, chromium: str, server: Server
) -> None:
    rules = "--host-resolver-rules=MAP evil.test 127.0.0.1"
    rebound = browser.browser_type.launch(executable_path=chromium, args=[*FLAGS, rules])
    try:
        page = rebound.new_page()
        address = f"http://evil.test:{server.port}"
        answer = page.goto(address)
        assert answer is not None and answer.status == 403
        learned = page.evaluate(ATTEMPTS, address)
        assert learned["socket"] == "refused" and learned["sent"] == 403
        assert "Slicewise" in learned["read"] and learned["image"] == "refused"
    finally:
        rebound.close()


@pytest.mark.parametrize("script", ["navigation.py", "pages/series.py"])
def test_without_the_check_in_front_nothing_is_shown(
    page: Page, tmp_path: Path, script: str
) -> None:
    server = Server(new_home(tmp_path), script=script).start()
    try:
        page.goto(server.url)
        expect(
            page.get_by_test_id("stAlert").or_(page.get_by_test_id("stException"))
        ).to_be_visible()
        expect(page.get_by_role("button", name="Open the demonstration series")).to_have_count(0)
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("editor", "hand"), [("slice-editor", slice_editor), ("simple", simple_canvas)]
)
def test_our_pages_ask_nobody_but_the_server_and_need_nothing_that_they_may_not(
    page: Page, tmp_path: Path, demo_slices: list[Path], editor: str, hand: ModuleType
) -> None:
    server = Server(new_home(tmp_path), editor=editor)
    asked: list[str] = []
    said: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("console", lambda message: said.append(message.text))
    try:
        series = add_series(server.start(), demo_slices, "drawn")
        page.goto(series.address("annotate"))
        hand.wait_until_drawable(page)
        hand.draw(page, [(60, 60), (120, 60), (120, 120), (60, 120)])
        hand.wait_until_saved(page)
        for name in ("review", "export", "series"):
            page.goto(series.address(name))
            expect(page.get_by_test_id("banner")).to_be_visible()
    finally:
        server.kill()
    server.check_log()
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {f"127.0.0.1:{server.port}"}
    assert [line for line in said if "Content Security Policy" in line] == []
