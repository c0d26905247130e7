"""A real Chromium, one server for most tests, and small series to draw on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.annotation.store import AnnotationStore
from core.demo import write_demo_series
from core.dicom.reading import find_series
from core.home.settings import default_url
from tests.support.app_server import Server
from tests.support.browser_connection import Connection
from tests.support.drawn_series import DrawnSeries, add_series, new_home
from tests.support.signed_in import redirect_uri, start_provider, with_sign_in

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TIMEOUT_MS = 60_000
_FIRST, _COUNT = 12, 14  # slices of the demonstration series through its largest organs


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=_TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 1360, "height": 900}, accept_downloads=True, color_scheme="light"
    )
    context.set_default_timeout(_TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def demo_slices(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of some slices of the demonstration series, in position order."""
    folder = tmp_path_factory.mktemp("demonstration")
    write_demo_series(folder)
    return list(find_series(folder)[0].files[_FIRST : _FIRST + _COUNT])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows the person, shared by the tests that leave it alive."""
    server = Server(new_home(tmp_path_factory.mktemp("shared")))
    yield server.start()
    server.kill()
    server.check_log()


@pytest.fixture(scope="module")
def sign_in_server(
    openid_provider_program: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that people sign in to by way of a real OpenID provider."""
    server = Server(new_home(tmp_path_factory.mktemp("signed")))
    provider = start_provider(openid_provider_program, redirect_uri(server))
    yield with_sign_in(server, provider.port, provider.secret).start()
    server.kill()
    provider.end()
    server.check_log()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server for one test, which may kill it."""
    server = Server(new_home(tmp_path))
    yield server.start()
    server.kill()
    server.check_log()


@pytest.fixture
def series(server: Server, demo_slices: list[Path], request: pytest.FixtureRequest) -> DrawnSeries:
    """A short series of its own for the test, on the shared server."""
    return add_series(server, demo_slices, re.sub(r"\W+", "-", request.node.name))


@pytest.fixture
def connection(series: DrawnSeries) -> Iterator[Connection]:
    """A connection to the server that can be cut."""
    connection = Connection(series.server.port)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def team_variables() -> dict[str, str]:
    """Variables of `team_server`; tests of a module that needs some say which."""
    return {}


@pytest.fixture(scope="module")
def team_server(
    tmp_path_factory: pytest.TempPathFactory, team_variables: dict[str, str]
) -> Iterator[Server]:
    """A server of its own for each module, to which people come with the cookie of a sign-in."""
    server = Server(new_home(tmp_path_factory.mktemp("team")), variables=team_variables)
    yield with_sign_in(server, 1, "no provider answers").start()
    server.kill()
    server.check_log()


@pytest.fixture
def store(team_server: Server) -> Iterator[AnnotationStore]:
    """Store of `team_server`, opened beside it."""
    store = AnnotationStore(default_url(team_server.home))
    yield store
    store.close()
