"""The protocol of a project is read by its members, and changed by its administrators."""

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.projects.projects import change_project
from core.projects.protocols import protocol_of, read_protocol_segments, set_protocol
from core.projects.records import Role
from core.segments.overlap_rules import OverlapRule
from tests.support.pages import PERSON, OpenPage, elements, press
from tests.support.project_page import open_section, project_of_ada, said, tables

CSV = b"label,instructions\nLiver,Include the dome.\nSpleen,\nAorta,\n"


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Project with a protocol of three segments, which the person administers."""
    key = project_of_ada(store, Role.ADMINISTER)
    set_protocol(store, key, read_protocol_segments(CSV), "Use the venous phase.", "ada")
    return key


def names(store: AnnotationStore, key: str) -> list[str]:
    """Names of the segments of the newest protocol."""
    return [one.label for one in protocol_of(store, key, "ada").segments]


def fill(app: AppTest, kind: str, label: str, value: str) -> AppTest:
    """Fill in the last field with a label: menus that add come before those that edit."""
    field = [one for one in elements(app, kind) if one.label == label][-1]
    field.set_value(value)
    return app.run()


def test_members_read_it(store: AnnotationStore, open_page: OpenPage) -> None:
    key = project_of_ada(store, Role.ANNOTATE)
    set_protocol(store, key, read_protocol_segments(CSV), "Use the venous phase.", "ada")
    app = open_section(open_page, key, "Protocol")
    assert "Include the dome." in tables(app)
    assert "SNOMED CT 10200004" in tables(app)
    assert "Use the venous phase." in [one.value for one in app.text]
    assert {one.label for one in elements(app, "download_button")} == {"As CSV", "As JSON"}
    assert not [one for one in app.button if one.label in ("Add segment", "Save")]
    assert not app.text_area


def test_nobody_changes_it_in_an_archived_project(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    change_project(store, key, "ada", archived=True)
    assert not open_section(open_page, key, "Protocol").text_area


def test_a_segment_is_found_by_its_name_and_added(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Protocol")
    next(one for one in app.text_input if one.label == "Structure").set_value("left kidney").run()
    app.text_area[0].set_value("Without the pelvis.").run()
    press(app, "Add segment")
    added = protocol_of(store, key, PERSON).segments[-1]
    assert (added.label, added.type.value) == ("Left kidney", "64033007")
    assert added.instructions == "Without the pelvis."


def test_a_segment_is_changed(store: AnnotationStore, key: str, open_page: OpenPage) -> None:
    app = open_section(open_page, key, "Protocol")
    next(one for one in app.selectbox if one.label == "Segment").select_index(1).run()
    fill(app, "text_input", "Name", "Splenic tissue")
    fill(app, "text_area", "Instructions", "Without accessory spleens.")
    rules = [one for one in app.selectbox if one.label == "Overlap with other segments"][-1]
    rules.select(OverlapRule.ALLOW).run()
    press(app, "Save")
    _, spleen, _ = protocol_of(store, key, PERSON).segments
    assert (spleen.label, spleen.overlap) == ("Splenic tissue", OverlapRule.ALLOW)
    assert spleen.instructions == "Without accessory spleens."
    assert spleen.type.meaning == "Spleen"


@pytest.mark.parametrize(
    ("place", "button", "after"),
    [
        (1, "Move up", ["Spleen", "Liver", "Aorta"]),
        (1, "Move down", ["Liver", "Aorta", "Spleen"]),
        (0, "Move down", ["Spleen", "Liver", "Aorta"]),
        (2, "Move up", ["Liver", "Aorta", "Spleen"]),
        (1, "Remove", ["Liver", "Aorta"]),
    ],
)
def test_segments_are_moved_and_removed(
    store: AnnotationStore,
    key: str,
    open_page: OpenPage,
    place: int,
    button: str,
    after: list[str],
) -> None:
    app = open_section(open_page, key, "Protocol")
    next(one for one in app.selectbox if one.label == "Segment").select_index(place).run()
    press(app, button)
    assert names(store, key) == after


def test_a_segment_that_begins_like_a_formula_is_refused(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Protocol")
    press(fill(app, "text_input", "Name", "=1+1"), "Save")
    assert "formula" in said(app)[0]
    assert names(store, key) == ["Liver", "Spleen", "Aorta"]


def test_instructions_for_all_are_saved(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Protocol")
    next(one for one in app.text_area if one.label == "For all segments").set_value("Be quick.")
    press(app, "Save instructions")
    found = protocol_of(store, key, PERSON)
    assert (found.version, found.instructions, len(found.segments)) == (2, "Be quick.", 3)


def test_an_earlier_version_is_looked_at_and_used_again(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    set_protocol(store, key, read_protocol_segments(b"label\nLung\n"), "", "ada")
    app = open_section(open_page, key, "Protocol")
    (choice,) = [one for one in app.selectbox if one.label == "Versions"]
    choice.select(1).run()
    assert "Include the dome." in tables(app)
    press(app, "Use this version again")
    assert names(store, key) == ["Liver", "Spleen", "Aorta"]
    assert protocol_of(store, key, PERSON).version == 3
