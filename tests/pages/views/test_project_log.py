"""The audit log is read on the page by whom it concerns."""

from datetime import UTC, datetime, timedelta

import pytest

from core.annotation.store import AnnotationStore
from core.audit.entries import Action, add_entry
from core.projects.members import set_roles
from core.projects.projects import create_project
from core.projects.records import Role
from tests.support.pages import OpenPage, shown
from tests.support.project_page import open_section, project_of_ada, show_section, tables


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Project that the person administers, beside one that is not theirs."""
    create_project(store, "Kidneys", "walter")
    key = project_of_ada(store, Role.ADMINISTER)
    set_roles(store, key, "anna", {Role.ANNOTATE}, "ada")
    return key


def test_administrators_of_a_project_see_its_entries_alone(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    add_entry(store.database, "walter", "192.0.2.1", Action.SIGN_IN)
    app = open_section(open_page, key, "Log")
    assert "anna: annotate" in tables(app)
    assert "walter" not in tables(app)


def test_the_one_person_of_a_machine_sees_everything(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    assert "walter" in tables(open_section(open_page, key, "Server log"))


def test_entries_are_chosen_by_person_action_and_day(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Server log")
    (person,) = [one for one in app.text_input if one.label == "Person"]
    person.set_value("walter").run()
    assert "project created" in tables(app)
    assert "ada" not in tables(app)
    (action,) = [one for one in app.selectbox if one.label == "What"]
    action.select("member added").run()
    assert "Nothing was recorded that fits this choice." in shown(app)
    person.set_value("").run()
    assert "anna: annotate" in tables(app)
    today = datetime.now(UTC).date()
    first, last = app.date_input
    last.set_value(today - timedelta(days=1)).run()
    assert "Nothing was recorded that fits this choice." in shown(app)
    last.set_value(today).run()
    first.set_value(today).run()
    assert "anna: annotate" in tables(app)


def test_more_is_shown_on_request(store: AnnotationStore, key: str, open_page: OpenPage) -> None:
    for number in range(120):
        add_entry(store.database, "ada", "192.0.2.1", Action.SIGN_IN, detail=f"number-{number}-")
    app = open_section(open_page, key, "Server log")
    assert "number-119-" in tables(app)
    assert "number-5-" not in tables(app)
    next(one for one in app.button if one.label == "Show more").click().run()
    assert "number-5-" in tables(app)


def test_markup_in_entries_is_shown_as_it_is(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    set_roles(store, key, "<script>alert(1)</script>", {Role.ANNOTATE}, "ada")
    app = show_section(open_section(open_page, key), "Log")
    assert "&lt;script&gt;" in tables(app)
    assert "<script>" not in tables(app)
