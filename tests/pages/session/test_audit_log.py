"""What people do on pages is in the audit log, without patient data."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from core.annotation.actions import save_drawing
from core.annotation.database import writing
from core.annotation.store import AnnotationStore
from core.audit.entries import Action, read_entries
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from tests.support.mounted_disk import mounted_disk
from tests.support.pages import PERSON, OpenPage, press


def test_opening_a_series_is_recorded_once_for_each_visit(
    store: AnnotationStore, opened: OpenedSeries, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=opened.key)
    app.run()
    entries = read_entries(store.database)
    assert [(one.action, one.subject, one.person) for one in entries] == [
        (Action.SERIES_OPENED, opened.key, PERSON)
    ]
    open_page("review", series=opened.key)
    assert len(read_entries(store.database)) == 2


def test_an_export_is_recorded_without_names_of_the_patient(
    store: AnnotationStore,
    opened: OpenedSeries,
    demo_summary: SeriesSummary,
    open_page: OpenPage,
    disk: Callable[[float], NDArray[np.bool_]],
) -> None:
    save_drawing(store, demo_summary.uid, 1, 20, disk(30), person=PERSON, tool="brush")
    press(open_page("export", series=opened.key), "Create DICOM-SEG")
    newest, *_ = entries = read_entries(store.database)
    assert (newest.action, newest.subject) == (Action.EXPORT_CREATED, opened.key)
    assert newest.detail.endswith(", 1 segment")
    for secret in (demo_summary.uid, demo_summary.patient_name, demo_summary.patient_id):
        assert secret
        assert all(secret not in str(entry) for entry in entries)


@pytest.fixture
def drawn(
    store: AnnotationStore, demo_summary: SeriesSummary, disk: Callable[[float], NDArray[np.bool_]]
) -> None:
    """Something to export."""
    save_drawing(store, demo_summary.uid, 1, 20, disk(30), person=PERSON, tool="brush")


@pytest.mark.usefixtures("drawn")
def test_an_export_that_could_not_be_copied_is_neither_there_nor_recorded(
    home: Path,
    store: AnnotationStore,
    opened: OpenedSeries,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mounted_disk("8k") as full:
        (full / "other").write_bytes(bytes(8192))
        monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(full))
        app = open_page("export", series=opened.key)
        app.text_input[0].set_value(str(full)).run()
        press(app, "Create DICOM-SEG")
        assert "No space left on device" in app.error[0].value
    assert not list((home / "exports").rglob("*.dcm"))
    assert read_entries(store.database)[0].action == Action.SERIES_OPENED


@pytest.mark.usefixtures("drawn")
def test_an_export_that_cannot_be_recorded_is_not_there(
    home: Path, store: AnnotationStore, opened: OpenedSeries, open_page: OpenPage
) -> None:
    app = open_page("export", series=opened.key)
    refusing = "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    with writing(store.database) as connection:
        connection.execute(text(f"CREATE TRIGGER no BEFORE INSERT ON audit_entry {refusing}"))
    press(app, "Create DICOM-SEG")
    assert "Nothing was exported" in app.error[0].value
    assert not list((home / "exports").rglob("*.dcm"))
