"""Members see how far a project is, and how long people worked."""

from datetime import UTC, datetime, timedelta

import pytest

from core.annotation.store import AnnotationStore
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.projects import set_retention
from core.projects.records import Role, WorkState
from core.projects.working_times import report_activity
from pages.views.project_progress import duration_text
from tests.support.pages import OpenPage, shown
from tests.support.project_page import open_section, project_of_ada, tables
from tests.support.projects import add


def test_states_and_working_time_are_shown_for_each_person(
    store: AnnotationStore, open_page: OpenPage
) -> None:
    key = project_of_ada(store, Role.REVIEW)
    set_roles(store, key, "anna", {Role.ANNOTATE}, "ada")
    item, _ = add(store, key, 1), add(store, key, 2)
    move(store, item.annotation_key, WorkState.IN_PROGRESS, "anna")
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    for minute in range(66):
        time = begin + timedelta(minutes=minute)
        report_activity(store, item.annotation_key, "anna", time=time)
    app = open_section(open_page, key)
    assert "0 of 2 readings done" in shown(app)
    assert "1 in progress, 1 to do" in shown(app)
    assert "1 h 05 min" in tables(app)


def test_what_applies_to_all_is_told(store: AnnotationStore, open_page: OpenPage) -> None:
    key = project_of_ada(store, Role.REVIEW)
    set_retention(store, key, "ada", 30)
    app = open_section(open_page, key)
    assert "Deleted 30 days after it is archived" in shown(app)
    assert "The project has no series yet" in shown(app)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (10, "under 1 min"), (95, "2 min"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_times_are_told_in_hours_and_minutes(seconds: float, said: str) -> None:
    assert duration_text(seconds) == said
