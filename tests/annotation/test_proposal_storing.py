import numpy as np
import pytest

from core.annotation.actions import accept, confirm_empty, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from tests.support.stored_series import NOTHING, SERIES, Suggested, square, states


def test_proposals_are_stored_with_their_quality_and_weights(proposed: AnnotationStore) -> None:
    item = proposed.slice(SERIES, 2, 3)
    assert np.array_equal(item.mask, square(5))
    assert item.state is SliceState.PROPOSED
    assert item.expected_dice == pytest.approx(0.6)
    assert (item.weights, item.tool) == ("default-1", "propose")


def test_proposals_never_touch_an_example(proposed: AnnotationStore) -> None:
    confirm_empty(proposed, SERIES, 1, 5, person="anna")
    accept(proposed, SERIES, 1, 2, person="anna")
    before = {index: proposed.slice(SERIES, 1, index) for index in (0, 2, 5)}
    suggestions = [Suggested(1, index, square(8)) for index in range(6)]
    changed = store_proposals(proposed, SERIES, suggestions, person="anna")
    assert changed == [(1, 1), (1, 3), (1, 4)]
    for index, item in before.items():
        assert proposed.slice(SERIES, 1, index) == item


def test_proposals_without_pixels_take_away_earlier_proposals_only(
    proposed: AnnotationStore,
) -> None:
    suggestions = [Suggested(1, index, NOTHING) for index in range(6)]
    changed = store_proposals(proposed, SERIES, suggestions, person="anna")
    assert changed == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert states(proposed) == ["drawn", *["empty"] * 5]
    assert proposed.slice(SERIES, 1, 5).version == 0


def test_proposals_of_one_run_are_undone_together(proposed: AnnotationStore) -> None:
    assert proposed.undo_action(SERIES, "anna") == "propose"
    assert len(proposed.undo(SERIES, "anna")) == 8
    assert states(proposed) == ["drawn", *["empty"] * 5]


def test_proposals_are_stored_even_while_people_draw(
    proposed: AnnotationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = proposed.annotation

    def read_then_somebody_draws(series_uid: str) -> dict:
        annotation = read(series_uid)
        if proposed.slice(SERIES, 1, 2).state is SliceState.PROPOSED:
            save_drawing(proposed, SERIES, 1, 2, square(7), person="bert", tool="brush")
        return annotation

    monkeypatch.setattr(proposed, "annotation", read_then_somebody_draws)
    suggestions = [Suggested(1, index, square(8)) for index in (1, 2)]
    assert store_proposals(proposed, SERIES, suggestions, person="anna") == [(1, 1)]
    assert proposed.slice(SERIES, 1, 2).pixels == 49
