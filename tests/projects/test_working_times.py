"""Time spent actively: pauses of more than a minute do not count."""

from datetime import UTC, datetime, timedelta

import pytest

from core.annotation.store import AnnotationStore
from core.projects.members import set_roles
from core.projects.records import Role
from core.projects.working_times import report_activity
from core.projects.worklist import progress, worklist
from tests.support.projects import add
from tests.support.stored_series import SERIES

BEGIN = datetime(2030, 1, 7, 9, tzinfo=UTC)


def report(store: AnnotationStore, key: str, person: str, *seconds: float) -> None:
    for after in seconds:
        report_activity(store, key, person, time=BEGIN + timedelta(seconds=after))


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([0], 0),
        ([0, 30, 60], 60),
        ([0, 60], 60),
        ([0, 61], 0),
        ([0, 30, 600, 620], 50),
        ([0, 4, 8, 12, 16, 24], 24),
    ],
)
def test_seconds_between_reports_add_up_without_pauses(
    store: AnnotationStore, project_key: str, reports: list[float], expected: float
) -> None:
    person = f"person of {project_key}"
    set_roles(store, project_key, person, {Role.ANNOTATE}, "ada")
    key = add(store, project_key).annotation_key
    report(store, key, person, *reports)
    assert worklist(store, project_key, "ada")[0].active_seconds == pytest.approx(expected)
    assert progress(store, project_key, "ada").active_seconds[person] == pytest.approx(expected)


def test_nobody_works_on_two_series_at_a_time(store: AnnotationStore, project_key: str) -> None:
    keys = [add(store, project_key, number).annotation_key for number in (1, 2)]
    for after in range(0, 300, 15):
        report(store, keys[after // 15 % 2], "anna", after)
    total = sum(line.active_seconds for line in worklist(store, project_key, "ada"))
    assert total == pytest.approx(285)


def test_nothing_is_kept_of_work_outside_projects(store: AnnotationStore, project_key: str) -> None:
    report(store, SERIES, "anna", 0, 30)
    assert progress(store, project_key, "ada").active_seconds == {}
