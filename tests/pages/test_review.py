"""The review page where the simple canvas is chosen: the least certain proposal comes first."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, MaskChange
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries
from tests.support.pages import PERSON, OpenPage, counts_shown, open_menu, press, shown
from tests.support.stored_series import put_mask

Disk = Callable[[float], NDArray[np.bool_]]

EXPECTED = {10: 0.9, 11: 0.5, 12: 0.7, 20: 0.8}
"""Expected Dice of the proposals, by slice index."""


@pytest.fixture
def app(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    disk: Disk,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
) -> AppTest:
    """The review page with four proposals and one drawn slice."""
    put_mask(
        store,
        demo_summary.uid,
        1,
        15,
        mask=disk(30),
        state=SliceState.DRAWN,
        based_on=0,
        person=PERSON,
        tool="brush",
    )
    changes = [
        MaskChange(1, index, disk(20 + index), SliceState.PROPOSED, 0, expected_dice=dice)
        for index, dice in EXPECTED.items()
    ]
    store.put_many(demo_summary.uid, changes, PERSON, "propose", "propose")
    monkeypatch.setenv("SLICEWISE_EDITOR", "simple")
    return open_page("review", series=opened.key)


def states(store: AnnotationStore, uid: str) -> dict[int, SliceState]:
    """State of each slice of the segment."""
    return {index: one.state for (_, index), one in store.annotation(uid).items()}


def test_the_least_certain_proposal_comes_first(app: AppTest) -> None:
    assert "slice 12" in shown(app)
    assert ":red[expected Dice 0.50] · 4 proposals to review" in shown(app)
    press(app, "Later")
    assert "slice 13" in shown(app)
    for _ in range(3):
        press(app, "Later")
    assert "slice 12" in shown(app)


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ("Accept", SliceState.ACCEPTED),
        ("Reject", SliceState.EMPTY),
        ("Not here", SliceState.CONFIRMED_EMPTY),
    ],
)
def test_each_decision_is_stored_and_can_be_undone(
    label: str,
    state: SliceState,
    app: AppTest,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
) -> None:
    press(app, label)
    assert states(store, demo_summary.uid)[11] is state
    assert "slice 13" in shown(app)
    press(app, "Undo")
    assert states(store, demo_summary.uid)[11] is SliceState.PROPOSED
    assert "slice 12" in shown(app)


def test_a_range_is_accepted_and_undone_in_one_step(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    app.number_input[0].set_value(11).run()
    app.number_input[1].set_value(13).run()
    press(app, "Accept 3 slices")
    assert [
        index for index, one in states(store, demo_summary.uid).items() if one == "accepted"
    ] == [
        10,
        11,
        12,
    ]
    press(app, "Undo")
    assert list(states(store, demo_summary.uid).values()).count(SliceState.PROPOSED) == 4


def test_everything_is_accepted_and_undone_in_one_step(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    press(app, "Accept all 4 proposals of Liver")
    assert list(states(store, demo_summary.uid).values()).count(SliceState.ACCEPTED) == 4
    assert states(store, demo_summary.uid)[15] is SliceState.DRAWN
    assert app.success[0].value == "All proposals are reviewed."
    press(app, "Undo")
    assert list(states(store, demo_summary.uid).values()).count(SliceState.PROPOSED) == 4


def test_a_proposal_that_changed_elsewhere_is_not_accepted_unseen(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    put_mask(
        store,
        demo_summary.uid,
        1,
        11,
        mask=disk(5),
        state=SliceState.PROPOSED,
        based_on=1,
        person="Somebody Else",
        tool="propose",
    )
    press(app, "Accept")
    assert states(store, demo_summary.uid)[11] is SliceState.PROPOSED
    assert "changed in another window" in app.toast[0].value


def test_correct_goes_to_the_slice_in_the_editor(app: AppTest) -> None:
    press(app, "Correct")
    assert "Slice **12** of 48" in shown(app)


def test_counts_and_volumes_are_those_of_the_store(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    row = counts_shown(app)[0]
    assert (row["Drawn"], row["Proposed"], row["Not annotated"]) == ("1", "4", "43")
    pixels = store.slice(demo_summary.uid, 1, 15).pixels
    assert row["Reviewed volume (ml)"] == f"{pixels * 5 * 1.5 * 1.5 / 1000:.1f}"


def test_with_the_slice_editor_the_page_counts_too_and_leads_to_the_export(
    app: AppTest, opened: OpenedSeries, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLICEWISE_EDITOR")
    page = open_menu(open_page("review", series=opened.key), "Counts")
    row = counts_shown(page)[0]
    assert (row["Drawn"], row["Proposed"], row["Not annotated"]) == ("1", "4", "43")
    assert "The least certain comes first" in shown(page)
    assert not page.button(key="leave-page-export").disabled
