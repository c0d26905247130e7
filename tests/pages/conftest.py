"""The app in a folder of its own, driven without a browser."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.demo import write_demo_series
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series, read_series
from core.dicom.series import Series, SeriesSummary
from core.home.opened_series import OpenedSeries, remember_series
from core.home.settings import Settings, default_url
from pages.server.request_checks import RequestChecks
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.work import Work
from tests.support.pages import PERSON, OpenPage
from tests.support.segments import LIVER_SEGMENT

ROOT = Path(__file__).resolve().parents[2]
FIRST, SLICES = 18, 6  # of the demonstration series, through the liver


@pytest.fixture(scope="session", autouse=True)
def checks_in_front() -> None:
    """Have the check of requests in front, as the pages ask for, though no request is sent."""
    RequestChecks(Starlette())


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    folder.mkdir()
    write_demo_series(folder)
    return folder


@pytest.fixture(scope="session")
def demo_summary(demo_files: Path) -> SeriesSummary:
    return find_series(demo_files)[0]


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of an app that nobody has used yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("SLICEWISE_HOME", str(home))
    for name in ("SLICEWISE_DATABASE", "SLICEWISE_DATA_ROOTS", "SLICEWISE_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLICEWISE_DEVICE", "cpu")
    return home


@pytest.fixture
def home(empty_home: Path, demo_files: Path) -> Path:
    """Folder of an app that knows the person and the demonstration series."""
    empty_home.mkdir()
    (empty_home / "person.json").write_text(json.dumps({"person": PERSON}))
    shutil.copytree(demo_files, empty_home / "demo")
    return empty_home


@pytest.fixture
def opened(home: Path, demo_summary: SeriesSummary) -> OpenedSeries:
    """The demonstration series, opened before."""
    return remember_series(home, demo_summary.uid, home / "demo")


@pytest.fixture
def store(home: Path, demo_summary: SeriesSummary) -> AnnotationStore:
    """Store of the app, in which the demonstration series has a segment."""
    store = AnnotationStore(default_url(home))
    store.open_annotation(
        demo_summary.uid,
        [record.sop_instance_uid for record in demo_summary.records],
        demo_summary.rows,
        demo_summary.columns,
    )
    store.save_segment(demo_summary.uid, LIVER_SEGMENT, PERSON)
    return store


@pytest.fixture
def open_page() -> OpenPage:
    """Open a page of the app the way its address does, with a query or without."""

    def open_it(page: str = "series", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "navigation.py"), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page != "series":
            app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def disk() -> Callable[[float], NDArray[np.bool_]]:
    """Make a mask of the demonstration series: a disk in the middle."""

    def make(radius: float) -> NDArray[np.bool_]:
        rows, columns = np.ogrid[:256, :256]
        return np.asarray((rows - 128) ** 2 + (columns - 100) ** 2 < radius**2)

    return make


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    folder = tmp_path_factory.mktemp("demonstration")
    write_demo_series(folder)
    files = find_series(folder)[0].files
    for path in files[:FIRST] + files[FIRST + SLICES :]:
        path.unlink()
    return read_series(find_series(folder)[0])


@pytest.fixture
def work(series: Series, tmp_path: Path) -> Work:
    """The series with one segment, opened by a person."""
    url = default_url(tmp_path)
    store = AnnotationStore(url)
    uids = [record.sop_instance_uid for record in series.slices]
    store.open_annotation(series.summary.uid, uids, series.summary.rows, series.summary.columns)
    store.save_segment(series.summary.uid, LIVER_SEGMENT, "anna")
    settings = Settings(tmp_path, url, "default", "cpu")
    opened = OpenedSeries("0" * 24, series.summary.uid, tmp_path)
    entrance = Entrance(settings, "anna", arrived=False)
    return Work(entrance, opened, SeriesReading(series.summary), store, PageMemory(opened.key))
