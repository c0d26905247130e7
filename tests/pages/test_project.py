"""The page of projects shows one project of the person, and no other."""

from core.annotation.store import AnnotationStore
from core.projects.members import remove_member, set_roles
from core.projects.projects import change_project, create_project
from core.projects.records import Role
from tests.support.pages import PERSON, OpenPage
from tests.support.project_page import open_section, project_of_ada, said, sections

REFUSED = "This does not exist, or you may not do this; ask your administrator."


def test_administrators_see_all_sections_and_other_members_none_of_administration(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.ANNOTATE)
    assert sections(open_section(open_page, key))[:3] == ["Progress", "Protocol", "Members"]
    assert not {"Settings", "Log"} & set(sections(open_section(open_page, key)))
    set_roles(store, key, PERSON, {Role.ADMINISTER}, "ada")
    assert {"Settings", "Log"} <= set(sections(open_section(open_page, key)))


def test_a_project_of_others_is_refused_like_one_that_does_not_exist(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    foreign = create_project(store, "Secret study", "ada").key
    for key in (foreign, "0" * 32, "'; DROP TABLE project", "\u202e" * 300):
        app = open_page("project", project=key)
        assert said(app) == [REFUSED]
        assert "Secret" not in str(app)


def test_whoever_is_removed_in_mid_session_gets_the_refusal(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.ADMINISTER)
    app = open_section(open_page, key, "Settings")
    remove_member(store, key, PERSON, "ada")
    app.run()
    assert not app.exception
    assert said(app) == [REFUSED]


def test_a_role_that_is_taken_away_in_mid_session_takes_its_sections_along(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.ADMINISTER)
    app = open_section(open_page, key, "Settings")
    set_roles(store, key, PERSON, {Role.REVIEW}, "ada")
    app.run()
    assert not app.exception
    assert not [one for one in app.button if one.label == "Archive the project"]


def test_archived_projects_can_be_chosen_still(store: AnnotationStore, open_page: OpenPage) -> None:
    key = project_of_ada(store, Role.ANNOTATE)
    change_project(store, key, "ada", archived=True)
    app = open_section(open_page, key)
    (choice,) = [one for one in app.selectbox if one.label == "Project"]
    assert choice.options == ["Livers (archived)"]


def test_projects_of_the_same_name_are_told_apart(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    keys = {project_of_ada(store, Role.ANNOTATE) for _ in range(2)}
    app = open_page("project")
    (choice,) = [one for one in app.selectbox if one.label == "Project"]
    assert {one.removeprefix("Livers · ") for one in choice.options} == {key[:6] for key in keys}
    other = next(key for key in keys if key != choice.value)
    choice.select(other).run()
    assert app.query_params["project"] == other
