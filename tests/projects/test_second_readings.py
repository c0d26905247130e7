"""Which series are read twice."""

import pytest

from core.annotation.store import AnnotationStore
from core.projects.projects import change_project
from core.projects.second_readings import is_read_twice
from core.projects.work_items import add_series
from core.projects.worklist import worklist
from tests.support.projects import series

UIDS = [f"1.2.3.{number}" for number in range(2000)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_about_the_share_is_chosen(share: float) -> None:
    chosen = sum(is_read_twice("project", uid, share) for uid in UIDS)
    # Four standard deviations of drawing each series with this probability.
    tolerance = 4 * (len(UIDS) * share * (1 - share)) ** 0.5
    assert abs(chosen - share * len(UIDS)) <= tolerance


def test_a_larger_share_contains_what_a_smaller_one_chose() -> None:
    for uid in UIDS:
        assert is_read_twice("project", uid, 0.2) <= is_read_twice("project", uid, 0.3)


def test_another_project_chooses_others() -> None:
    chosen = [[is_read_twice(key, uid, 0.5) for uid in UIDS] for key in ("one", "other")]
    assert chosen[0] != chosen[1]


def test_series_get_as_many_readings_as_the_share_says(
    store: AnnotationStore, project_key: str
) -> None:
    change_project(store, project_key, "ada", second_reading_share=0.5)
    for number in range(1, 11):
        one = series(number)
        twice = is_read_twice(project_key, one.series_uid, 0.5)
        found = [item.reading for item in add_series(store, project_key, one, "ada")]
        assert found == ([1, 2] if twice else [1])


def test_a_raised_share_adds_readings_and_a_lowered_one_takes_none_away(
    store: AnnotationStore, project_key: str
) -> None:
    for number in range(1, 4):
        add_series(store, project_key, series(number), "ada")
    for share in (1.0, 0.0, 1.0):
        change_project(store, project_key, "ada", second_reading_share=share)
        lines = worklist(store, project_key, "ada")
        assert [(line.item.number, line.item.reading) for line in lines] == [
            (number, reading) for number in range(1, 4) for reading in (1, 2)
        ]
