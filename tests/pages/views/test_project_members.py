"""Members of a project are shown to all of them, and changed by its administrators."""

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.audit.entries import Action, add_entry
from core.projects.members import members_of, remove_member, set_roles
from core.projects.projects import change_project
from core.projects.records import Role
from tests.support.pages import PERSON, OpenPage, press
from tests.support.project_page import open_section, project_of_ada, said, tables

LAST = "Somebody has to administer the project; give another member that role."
REFUSED = "This does not exist, or you may not do this; ask your administrator."


def roles(store: AnnotationStore, key: str, asking: str = "ada") -> dict[str, set[str]]:
    """Roles of all members by name."""
    return {one.person: set(one.roles) for one in members_of(store, key, asking)}


def choose(app: AppTest, person: str) -> AppTest:
    """Choose a person who is in the list."""
    (choice,) = [one for one in app.selectbox if one.label == "Person"]
    return choice.select(person).run()


def choose_roles(app: AppTest, *names: str) -> AppTest:
    """Choose roles by what they are called."""
    (choice,) = [one for one in app.button_group if "Annotate" in one.options]
    return choice.set_value(list(names)).run()


@pytest.fixture
def key(store: AnnotationStore) -> str:
    """Project that ada and the person administer, and anna annotates in."""
    key = project_of_ada(store, Role.ADMINISTER)
    set_roles(store, key, "anna", {Role.ANNOTATE}, "ada")
    return key


def test_a_role_is_given(store: AnnotationStore, key: str, open_page: OpenPage) -> None:
    app = choose(open_section(open_page, key, "Members"), "anna")
    press(choose_roles(app, Role.ANNOTATE, Role.REVIEW), "Save roles")
    assert roles(store, key)["anna"] == {Role.ANNOTATE, Role.REVIEW}
    assert said(app) == ["anna may annotate and review from now on\\."]


def test_people_who_have_signed_in_before_can_be_picked(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    add_entry(store.database, "rita@example.org", "192.0.2.1", Action.SIGN_IN)
    app = choose(open_section(open_page, key, "Members"), "rita@example.org")
    press(app, "Add member")
    assert roles(store, key)["rita@example.org"] == {Role.ANNOTATE}


def test_a_member_is_removed(store: AnnotationStore, key: str, open_page: OpenPage) -> None:
    app = choose(open_section(open_page, key, "Members"), "anna")
    press(app, "Remove anna")
    assert "anna" not in roles(store, key)


def test_the_last_administrator_stays(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = open_section(open_page, key, "Members")
    remove_member(store, key, "ada", "ada")
    press(choose_roles(choose(app, PERSON), Role.ANNOTATE), "Save roles")
    assert said(app) == [LAST.replace(".", "\\.")]
    app = open_section(open_page, key, "Members")
    press(app, "Leave")
    assert said(app) == [LAST.replace(".", "\\.")]
    assert roles(store, key, PERSON)[PERSON] == {Role.ADMINISTER}


def test_a_member_without_any_role_is_refused_in_a_sentence(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = choose(open_section(open_page, key, "Members"), "anna")
    press(choose_roles(app), "Save roles")
    assert "A member has at least one role" in said(app)[0]
    assert roles(store, key)["anna"] == {Role.ANNOTATE}


def test_whoever_lost_the_role_meanwhile_is_refused(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    app = choose(open_section(open_page, key, "Members"), "anna")
    choose_roles(app, Role.ANNOTATE, Role.ADMINISTER)
    button = next(one for one in app.button if one.label == "Save roles")
    set_roles(store, key, PERSON, {Role.ANNOTATE}, "ada")
    button.click().run()
    assert not app.exception
    assert roles(store, key)["anna"] == {Role.ANNOTATE}
    assert not [one for one in app.button if one.label in ("Save roles", "Add member")]


def test_members_who_do_not_administer_read_only(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.REVIEW)
    app = open_section(open_page, key, "Members")
    assert "ada" in tables(app)
    assert not [one for one in app.selectbox if one.label == "Person"]
    press(app, "Leave")
    assert PERSON not in roles(store, key)


def test_members_of_an_archived_project_are_shown_and_not_changed(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    change_project(store, key, "ada", archived=True)
    app = open_section(open_page, key, "Members")
    assert "anna" in tables(app)
    assert not [one for one in app.selectbox if one.label == "Person"]


def test_markup_in_a_name_is_shown_as_it_is(
    store: AnnotationStore, key: str, open_page: OpenPage
) -> None:
    name = "<img src=x onerror=alert(1)> **b**"
    set_roles(store, key, name, {Role.ANNOTATE}, "ada")
    app = open_section(open_page, key, "Members")
    assert "<img" not in tables(app)
    assert "&lt;img src=x" in tables(app)
    press(choose_roles(choose(app, name), Role.REVIEW), "Save roles")
    assert said(app)[0].startswith("\\<img src=x")
    assert roles(store, key)[name] == {Role.REVIEW}


@pytest.mark.parametrize("name", ["anna\u202e", "a\x00b", "x" * 201])
def test_names_that_cannot_be_shown_are_refused(
    store: AnnotationStore, key: str, name: str
) -> None:
    with pytest.raises(ValueError, match="The name of a person"):
        set_roles(store, key, name, {Role.ANNOTATE}, "ada")
