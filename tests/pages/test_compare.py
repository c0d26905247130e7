"""The page that compares two readings: who may see it, and adjudicates."""

import json
from pathlib import Path
from typing import Literal

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.store import AnnotationStore
from core.home.opened_series import OpenedSeries
from core.projects.adjudication import adjudication_of, start_adjudication, take_readings
from core.projects.members import remove_member, set_roles
from core.projects.records import Role
from core.projects.work_items import work_item_for
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.read_twice import ADMINISTRATOR, READERS, SeriesReadTwice, put_read_twice

ONE_OF_THEM = "You may see one reading of this series"
LEFT: dict[tuple[int, int], Literal[1, 2]] = {(1, index): 2 for index in range(4, 8)}


@pytest.fixture
def twice(home: Path, store: AnnotationStore) -> SeriesReadTwice:
    """Two submitted readings of the demonstration series; the person reviews."""
    series = put_read_twice(home, store, home / "demo", {PERSON: {Role.REVIEW}})
    series.submit()
    return series


@pytest.fixture
def app(twice: SeriesReadTwice, open_page: OpenPage) -> AppTest:
    return open_page("compare", **twice.query(twice.first.annotation_key))


def work_as(home: Path, person: str) -> None:
    """Have the app know somebody else."""
    (home / "person.json").write_text(json.dumps({"person": person}))


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_a_reviewer_begins_with_what_both_drew_alike(app: AppTest, twice: SeriesReadTwice) -> None:
    assert "Adjudication begins with the slices on which both agree" in shown(app)
    press(app, "Begin adjudication")
    assert "4 slices left to decide" in shown(app)
    adjudication = adjudication_of(twice.store, twice.first.annotation_key, PERSON)
    assert adjudication.final is not None
    assert app.query_params["annotation"] == adjudication.final.annotation_key
    assert sorted(adjudication.decided) == [(1, 2), (1, 3)]
    done = next(button for button in app.button if button.label == "Done")
    assert done.disabled


def test_it_is_done_once_everything_is_decided(
    twice: SeriesReadTwice, open_page: OpenPage, home: Path
) -> None:
    final = start_adjudication(twice.store, twice.first.annotation_key, PERSON).annotation_key
    take_readings(twice.store, final, LEFT, PERSON)
    app = open_page("compare", **twice.query(final))
    assert "All slices are decided" in shown(app)
    press(app, "Done")
    assert "The adjudication of this series is done" in shown(app)
    assert "Done" not in labels(app)
    assert work_item_for(twice.store, twice.second.annotation_key, PERSON).state == "done"
    # Both readers may see it from now on.
    work_as(home, READERS[0])
    app = open_page("compare", **twice.query(twice.second.annotation_key))
    assert "The adjudication of this series is done" in shown(app)


@pytest.mark.parametrize("own", [0, 1])
def test_a_reader_sees_nothing_of_the_other_reading(
    own: int, twice: SeriesReadTwice, open_page: OpenPage, home: Path
) -> None:
    keys = twice.first.annotation_key, twice.second.annotation_key
    work_as(home, READERS[own])
    app = open_page("compare", **twice.query(keys[own]))
    assert ONE_OF_THEM in shown(app)
    assert not app.button
    for page in ("annotate", "review", "export", "compare"):
        app = open_page(page, **twice.query(keys[1 - own]))
        assert len(app.error) == 1
        assert 'data-testid="banner"' not in shown(app)


def test_another_reviewer_is_told_who_decides_and_cannot(
    twice: SeriesReadTwice, open_page: OpenPage
) -> None:
    set_roles(twice.store, twice.project_key, "rolf", {Role.REVIEW}, ADMINISTRATOR)
    start_adjudication(twice.store, twice.first.annotation_key, "rolf")
    app = open_page("compare", **twice.query(twice.first.annotation_key))
    assert "Somebody else adjudicates this series" in shown(app)
    assert labels(app) == ["Export"]


def test_whoever_is_no_member_any_more_sees_nothing_at_the_next_run(
    app: AppTest, twice: SeriesReadTwice
) -> None:
    remove_member(twice.store, twice.project_key, PERSON, ADMINISTRATOR)
    app.run()
    assert len(app.error) == 1
    assert "Begin adjudication" not in labels(app)


def test_a_series_outside_projects_has_nothing_to_compare(
    opened: OpenedSeries, store: AnnotationStore, open_page: OpenPage
) -> None:
    app = open_page("compare", series=opened.key)
    assert "readings are compared within projects" in shown(app)


def test_a_reading_leads_to_the_comparison_only_where_both_may_be_seen(
    twice: SeriesReadTwice, open_page: OpenPage, home: Path
) -> None:
    key = twice.first.annotation_key
    for person, is_offered in ((PERSON, True), (READERS[0], False)):
        work_as(home, person)
        app = open_page("annotate", **twice.query(key))
        assert ("Compare readings" in labels(app)) is is_offered
