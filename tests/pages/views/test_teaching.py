"""Choosing what series are proposed from, on the Series page and in the settings of a project."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.actions import save_drawing
from core.annotation.adapted_networks import KeptNetwork, keep_network
from core.annotation.proposal_storing import store_proposals
from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, remember_series
from core.home.recent_series import note_recent
from core.home.settings import default_url
from core.home.teaching_choices import TeachingChoice, recall_teaching, remember_teaching
from core.projects.moves import move
from core.projects.records import Role, WorkState
from core.projects.work_items import add_series
from core.proposals.examples import Proposal
from pages.session.model import load_model
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
def chosen(home: Path, store: AnnotationStore, opened: OpenedSeries) -> OpenedSeries:
    """A series that is annotated, opened long ago, and chosen to teach."""
    mask = np.zeros((256, 256), bool)
    mask[10:20, 10:20] = True
    number = LIVER_SEGMENT.number
    save_drawing(store, opened.uid, number, 4, mask, person=PERSON, tool="brush")
    note_recent(home, opened.key, "Long ago", "", lambda: None)
    for number in range(20):
        newer = remember_series(home, f"1.2.{number}", home / "demo")
        note_recent(home, newer.key, f"Newer {number}", "", lambda: None)
    remember_teaching(home, PERSON, "", TeachingChoice(4, (opened.key,)))
    return opened


def test_what_teaches_is_shown_however_long_ago_it_was_opened(
    chosen: OpenedSeries, home: Path, open_page: OpenPage
) -> None:
    app = open_page()
    (teacher,) = app.checkbox
    assert teacher.value and "Long ago" in teacher.label
    assert "Propose from: 1 earlier series" in expanders(app)
    teacher.uncheck().run()
    assert recall_teaching(home, PERSON, "").series == ()


@pytest.mark.parametrize(
    ("most", "said"), [(0, "Propose from: off"), (1, "Propose from: 1 earlier series")]
)
def test_the_series_page_says_whether_those_chosen_teach(
    chosen: OpenedSeries, home: Path, open_page: OpenPage, most: int, said: str
) -> None:
    remember_teaching(home, PERSON, "", TeachingChoice(most, (chosen.key,)))
    app = open_page()
    assert said in expanders(app)
    assert ("This is off now" in shown(app)) == (most == 0)


def test_a_choice_of_another_tab_is_shown_and_not_taken_back(
    chosen: OpenedSeries, home: Path, open_page: OpenPage
) -> None:
    series_page, editor = open_page(), open_page("annotate", series=chosen.key)
    assert open_menu(editor, "Settings").selectbox(key="teaching-most").value == 4
    remember_teaching(home, PERSON, "", TeachingChoice(0))  # in a third one
    series_page.run()
    editor.run()
    assert not series_page.checkbox[0].value
    assert editor.selectbox(key="teaching-most").value == 0
    assert recall_teaching(home, PERSON, "") == TeachingChoice(0)


def test_what_is_chosen_and_gone_is_told(
    store: AnnotationStore, opened: OpenedSeries, home: Path, open_page: OpenPage
) -> None:
    gone = remember_series(home, "1.2.9", home / "deleted")
    remember_teaching(home, PERSON, "", TeachingChoice(4, (gone.key,)))
    app = open_menu(open_page("annotate", series=opened.key), "Settings")
    assert "Chosen on the Series page: none that is still there." in shown(app)


def expanders(app: AppTest) -> list[str]:
    return [one.label for one in app.expander]


def test_beside_the_simple_editor_the_earlier_series_are_chosen_as_well(
    store: AnnotationStore,
    opened: OpenedSeries,
    home: Path,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    app = open_menu(open_page("annotate", series=opened.key), "Earlier series")
    assert "Chosen on the Series page: none yet." in shown(app)
    app.selectbox(key="teaching-most").set_value(0).run()
    assert recall_teaching(home, PERSON, "").most == 0


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
    assert "No other series of this project is handed in now." in shown(app)
    (field,) = app.multiselect
    assert field.value == [taught]
    assert recall_teaching(home, PERSON, mine.project_key).series == (taught,)
    field.set_value([]).run()
    assert recall_teaching(home, PERSON, mine.project_key).series == ()


def test_whether_the_network_is_trained_on_them_is_kept(
    returned: tuple[ProjectSeries, str], home: Path, open_page: OpenPage
) -> None:
    mine, taught = returned
    app = open_menu(open_page("annotate", **mine.query), "Settings")
    (field,) = [one for one in app.checkbox if one.label == "Train on them while you work"]
    assert field.value
    field.uncheck().run()
    assert recall_teaching(home, PERSON, mine.project_key) == TeachingChoice(
        4, (taught,), trains=False
    )


def test_a_network_that_was_trained_is_named_and_so_is_that_it_is_not_used(
    store: AnnotationStore, opened: OpenedSeries, home: Path, open_page: OpenPage
) -> None:
    mask = np.zeros((256, 256), bool)
    mask[10:20, 10:20] = True
    proposals, uids = [Proposal(1, 4, mask, 0.8)], ("1.2.3", "1.2.4", "1.2.5")
    store_proposals(store, opened.uid, proposals, person=PERSON, teachers=uids)
    base = load_model("default", "cpu").weights.name
    keep_network(store, opened.uid, KeptNetwork(base, (1,), uids, b"learned"))
    app = open_menu(open_page("annotate", series=opened.key), "Settings")
    said = "Trained on 3 earlier series, 3 of which not chosen now:"
    assert said in shown(app)
    app.checkbox(key="teaching-trains").uncheck().run()
    assert "Trained on 3 earlier series; not used while this is off." in shown(app)
    app.checkbox(key="teaching-trains").check().run()
    assert f"{said} used all the same." in shown(app)
    # Once another one is chosen, it may take their place, until something is drawn.
    other = remember_series(home, "1.2.9", home / "demo")
    remember_teaching(home, PERSON, "", TeachingChoice(4, (other.key,)))
    assert f"{said} used all the same until “Propose from them now”." in shown(app.run())
    save_drawing(store, opened.uid, 1, 6, mask, person=PERSON, tool="brush")
    assert f"{said} used all the same." in shown(app.run())
    # Where no series teaches, none is trained on, and what was chosen before is kept.
    app.selectbox(key="teaching-most").set_value(0).run()
    box = app.checkbox(key="teaching-trains")
    assert box.disabled and not box.value
    assert recall_teaching(home, PERSON, "").trains
    store.undo(opened.uid, PERSON)
    store.undo(opened.uid, PERSON)
    assert "Trained on" not in shown(app.run())
