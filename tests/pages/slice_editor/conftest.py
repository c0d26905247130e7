"""A small part of the demonstration series with a store, as a page has it."""

from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.demo import write_demo_series
from core.dicom.reading import find_series, read_series
from core.dicom.series import Series
from core.home.opened_series import OpenedSeries
from core.home.settings import Settings, default_url
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.work import Work
from tests.support.segments import LIVER_SEGMENT

FIRST, SLICES = 18, 6  # of the demonstration series, through the liver


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
    store.open_series(series.summary.uid, uids, series.summary.rows, series.summary.columns)
    store.save_segment(series.summary.uid, LIVER_SEGMENT, "anna")
    settings = Settings(tmp_path, url, "default", "cpu")
    opened = OpenedSeries("0" * 24, series.summary.uid, tmp_path)
    return Work(
        Entrance(settings, "anna", arrived=False), opened, series, store, PageMemory(opened.key)
    )
