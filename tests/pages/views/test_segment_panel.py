"""Changing a segment in the Edit menu."""

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.absence import is_absent
from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from core.segments.overlap_rules import OverlapRule
from tests.support.pages import PERSON, OpenPage, open_menu, press


@pytest.fixture
def app(opened: OpenedSeries, store: AnnotationStore, open_page: OpenPage) -> AppTest:
    """The annotate page with the demonstration series and one segment."""
    return open_page("annotate", series=opened.key)


def test_the_rule_for_overlaps_is_chosen_and_stored(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    open_menu(app, "Edit")
    choice = next(one for one in app.selectbox if one.label == "Overlap with other segments")
    assert choice.value is OverlapRule.UNLOCKED
    choice.set_value(OverlapRule.ALLOW)
    press(app, "Save")
    assert store.segments(demo_summary.uid)[0].overlap is OverlapRule.ALLOW


def test_a_structure_is_stated_to_be_nowhere_and_undo_takes_it_back(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    press(open_menu(app, "Edit"), "Not in this series")
    annotation = store.annotation(demo_summary.uid)
    assert is_absent(annotation, 1, demo_summary.slices)
    open_menu(app, "Edit")
    assert next(one for one in app.button if one.label == "Not in this series").disabled
    store.undo(demo_summary.uid, PERSON)
    assert not is_absent(store.annotation(demo_summary.uid), 1, demo_summary.slices)
