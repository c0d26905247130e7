"""A real Chromium, one server for most tests, and small series to draw on."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pydicom.uid import generate_uid

from core.annotation.store import AnnotationStore
from core.demo import write_demo_series
from core.dicom.reading import find_series
from core.home.opened_series import remember_series
from core.home.settings import default_url
from core.segments.segment import Code, Segment, default_color
from tests.support.app_server import Server

PERSON = "Test Person"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
_TIMEOUT_MS = 60_000
_FIRST, _COUNT = 12, 14  # slices of the demonstration series through its largest organs


@dataclass(frozen=True)
class DrawnSeries:
    """A short series with one segment, known to a server.

    Attributes
    ----------
    server : Server
        Which serves it.
    key : str
        Names it in addresses.
    uid : str
        As the store knows it.
    store : AnnotationStore
        Of the server, opened beside it.
    """

    server: Server
    key: str
    uid: str
    store: AnnotationStore

    def address(self, page: str = "annotate") -> str:
        """Address of a page with this series."""
        return f"{self.server.url}/{page}?series={self.key}"

    def mask(self, number: int) -> NDArray[np.bool_]:
        """Stored mask of a slice, counted from 1."""
        return self.store.slice(self.uid, 1, number - 1).mask


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


def new_home(folder: Path) -> Path:
    """Folder for a server that knows the person."""
    home = folder / "home"
    home.mkdir()
    (home / "person.json").write_text(json.dumps({"person": PERSON}))
    return home


def add_series(server: Server, files: list[Path], name: str) -> DrawnSeries:
    """Give a server a copy of some slices as a series of its own, with one segment."""
    folder = server.home / "series" / name
    folder.mkdir(parents=True)
    uid = generate_uid()
    for path in files:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / path.name)
    summary = find_series(folder)[0]
    store = AnnotationStore(default_url(server.home))
    store.open_series(
        summary.uid,
        [record.sop_instance_uid for record in summary.records],
        summary.rows,
        summary.columns,
    )
    liver = Segment(1, "Liver", default_color(1), _STRUCTURE, Code("10200004", "SCT", "Liver"))
    store.save_segment(summary.uid, liver, PERSON)
    opened = remember_series(server.home, summary.uid, folder)
    return DrawnSeries(server, opened.key, summary.uid, store)
