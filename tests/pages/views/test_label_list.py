"""Segments are added from a label list that a person uploads."""

from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from tests.support.pages import OpenPage, open_menu

LIST = b"label,code,meaning,side,color\nLiver,,,,\nKidney,64033007,Kidney,left,#0072b2\n"


def choose(app: AppTest, content: bytes) -> AppTest:
    """Open the choice and upload a list."""
    open_menu(app, "Add")
    next(one for one in app.button if one.label == "Add from a label list…").click().run()
    next(one for one in app.file_uploader if one.label == "CSV or JSON").set_value(
        ("list.csv", content, "text/csv")
    )
    return app.run()


def test_segments_of_a_list_are_added_with_codes_and_colours(
    opened: OpenedSeries, store: AnnotationStore, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    app = choose(open_page("annotate", series=opened.key), LIST)
    assert not app.exception
    (chosen,) = [one for one in app.multiselect if one.label == "Segments to add"]
    # The series has a liver already.
    assert chosen.options == ["Liver (Liver)", "Kidney (Kidney, left)"]
    assert chosen.value == [1]
    app.button(key="label-list-add").click().run()
    assert not app.exception
    added = store.segments(demo_summary.uid)[-1]
    assert (added.label, added.type.value, added.color) == ("Kidney", "64033007", (0, 114, 178))
    assert added.type_modifier is not None and added.type_modifier.meaning == "Left"
    assert "Added 1 segment." in [one.value for one in app.toast]


def test_what_is_wrong_with_a_list_is_told_and_nothing_is_added(
    opened: OpenedSeries, store: AnnotationStore, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    before = store.segments(demo_summary.uid)
    app = choose(open_page("annotate", series=opened.key), b"label\nno such thing\n")
    (told,) = [one.value for one in app.error]
    assert "no code is known" in told
    assert store.segments(demo_summary.uid) == before
