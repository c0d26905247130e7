"""Nothing that the browser of somebody signed in has asked for is answered to anybody else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from tests.support.app_server import Server
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.raw_requests import ask, open_websocket
from tests.support.signed_in import give_session, new_session, with_sign_in
from tests.support.slice_editor_driver import draw, wait_until_drawable, wait_until_saved

pytestmark = pytest.mark.browser

ANNA, FOREIGN = "anna@example.org", "foreign@elsewhere.example.org"
PAGES = ("", "series", "worklist", "annotate", "review", "export", "project")
SQUARE = [(60, 60), (120, 60), (120, 120), (60, 120)]
KINDS = ("/media/", "/_stcore/upload_file/", "/scripts/slice-editor/", "/static/", "/_stcore/")
OPEN = ("/_stcore/health",)

# What a page learns of addresses and of the websocket.
ATTEMPTS = """async ([addresses, stream]) => {
  const socket = await new Promise((done) => {
    const tried = new WebSocket(stream, ["streamlit"]);
    tried.onopen = () => done("open");
    tried.onerror = () => done("refused");
  });
  const ask = (address) => fetch(address).then((answer) => answer.status);
  return { socket, statuses: await Promise.all(addresses.map(ask)) };
}"""


@dataclass
class Visit:
    """What somebody signed in has seen: every request, the websockets, and the series."""

    server: Server
    series: DrawnSeries
    requests: set[tuple[str, str]] = field(default_factory=set)
    websockets: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> None:
        """Note what a page asks for."""
        page.on("request", lambda one: self.requests.add((one.method, local(one.url))))
        page.on("websocket", lambda one: self.websockets.add(local(one.url)))


def local(url: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.fixture(scope="module")
def signed_in_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(new_home(tmp_path_factory.mktemp("closed")))
    server.variables["SLICEWISE_PEOPLE"] = "@example.org"
    yield with_sign_in(server, 1, "no provider answers").start()
    server.kill()
    server.check_log()


@pytest.fixture(scope="module")
def visit(browser: Browser, signed_in_server: Server, demo_slices: list[Path]) -> Visit:
    """A whole job of somebody who is signed in, from an upload to a file."""
    server = signed_in_server
    done = Visit(server, add_series(server, demo_slices, "seen"))
    context = browser.new_context(viewport={"width": 1360, "height": 900}, accept_downloads=True)
    give_session(context, server, new_session(server.home, ANNA, server.url))
    page = context.new_page()
    page.set_default_timeout(60_000)
    done.watch(page)
    page.goto(server.url)
    chooser = page.locator('[data-testid="stFileUploader"] input[type="file"]').first
    chooser.set_input_files(demo_slices[:3])
    expect(page.locator('[data-testid="stFileChip"]')).to_have_count(3)
    expect(page.locator('[data-testid="stFileChipIconSpinner"]')).to_have_count(0)
    page.get_by_role("button", name="Upload and list series").click()
    expect(page.get_by_text("Stored 3 files")).to_be_visible()
    page.goto(done.series.address())
    wait_until_drawable(page)
    draw(page, SQUARE)
    wait_until_saved(page)
    page.goto(done.series.address("review"))
    expect(page.get_by_test_id("banner")).to_be_visible()
    page.goto(done.series.address("export"))
    page.get_by_role("button", name="Create DICOM-SEG").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download slicewise").click()
    done.requests.add(("GET", local(download.value.url)))
    context.close()
    done.requests = {(method, path) for method, path in done.requests if path not in OPEN}
    for kind in KINDS:
        assert any(path.startswith(kind) for _, path in done.requests), kind
    assert done.websockets == {"/_stcore/stream"}
    return done


@pytest.fixture(params=["signed out", "expired", "foreign"])
def stranger(request: pytest.FixtureRequest, visit: Visit) -> str:
    """Cookie of somebody who gets nothing; empty for none."""
    home, origin = visit.server.home, visit.server.url
    if request.param == "expired":
        return new_session(home, ANNA, origin, lasts_s=-1)
    return new_session(home, FOREIGN, origin) if request.param == "foreign" else ""


@pytest.fixture
def context(browser: Browser, visit: Visit, stranger: str) -> Iterator[BrowserContext]:
    context = browser.new_context()
    if stranger:
        give_session(context, visit.server, stranger)
    yield context
    context.close()


def test_no_request_of_somebody_signed_in_is_answered_to_others(
    visit: Visit, stranger: str
) -> None:
    server = visit.server
    headers = [("Host", f"127.0.0.1:{server.port}"), ("Origin", server.url)]
    if stranger:
        headers.append(("Cookie", f"{USER_COOKIE_NAME}={stranger}"))
    for method, path in visit.requests:
        answer = ask(server.port, path, *headers, method=method)
        assert (answer.status, answer.body) == (401, b"Sign in first."), (method, path)
    for path in visit.websockets:
        assert open_websocket(server.port, path, *headers).status == 403


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_nothing_but_that_one_must_sign_in(
    page: Page, visit: Visit, stranger: str, name: str
) -> None:
    server = visit.server
    asked = Visit(server, visit.series)
    asked.watch(page)
    page.goto(visit.series.address(name))
    if FOREIGN in page.content():
        expect(page.get_by_role("link", name="Sign out")).to_be_visible()
    else:
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_count(0)
    assert asked.websockets == set()
    images = sorted(path for _, path in visit.requests if path.startswith(("/media/", "/static/")))
    stream = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    learned = page.evaluate(ATTEMPTS, [images, stream])
    assert learned == {"socket": "refused", "statuses": [401] * len(images)}
