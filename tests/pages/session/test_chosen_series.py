"""Which series and annotation an address leads to, and for whom."""

from pathlib import Path

import pytest

from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, remember_series
from core.home.project_uploads import give_to_project
from core.projects.members import remove_member, set_roles
from core.projects.moves import move
from core.projects.records import AccessRefused, Role, WorkState
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.project_series import OTHER, ProjectSeries, series_in_project
from tests.support.segments import LIVER_SEGMENT

REFUSED = str(AccessRefused())
PAGES = ("annotate", "review", "export")


@pytest.fixture
def own(home: Path, store: AnnotationStore, demo_summary: SeriesSummary) -> ProjectSeries:
    """A series in a project in which the person annotates, with a segment."""
    roles = {PERSON: {Role.ANNOTATE}}
    made = series_in_project(home, store, demo_summary, home / "demo", roles)
    store.save_segment(made.item.annotation_key, LIVER_SEGMENT, OTHER)
    return made


@pytest.fixture
def foreign(home: Path, store: AnnotationStore, demo_summary: SeriesSummary) -> ProjectSeries:
    """The same series in a project of other people."""
    return series_in_project(home, store, demo_summary, home / "demo", {}, "Kidneys")


@pytest.mark.parametrize("page", PAGES)
def test_a_member_opens_the_reading_that_the_address_names(
    page: str, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = open_page(page, **own.query)
    assert not app.error
    assert app.query_params["annotation"] == own.item.annotation_key
    assert app.query_params["series"] == own.opened.key


@pytest.mark.parametrize("page", PAGES)
def test_what_is_somebody_elses_and_what_does_not_exist_get_the_same_answer(
    page: str, own: ProjectSeries, foreign: ProjectSeries, open_page: OpenPage
) -> None:
    queries = (
        foreign.query,
        {"series": foreign.opened.key},
        {"series": own.opened.key},
        {"series": own.opened.key, "annotation": foreign.item.annotation_key},
        {"series": foreign.opened.key, "annotation": own.item.annotation_key},
        {"series": own.opened.key, "annotation": foreign.opened.uid},
        {"series": "0" * 24},
        {"series": own.opened.key, "annotation": "a" + "0" * 32},
        {"series": "../person", "annotation": "\x00"},
    )
    for query in queries:
        app = open_page(page, **query)
        assert [error.value for error in app.error] == [REFUSED], query
        assert "CT abdomen" not in shown(app)
        assert 'data-testid="banner"' not in shown(app)


def test_a_series_outside_projects_opens_as_ever_beside_one_in_a_project(
    opened: OpenedSeries, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = open_page("annotate", series=opened.key)
    assert not app.error
    assert "annotation" not in app.query_params


def test_a_role_that_is_taken_away_ends_what_is_open(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = open_page("annotate", **own.query)
    assert not app.error
    remove_member(store, own.project_key, PERSON, OTHER)
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == [REFUSED]
    app.switch_page("pages/series.py").run()
    assert not app.exception
    assert "No series open" in shown(app)


def test_what_may_be_seen_and_not_changed_is_shown_with_the_reason(
    store: AnnotationStore,
    own: ProjectSeries,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for editor in ("slice-editor", "simple"):
        monkeypatch.setenv("SLICEWISE_EDITOR", editor)
        app = open_page("annotate", **own.query)
        assert "View only: This series is not yours" in shown(app)
        named = {button.label for button in app.button}
        assert not named & {"Propose", "Add segment", "Undo", "Clear slice"}
    move(store, own.item.annotation_key, WorkState.IN_PROGRESS, PERSON)
    app = open_page("annotate", **own.query)
    assert "View only" not in shown(app)
    move(store, own.item.annotation_key, WorkState.TO_REVIEW, PERSON)
    app.run()
    assert "View only: This series is to review" in shown(app)


def test_an_upload_of_a_project_is_neither_listed_nor_opened_by_others(
    home: Path,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    foreign: ProjectSeries,
    open_page: OpenPage,
) -> None:
    upload = home / "uploads" / ("0" * 32)
    upload.parent.mkdir()
    (home / "demo").rename(upload)
    opened = remember_series(home, demo_summary.uid, upload)
    app = open_page("series")
    press(app, "Show")
    assert any(button.label == "Open" for button in app.button)
    give_to_project(home, upload, foreign.project_key)
    app.run()
    assert not any(button.label in ("Open", "Show") for button in app.button)
    assert [one.value for one in open_page("annotate", series=opened.key).error] == [REFUSED]
    set_roles(store, foreign.project_key, PERSON, {Role.REVIEW}, OTHER)
    assert any(button.label == "Show" for button in open_page("series").button)
    assert not open_page("annotate", series=opened.key).error
