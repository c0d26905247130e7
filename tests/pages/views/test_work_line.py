"""The line above a reading: moves, comments and instructions."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.annotation.actions import confirm_empty
from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.projects.comments import add_comment, comments_on, resolve_comment
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.protocols import set_protocol
from core.projects.records import Role, WorkState
from core.projects.work_items import work_item_for
from core.segments.label_lists import read_label_list
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.project_series import OTHER, ProjectSeries, series_in_project
from tests.support.segments import LIVER_SEGMENT

ANN = "ann"
LABELS = b"label,code,scheme,meaning,instructions\nLiver,10200004,SCT,Liver,With the caudate lobe\n"


@pytest.fixture
def own(home: Path, store: AnnotationStore, demo_summary: SeriesSummary) -> ProjectSeries:
    """A series in a project in which the person annotates and ann as well."""
    roles = {PERSON: {Role.ANNOTATE}, ANN: {Role.ANNOTATE}}
    made = series_in_project(home, store, demo_summary, home / "demo", roles)
    store.save_segment(made.item.annotation_key, LIVER_SEGMENT, OTHER)
    return made


@pytest.fixture
def for_review(store: AnnotationStore, own: ProjectSeries) -> ProjectSeries:
    """A series that ann has handed in, and that the person reviews."""
    set_roles(store, own.project_key, PERSON, {Role.REVIEW}, OTHER)
    move(store, own.item.annotation_key, WorkState.IN_PROGRESS, ANN)
    move(store, own.item.annotation_key, WorkState.TO_REVIEW, ANN)
    return own


def state_of(store: AnnotationStore, made: ProjectSeries) -> WorkState:
    return work_item_for(store, made.item.annotation_key, OTHER).state


def sent_to_editor(app: AppTest) -> dict[str, Any]:
    """Header of the message to the slice editor on a page."""
    (message,) = (
        one.proto.bytes
        for one in app.get("bidi_component")
        if one.proto.component_name.endswith("slice_editor")
    )
    (length,) = struct.unpack_from("<I", message)
    header: dict[str, Any] = json.loads(message[4 : 4 + length])
    return header


def labels(app: AppTest) -> set[str]:
    return {one.label for one in app.button}


def test_a_reading_is_taken_and_handed_in(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = open_page("annotate", **own.query)
    assert not labels(app) & {"Hand in", "Hand in and next", "Accept", "Return"}
    press(app, "Take")
    assert state_of(store, own) is WorkState.IN_PROGRESS
    assert "in progress · yours" in shown(app)
    press(app, "Hand in")
    assert state_of(store, own) is WorkState.TO_REVIEW
    assert "View only" in shown(app)
    press(app, "Take back")
    assert state_of(store, own) is WorkState.IN_PROGRESS


def test_finishing_opens_the_next_one_or_says_that_nothing_is_left(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    app = press(open_page("annotate", **own.query), "Take")
    press(app, "Hand in and next")
    assert state_of(store, own) is WorkState.TO_REVIEW
    assert "Nothing is left for you" in " ".join(one.value for one in app.toast)


def test_returning_needs_a_comment_which_is_pinned_to_the_slice_shown(
    store: AnnotationStore, for_review: ProjectSeries, open_page: OpenPage
) -> None:
    app = press(open_page("annotate", **for_review.query), "Return")
    assert state_of(store, for_review) is WorkState.TO_REVIEW
    assert "Say in a comment what is missing" in app.toast[0].value.replace("\\", "")
    app.text_area[0].set_value("The *tip* is missing.")
    press(app, "Add comment")
    (comment,) = comments_on(store, for_review.item.annotation_key, PERSON)
    assert (comment.slice_index, comment.segment_number) == (24, 1)
    assert "\\*tip\\*" in shown(app)
    press(app, "Return")
    assert state_of(store, for_review) is WorkState.RETURNED


def test_comments_are_answered_settled_and_lead_to_their_slice(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    key = own.item.annotation_key
    move(store, key, WorkState.IN_PROGRESS, PERSON)
    add_comment(store, key, "Look here.", OTHER, slice_index=7, segment_number=1)
    app = press(open_page("annotate", **own.query), "Slice 8")
    assert app.session_state["work.memory"].slice_index == 7
    next(one for one in app.text_input if one.label == "Answer").set_value("Done.").run()
    (comment,) = comments_on(store, key, PERSON)
    assert [(one.person, one.text) for one in comment.answers] == [(PERSON, "Done.")]
    press(app, "Settle")
    assert comments_on(store, key, PERSON)[0].resolved
    press(app, "Open again")
    assert not comments_on(store, key, PERSON)[0].resolved


def test_the_editor_marks_slices_with_open_comments_alone(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    key = own.item.annotation_key
    add_comment(store, key, "On the whole series.", OTHER)
    for index in (9, 3, 3):
        add_comment(store, key, "Look here.", OTHER, slice_index=index)
    settled = add_comment(store, key, "Settled.", OTHER, slice_index=5)
    resolve_comment(store, key, settled, OTHER)
    assert sent_to_editor(open_page("annotate", **own.query))["comments"] == [3, 9]


def test_the_instructions_of_the_protocol_stand_beside(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage
) -> None:
    assert "caudate" not in shown(open_page("annotate", **own.query))
    set_protocol(store, own.project_key, read_label_list(LABELS), "Portal phase.", OTHER)
    said = shown(open_page("annotate", **own.query))
    assert "caudate lobe" in said
    assert "Portal phase" in said


def test_handing_in_is_coloured_once_nothing_else_is_left(
    store: AnnotationStore, own: ProjectSeries, open_page: OpenPage, demo_summary: SeriesSummary
) -> None:
    key = own.item.annotation_key
    move(store, key, WorkState.IN_PROGRESS, PERSON)

    def coloured(app: AppTest) -> set[str]:
        return {one.label for one in app.button if one.proto.type == "primary"}

    assert "Hand in and next" not in coloured(open_page("annotate", **own.query))
    for index in range(demo_summary.slices):
        confirm_empty(store, key, 1, index, person=PERSON)
    assert "Hand in and next" in coloured(open_page("annotate", **own.query))
