"""Choosing what series are proposed from, on the Series page and in the settings of a project."""

from pathlib import Path

import numpy as np
import pytest

from core.annotation.actions import save_drawing
from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, remember_series
from core.home.settings import default_url
from core.home.teaching_choices import TeachingChoice, recall_teaching, remember_teaching
from core.projects.moves import move
from core.projects.records import Role, WorkState
from core.projects.work_items import add_series
from tests.support.pages import PERSON, OpenPage, open_menu, shown
from tests.support.project_series import OTHER, ProjectSeries, series_in_project, series_to_add
from tests.support.segments import LIVER_SEGMENT


def test_an_annotated_series_is_offered_with_what_is_drawn_and_the_choice_is_kept(
    home: Path, opened: OpenedSeries, open_page: OpenPage
) -> None:
    open_page("annotate", series=opened.key)
    assert "Propose from" not in shown(open_page())
    store = AnnotationStore(default_url(home))
    store.save_segment(opened.uid, LIVER_SEGMENT, PERSON)
    mask = np.zeros((256, 256), bool)
    mask[10:20, 10:20] = True
    number = LIVER_SEGMENT.number
    save_drawing(store, opened.uid, number, 4, mask, person=PERSON, tool="brush")
    app = open_page()
    (teacher,) = app.checkbox
    assert "Liver · 1 slice drawn or accepted" in teacher.label
    teacher.check().run()
    assert recall_teaching(home, PERSON, "").series == (opened.key,)


@pytest.fixture
def returned(
    store: AnnotationStore, home: Path, demo_summary: SeriesSummary
) -> tuple[ProjectSeries, str]:
    """A series of a project, and the key of another, which was chosen and then returned."""
    roles = {PERSON: {Role.ANNOTATE, Role.REVIEW}}
    mine = series_in_project(home, store, demo_summary, home / "demo", roles)
    move(store, mine.item.annotation_key, WorkState.IN_PROGRESS, PERSON)
    store.save_segment(mine.item.annotation_key, LIVER_SEGMENT, PERSON)
    taught = put_in(store, home, mine.project_key, demo_summary)
    move(store, taught, WorkState.IN_PROGRESS, OTHER)
    move(store, taught, WorkState.TO_REVIEW, OTHER)
    remember_teaching(home, PERSON, mine.project_key, TeachingChoice(4, (taught,)))
    move(store, taught, WorkState.IN_PROGRESS, OTHER)
    return mine, taught


def put_in(store: AnnotationStore, home: Path, project: str, summary: SeriesSummary) -> str:
    """Put a series of another name into a project."""
    opened = remember_series(home, "1.2.3", home / "demo", project_key=project)
    return add_series(store, project, series_to_add(opened, summary), OTHER)[0].annotation_key


def test_what_was_chosen_stays_chosen_while_it_is_returned(
    returned: tuple[ProjectSeries, str], home: Path, open_page: OpenPage
) -> None:
    mine, taught = returned
    app = open_menu(open_page("annotate", **mine.query), "Settings")
    assert "No series of this project is handed in now." in shown(app)
    (field,) = app.multiselect
    assert field.value == [taught]
    assert recall_teaching(home, PERSON, mine.project_key).series == (taught,)
    field.set_value([]).run()
    assert recall_teaching(home, PERSON, mine.project_key).series == ()
