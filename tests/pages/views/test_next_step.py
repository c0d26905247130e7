"""What the annotate page says to do next, once there are proposals."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.actions import accept_all
from core.annotation.ends import state_end, stated_ends
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.taught_masks import JOINED_TOOL, PROPOSING_TOOL
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from core.proposals.next_slice import Suggestion
from core.segments.ends import End, Ends
from pages.views.next_step import Next, NextStep
from pages.views.next_step_row import sentence_of
from tests.support.pages import PERSON, OpenPage, shown
from tests.support.segments import LIVER_SEGMENT
from tests.support.stored_series import put_mask

Disk = Callable[[float], NDArray[np.bool_]]
DRAWN, POOR, GOOD = (10, 40), 25, 24


@pytest.fixture
def proposed(store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk) -> AnnotationStore:
    """Two drawn slices, and proposals between them of which one is expected to be poor."""
    for index in DRAWN:
        put(store, demo_summary, index, disk(30), SliceState.DRAWN)
    for index in range(DRAWN[0] + 1, DRAWN[1]):
        expected = 0.2 if index == POOR else 0.97
        put(store, demo_summary, index, disk(30), SliceState.PROPOSED, expected)
    return store


def put(
    store: AnnotationStore,
    series: SeriesSummary,
    index: int,
    mask: NDArray[np.bool_],
    state: SliceState,
    expected: float | None = None,
) -> None:
    put_mask(
        store,
        series.uid,
        1,
        index,
        mask=mask,
        state=state,
        based_on=store.slice(series.uid, 1, index).version,
        person=PERSON,
        tool="test",
        expected_dice=expected,
    )


@pytest.fixture
def app(
    proposed: AnnotationStore,
    opened: OpenedSeries,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> AppTest:
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    return open_page("annotate", series=opened.key)


def test_one_click_goes_to_the_slice_that_would_help_most(app: AppTest) -> None:
    button = app.button(key="leave-suggested")
    assert button.label == f"Next: slice {POOR + 1}"
    assert "least certain here" in shown(app)
    button.click().run()
    assert f"Slice **{POOR + 1}**" in shown(app)
    assert "leave-suggested" not in [one.key for one in app.button]


def test_once_all_proposals_are_reviewed_the_next_step_is_to_export(
    app: AppTest, proposed: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    def primary() -> list[str]:
        steps = [one for one in app.button if str(one.key).startswith("leave-")]
        return [one.label for one in steps if one.proto.type == "primary"]

    assert [one.split()[0] for one in primary()] == ["Review"]
    accept_all(proposed, demo_summary.uid, person=PERSON)
    app.run()
    assert primary() == ["Export"]
    assert "the first and the last slice that show" not in shown(app)
    put(proposed, demo_summary, DRAWN[1] + 3, disk(20), SliceState.DRAWN)
    app.run()
    assert primary() != ["Export"]


def steps() -> Iterator[NextStep]:
    """All states: the parts of a step, each with every other."""
    ends = [(), (End.FIRST,), (End.LAST,), (End.FIRST, End.LAST)]
    suggestions = [None, *(Suggestion(4, "least certain here", asked) for asked in ends)]
    flags = (False, True)
    for suggestion, proposed, drawn, *others in product(
        suggestions, (0, 7), (0, 1, 3), flags, flags, flags, flags, flags, flags
    ):
        is_here, *rest = others
        yield NextStep(suggestion, is_here, proposed, drawn, 3 - drawn, *rest)


def test_in_every_state_one_step_is_coloured_and_it_is_the_one_that_the_text_names() -> None:
    said = {
        Next.DRAW: r"Next: draw on (one slice|\d more slices?)",
        Next.GO_TO_SLICE: r"Next: draw on \d more slices?, then propose\. Slice 5 would help most",
        Next.STATE_ENDS: r"Next: go to the .* press “(Begins|Ends) here”",
        Next.PROPOSE: r"Next: propose the other slices\.",
        Next.REVIEW: r"Next: review 7 proposals\.",
        Next.EXPORT: r".* Next: export\.",
        Next.HAND_IN: r".* Next: hand it in\.",
        Next.APPLY: r"Next: look at what the volume tools would change, and apply it\.",
    }
    reached = set()
    for step in steps():
        assert [one for one in Next if step.type_of(one) == "primary"] == [step.next]
        assert re.match(said[step.next], sentence_of(LIVER_SEGMENT, step)), step
        # What cannot be done is never asked for.
        assert step.next is not Next.REVIEW or step.proposed
        assert step.next is not Next.PROPOSE or step.drawn
        reached.add(step.next)
    assert reached == set(Next)


def test_nothing_is_exported_or_handed_in_next_while_proposals_are_made() -> None:
    made = [replace(step, is_proposing=True) for step in steps()]
    assert not {step.next for step in made} & {Next.EXPORT, Next.HAND_IN}
    ended = [replace(step, is_proposing=False) for step in made]
    assert {Next.EXPORT, Next.HAND_IN} < {step.next for step in ended}


def test_proposals_from_other_series_say_so_and_where_to_begin() -> None:
    begin = Suggestion(4, "least certain here")
    step = NextStep(begin, False, 7, 0, 3, False, False, False, teachers=2)
    assert step.next is Next.REVIEW
    said = sentence_of(LIVER_SEGMENT, step)
    assert said.startswith("Next: review 7 proposals from 2 earlier series. Slice 5 would help")
    joined = sentence_of(LIVER_SEGMENT, replace(step, are_joined=True))
    assert joined.startswith("Next: review 7 proposals from drawn slices and 2 earlier series. ")


@pytest.mark.parametrize(
    ("tools", "origin"),
    [
        ((PROPOSING_TOOL, PROPOSING_TOOL), "from 2 earlier series"),
        ((JOINED_TOOL, JOINED_TOOL), "from drawn slices and 2 earlier series"),
        ((PROPOSING_TOOL, "own"), "from drawn slices and 2 earlier series"),
    ],
)
@pytest.mark.parametrize("editor", ["simple", "slice-editor"])
def test_where_proposals_come_from_stands_in_the_line_of_either_editor(
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    opened: OpenedSeries,
    open_page: OpenPage,
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
    tools: tuple[str, str],
    origin: str,
    editor: str,
) -> None:
    monkeypatch.setenv("SLICEWISE_EDITOR", editor)
    for index, tool in zip((20, 21), tools, strict=True):
        put_mask(
            store,
            demo_summary.uid,
            1,
            index,
            mask=disk(30),
            state=SliceState.PROPOSED,
            person=PERSON,
            tool=PROPOSING_TOOL if tool == "own" else tool,
            teachers=() if tool == "own" else ("1.2.3", "1.2.4"),
        )
    said = shown(open_page("annotate", series=opened.key))
    sentence = f"Proposed {origin}." if editor == "simple" else f"review 2 proposals {origin}."
    assert sentence in said


def test_nothing_is_suggested_before_anything_is_drawn(
    store: AnnotationStore,
    opened: OpenedSeries,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    app = open_page("annotate", series=opened.key)
    assert "leave-suggested" not in [one.key for one in app.button]


def test_after_the_first_drawing_the_ends_are_asked_for_and_two_clicks_state_them(
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    opened: OpenedSeries,
    open_page: OpenPage,
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    app = open_page("annotate", series=opened.key)
    assert "draw on one slice" in shown(app)
    put(store, demo_summary, DRAWN[0], disk(30), SliceState.DRAWN)
    app.run()
    assert "the first and the last slice that show" in shown(app)
    assert "leave-suggested" not in [one.key for one in app.button]
    app.button(key="leave-last-slice").click().run()
    assert "last slice 25" in shown(app)
    state_end(store, demo_summary.uid, 1, End.FIRST, DRAWN[0] - 5, person=PERSON)
    app.run()
    assert "slice that show" not in shown(app)
    assert app.button(key="leave-suggested").label.startswith("Next: slice")


def test_an_end_is_taken_back_by_the_same_button(
    app: AppTest, proposed: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    def ends() -> Ends:
        return stated_ends(proposed, demo_summary.uid)[1].ends

    app.button(key="leave-last-slice").click().run()
    assert ends().last == DRAWN[1]
    assert f"last slice {DRAWN[1] + 1}" in shown(app)
    app.button(key="leave-last-slice").click().run()
    assert ends() == Ends()


def test_a_drawing_beyond_an_end_is_told(
    app: AppTest, proposed: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    state_end(proposed, demo_summary.uid, 1, End.LAST, DRAWN[1], person=PERSON)
    put(proposed, demo_summary, DRAWN[1] + 3, disk(20), SliceState.DRAWN)
    app.run()
    told = f"Drawn on slice {DRAWN[1] + 4}, behind the last slice ({DRAWN[1] + 1})"
    assert told in shown(app)


def test_neighbours_may_follow_a_corrected_slice(
    app: AppTest, proposed: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    app.button(key="leave-suggested").click().run()
    assert "leave-propose-neighbours" not in [one.key for one in app.button]
    put(proposed, demo_summary, POOR, disk(25), SliceState.CORRECTED)
    app.run()
    assert not app.button(key="leave-propose-neighbours").disabled
