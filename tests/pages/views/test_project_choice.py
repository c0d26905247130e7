"""A project is created on its page, and whoever creates it has all roles."""

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.projects.projects import create_project, projects_of
from core.projects.records import Role
from tests.support.pages import PERSON, OpenPage, press
from tests.support.project_page import project_of_ada, said, sections


def create(app: AppTest, name: str) -> AppTest:
    """Fill in the form and send it."""
    next(one for one in app.text_input if one.label == "Name").set_value(name)
    return press(app, "Create project")


def test_the_first_project_is_created_and_shown(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    app = create(open_page("project"), "Livers 2026")
    (project,) = projects_of(store, PERSON)
    assert (project.name, project.roles) == ("Livers 2026", frozenset(Role))
    assert app.query_params["project"] == project.key
    assert "Settings" in sections(app)


def test_a_further_project_is_created_beside_others(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    project_of_ada(store, Role.ANNOTATE)
    app = create(open_page("project"), "Kidneys")
    kidneys = next(one for one in projects_of(store, PERSON) if one.name == "Kidneys")
    assert app.query_params["project"] == kidneys.key


@pytest.mark.parametrize(
    ("name", "why"), [("  ", "between 1 and 100"), ("Livers\u202e", "control characters")]
)
def test_names_that_are_refused_say_why(
    store: AnnotationStore, open_page: OpenPage, name: str, why: str
) -> None:
    app = create(open_page("project"), name)
    assert why in said(app)[0]
    assert projects_of(store, PERSON) == []


def test_the_project_shown_last_is_shown_on_the_next_page(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    keys = [project_of_ada(store, Role.ANNOTATE) for _ in range(3)]
    app = open_page("project", project=keys[1])
    app.query_params.clear()
    app.switch_page("pages/worklist.py").run()
    assert not app.exception
    assert app.query_params["project"] in (keys[1], [keys[1]])


@pytest.mark.parametrize(("page", "label"), [("project", "Project"), ("series", "Series go into")])
def test_projects_of_one_name_are_told_apart(
    store: AnnotationStore, open_page: OpenPage, page: str, label: str
) -> None:
    keys = [create_project(store, "Livers", PERSON).key for _ in range(2)]
    choice = next(one for one in open_page(page).selectbox if one.label == label)
    offered = [name for name in choice.options if name.startswith("Livers")]
    assert sorted(offered) == sorted(f"Livers · {key[:6]}" for key in keys)
