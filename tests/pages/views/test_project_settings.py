"""Administrators change, archive and delete a project as a whole."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.projects.projects import change_project, project_for, projects_of, set_retention
from core.projects.records import Project, Role
from tests.support.pages import PERSON, OpenPage, press
from tests.support.project_page import open_section, project_of_ada, said


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Project that the person administers."""
    return project_of_ada(store, Role.ADMINISTER)


def project(store: AnnotationStore, key: str) -> Project:
    """The project as it is now."""
    return project_for(store, key, "ada")


def number(app: AppTest, words: str) -> Any:
    """Field for a number, by what its label contains."""
    (field,) = [one for one in app.number_input if words in one.label]
    return field


def test_name_share_and_retention_are_saved(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Settings")
    next(one for one in app.text_input if one.value == "Livers").set_value("Livers 2026")
    number(app, "percent").set_value(20)
    number(app, "Days").set_value(90)
    press(app, "Save")
    found = project(store, key)
    assert (found.name, found.second_reading_share, found.retention_days) == (
        "Livers 2026",
        0.2,
        90,
    )


def test_a_share_that_the_page_cannot_show_exactly_stays(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    change_project(store, key, "ada", second_reading_share=1 / 3)
    press(open_section(open_page, key, "Settings"), "Save")
    assert project(store, key).second_reading_share == 1 / 3


def test_a_project_is_kept_again(store: AnnotationStore, key: str, open_page: OpenPage) -> None:
    set_retention(store, key, "ada", 90)
    app = open_section(open_page, key, "Settings")
    number(app, "Days").set_value(0)
    press(app, "Save")
    assert project(store, key).retention_days is None


def test_a_blank_name_is_refused_in_a_sentence(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Settings")
    next(one for one in app.text_input if one.value == "Livers").set_value(" ")
    press(app, "Save")
    assert "between 1 and 100 characters" in said(app)[0]
    assert project(store, key).name == "Livers"


def test_a_project_is_archived_and_brought_back(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = press(open_section(open_page, key, "Settings"), "Archive the project")
    assert project(store, key).archived
    press(app, "Bring it back")
    assert not project(store, key).archived


def test_only_an_archived_project_is_deleted_and_only_by_its_name(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Settings")
    assert not [one for one in app.button if one.label == "Delete the project"]
    press(app, "Archive the project")
    assert [one.disabled for one in app.button if one.label == "Delete the project"] == [True]
    confirm(app, "livers")
    press(app, "Delete the project")
    assert "not the name" in said(app)[0]
    confirm(app, "Livers")
    press(app, "Delete the project")
    assert projects_of(store, PERSON, archived=True) == []
    assert "project" not in app.query_params


def confirm(app: AppTest, name: str) -> None:
    """Type the name of the project that is to be deleted."""
    (field,) = [one for one in app.text_input if one.label.startswith("Type its name")]
    field.set_value(name).run()


def test_what_stays_is_told_before_it_is_deleted(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    change_project(store, key, "ada", archived=True)
    app = open_section(open_page, key, "Settings")
    assert "What stays: uploaded images" in "".join(one.value for one in app.caption)
