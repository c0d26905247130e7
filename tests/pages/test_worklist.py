"""The worklist: putting series into a project, taking, assigning and opening them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.projects.assignments import assign, set_priority
from core.projects.members import remove_member, set_roles
from core.projects.projects import create_project
from core.projects.records import AccessRefused, Role, WorkState
from core.projects.work_items import work_item_for
from core.projects.worklist import worklist
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.project_series import OTHER, ProjectSeries, series_in_project
from tests.support.read_twice import put_read_twice


@pytest.fixture
def own(home: Path, store: AnnotationStore, demo_summary: SeriesSummary) -> ProjectSeries:
    """A series in a project in which the person annotates and administers."""
    roles = {PERSON: {Role.ANNOTATE, Role.ADMINISTER}}
    return series_in_project(home, store, demo_summary, home / "demo", roles)


def rows(app: AppTest) -> list[str]:
    """What the table says, row by row."""
    return [one.proto.body for one in app.get("html") if '<div class="work">' in one.proto.body]


def test_the_demonstration_series_goes_into_the_project_that_is_chosen(
    home: Path, store: AnnotationStore, open_page: OpenPage
) -> None:
    key = create_project(store, "Livers", PERSON).key
    app = open_page("series")
    app.selectbox(key="series-project").set_value(key).run()
    press(app, "Open the demonstration series")
    (line,) = worklist(store, key, PERSON)
    assert line.item.title.endswith("patient " + line.item.title[-6:])
    assert "48 slices" in line.item.title
    assert len(rows(app)) == 1
    again = open_page("series")
    assert again.selectbox(key="series-project").value == key


def test_series_go_into_projects_only_of_those_who_annotate_or_administer(
    home: Path, store: AnnotationStore, open_page: OpenPage
) -> None:
    key = create_project(store, "Livers", OTHER).key
    set_roles(store, key, PERSON, {Role.REVIEW}, OTHER)
    app = open_page("series")
    assert not [one for one in app.selectbox if one.key == "series-project"]
    set_roles(store, key, PERSON, {Role.ANNOTATE}, OTHER)
    app.run()
    app.selectbox(key="series-project").set_value(key).run()
    remove_member(store, key, PERSON, OTHER)
    press(app, "Open the demonstration series")
    assert worklist(store, key, OTHER) == []


def test_taking_a_series_opens_it_to_be_drawn_on(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = open_page("worklist", project=own.project_key)
    press(app, "Take")
    item = work_item_for(store, own.item.annotation_key, PERSON)
    assert (item.state, item.assigned) == (WorkState.IN_PROGRESS, PERSON)
    assert app.query_params["annotation"] == own.item.annotation_key
    assert "View only" not in shown(app)


def test_next_for_me_opens_the_next_one_and_says_when_nothing_is_left(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = press(open_page("worklist", project=own.project_key), "Next for me")
    assert app.query_params["annotation"] == own.item.annotation_key
    key = create_project(store, "Empty", OTHER).key
    set_roles(store, key, PERSON, {Role.REVIEW}, OTHER)
    app = open_page("worklist", project=key)
    assert "no series yet" in shown(app)


def test_a_reading_is_given_back_from_its_menu(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    assign(store, own.item.annotation_key, PERSON, OTHER)
    app = press(open_page("worklist", project=own.project_key), "Give back")
    assert work_item_for(store, own.item.annotation_key, PERSON).assigned is None
    assert "nobody" in rows(app)[0]


def test_administrators_assign_and_set_priorities_and_others_do_not(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    set_roles(store, own.project_key, OTHER, set(Role), OTHER)
    app = open_page("worklist", project=own.project_key)
    next(one for one in app.selectbox if "assign-" in str(one.key)).set_value(OTHER).run()
    next(one for one in app.number_input if "priority-" in str(one.key)).set_value(4).run()
    assert not app.exception
    item = work_item_for(store, own.item.annotation_key, PERSON)
    assert (item.assigned, item.priority) == (OTHER, 4)
    assert "priority 4" in rows(app)[0]
    set_roles(store, own.project_key, PERSON, {Role.ANNOTATE}, OTHER)
    app.run()
    assert not [one for one in app.number_input if "priority-" in str(one.key)]


def test_readings_are_filtered_by_state_person_and_words(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    set_priority(store, own.item.annotation_key, 2, OTHER)
    app = open_page("worklist", project=own.project_key)
    assert len(rows(app)) == 1
    app.text_input(key=f"work-text-{own.project_key}").set_value("abdomen 1").run()
    assert len(rows(app)) == 1
    app.text_input(key=f"work-text-{own.project_key}").set_value("kidney").run()
    assert rows(app) == []
    app.text_input(key=f"work-text-{own.project_key}").set_value("").run()
    app.selectbox(key=f"work-who-{own.project_key}").set_value("Me").run()
    assert rows(app) == []


def test_a_worklist_of_others_is_refused_like_one_that_does_not_exist(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    foreign = create_project(store, "Secret study", OTHER).key
    for key in (foreign, "0" * 32, "\x00"):
        app = open_page("worklist", project=key)
        assert [error.value for error in app.error] == [str(AccessRefused())]
        assert "Secret" not in str(app)
    app = open_page("worklist", project=own.project_key)
    remove_member(store, own.project_key, PERSON, OTHER)
    press(app, "Next for me")
    assert [error.value for error in app.error] == [str(AccessRefused())]
    assert rows(app) == []


def test_a_row_of_a_series_read_twice_leads_to_the_comparison(
    home: Path, store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    set_roles(store, own.project_key, PERSON, {Role.REVIEW}, OTHER)
    name = "Compare the readings of number 1"
    assert not [
        one.label
        for one in open_page("worklist", project=own.project_key).button
        if one.label.startswith("Compare")
    ]
    twice = put_read_twice(home, store, home / "demo", {PERSON: {Role.REVIEW}}, "Spleens")
    twice.submit()
    app = open_page("worklist", project=twice.project_key)
    assert [one.label for one in app.button].count(name) == 2
    next(one for one in app.button if one.label == name).click().run()
    assert app.get("bidi_component")[-1].proto.component_name.endswith("comparison")
