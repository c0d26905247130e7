"""What people do on pages is in the audit log, without patient data."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.annotation.actions import save_drawing
from core.annotation.store import AnnotationStore
from core.audit.entries import Action, read_entries
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
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
    for text in (demo_summary.uid, demo_summary.patient_name, demo_summary.patient_id):
        assert text
        assert all(text not in str(entry) for entry in entries)
