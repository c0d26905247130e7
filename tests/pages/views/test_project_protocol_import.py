"""A protocol is imported from a list, once an administrator has seen what becomes of it."""

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.projects.protocols import protocol_of, read_protocol_segments, set_protocol
from core.projects.records import Role
from tests.support.pages import OpenPage, press
from tests.support.project_page import open_section, project_of_ada, said, tables


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Project with a protocol of two segments, which the person administers."""
    key = project_of_ada(store, Role.ADMINISTER)
    set_protocol(store, key, read_protocol_segments(b"label\nLiver\nSpleen\n"), "All.", "ada")
    return key


def choose(app: AppTest, content: bytes, name: str = "list.csv") -> AppTest:
    """Open the choice and upload a list."""
    press(app, "Import list…")
    next(one for one in app.file_uploader if one.label == "CSV or JSON").set_value(
        (name, content, "text/csv")
    )
    return app.run()


def names(store: AnnotationStore, key: str) -> list[str]:
    """Names of the segments of the newest protocol."""
    return [one.label for one in protocol_of(store, key, "ada").segments]


def test_what_changes_is_shown_before_it_is_done(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    content = b"label,instructions\nLiver,Include the dome.\nAorta,\n"
    app = choose(open_section(open_page, key, "Protocol"), content)
    assert ">changed<" in tables(app)
    assert ">new<" in tables(app)
    assert "Spleen" in app.warning[0].value
    assert names(store, key) == ["Liver", "Spleen"]
    press(app, "Use 2 segments")
    assert names(store, key) == ["Liver", "Aorta"]
    assert protocol_of(store, key, "ada").instructions == "All."


def test_new_segments_are_added_behind_those_that_are_there(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    content = b'[{"label": "Aorta"}, {"label": "Spleen"}]'
    app = choose(open_section(open_page, key, "Protocol"), content, "list.json")
    next(one for one in app.radio if one.label == "What to do").set_value(
        "Add those that are new"
    ).run()
    press(app, "Use 3 segments")
    assert names(store, key) == ["Liver", "Spleen", "Aorta"]


def test_every_line_that_is_wrong_is_named_and_nothing_changes(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    content = f"label,meaning,code\n=1,,\nLiver,,\nA,{'x' * 65},1\n".encode()
    app = choose(open_section(open_page, key, "Protocol"), content)
    (told,) = said(app)
    assert "Line 2" in told
    assert "Line 4" in told
    assert "Line 3" not in told
    assert not [one for one in app.button if one.label.startswith("Use ")]
    assert names(store, key) == ["Liver", "Spleen"]


def test_a_protocol_that_somebody_else_changed_meanwhile_is_not_replaced(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = choose(open_section(open_page, key, "Protocol"), b"label\nAorta\n")
    button = next(one for one in app.button if one.label == "Use 1 segment")
    set_protocol(store, key, read_protocol_segments(b"label\nLung\n"), "All.", "ada")
    button.click().run()
    assert not app.exception
    assert names(store, key) == ["Lung"]
    # Whoever still wants the list sees first what it would replace.
    assert "Lung" in app.warning[0].value
    press(app, "Use 1 segment")
    assert names(store, key) == ["Aorta"]
