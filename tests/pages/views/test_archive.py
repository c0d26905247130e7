"""The archive on the first and the last page, with a real Orthanc behind them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.home.opened_series import series_key
from core.pacs.cache import fetch_series, list_kept
from core.pacs.dicomweb import Query, search
from core.pacs.settings import Archive
from tests.support.orthanc import Orthanc, give, write_archive
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.segments import LIVER_SEGMENT
from tests.support.stored_series import put_mask


@pytest.fixture
def server(orthanc_program: str, demo_files: Path, tmp_path: Path) -> Iterator[Orthanc]:
    orthanc = Orthanc(orthanc_program, tmp_path / "orthanc")
    try:
        give(orthanc.start(), demo_files)
        yield orthanc
    finally:
        orthanc.stop()


def searched(app: AppTest, patient_id: str) -> AppTest:
    next(one for one in app.text_input if one.label == "Patient ID").set_value(patient_id)
    return press(app, "Search")


def fetch_found(app: AppTest) -> AppTest:
    next(one for one in app.button if one.key == "archive-fetch-0").click()
    app.run()
    assert not app.exception
    return app


def test_without_settings_nothing_of_an_archive_is_shown(home: Path, open_page: OpenPage) -> None:
    assert "Search" not in [one.label for one in open_page().button]


def test_wrong_settings_are_told_where_the_archive_would_be(
    home: Path, open_page: OpenPage
) -> None:
    write_archive(home, "http://pacs.example.org/dicom-web")
    assert "unencrypted" in open_page().error[0].value


def test_search_open_draw_store_and_search_again(
    home: Path,
    server: Orthanc,
    demo_summary: SeriesSummary,
    store: AnnotationStore,
    open_page: OpenPage,
    disk: Callable[[float], NDArray[np.bool_]],
) -> None:
    write_archive(home, server.url)
    app = searched(open_page(), "nobody")
    assert "No series found." in shown(app)
    app = searched(app, demo_summary.patient_id)
    assert "48 instances" in shown(app)
    app = fetch_found(app)
    assert "48 × 256 × 256" in shown(app)
    press(app, "Open")
    put_mask(
        store,
        demo_summary.uid,
        LIVER_SEGMENT.number,
        10,
        mask=disk(30),
        state=SliceState.DRAWN,
        based_on=0,
        person=PERSON,
        tool="brush",
    )
    app = open_page("export", series=series_key(home, demo_summary.uid))
    app = press(app, "Create DICOM-SEG")

    # An archive that is gone meanwhile costs nothing but a message.
    server.stop()
    app = press(app, "Store in the archive")
    assert "does not answer" in app.error[0].value
    assert (store.slice(demo_summary.uid, LIVER_SEGMENT.number, 10).mask == disk(30)).all()
    server.start()
    app = press(app, "Store in the archive")
    assert app.success[-1].value == "Stored in the archive."

    app = searched(open_page(), demo_summary.patient_id)
    assert "segmentation" in [one.value for one in app.caption]
    fetchable = [one for one in app.button if str(one.key).startswith("archive-fetch")]
    assert len(fetchable) == 1

    archive = Archive(url=server.url)
    (found,) = search(archive, Query(study_uid=demo_summary.study_uid, modality="SEG"))
    folder = fetch_series(archive, found.study_uid, found.series_uid, home)
    (path,) = folder.iterdir()
    (segment,) = read_segmentation(path, read_series(demo_summary))
    assert (segment.masks[10] == disk(30)).all()


def test_an_archive_that_stops_is_told_and_copies_can_be_deleted(
    home: Path, server: Orthanc, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    write_archive(home, server.url)
    app = searched(open_page(), demo_summary.patient_id)
    server.stop()
    app = fetch_found(app)
    assert "does not answer" in app.error[0].value
    server.start()
    app = fetch_found(app)
    (copy,) = list_kept(home)
    assert find_series(copy.folder)[0].slices == 48
    next(one for one in app.button if one.key == f"archive-delete-{copy.folder.name}").click()
    app.run()
    assert not app.exception and list_kept(home) == []
