import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.annotation.actions import accept, confirm_empty, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.retries import patiently
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, StoreBusy
from core.home.settings import default_url
from tests.support.databases import sqlite_only
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


def test_a_run_removes_the_proposals_of_earlier_runs_that_it_did_not_renew(
    proposed: AnnotationStore,
) -> None:
    accept(proposed, SERIES, 1, 2, person="anna")
    newer = [Suggested(1, 1, square(7), 0.7)]
    changed = store_proposals(proposed, SERIES, newer, person="anna", searched={1: range(4)})
    assert changed == [(1, 1), (1, 3)]
    # Accepted slices, slices that were not searched and other segments stay.
    assert states(proposed) == ["drawn", "proposed", "accepted", "empty", "proposed", "empty"]
    assert states(proposed, 2) == ["empty", *["proposed"] * 4, "empty"]
    proposed.undo(SERIES, "anna")
    assert states(proposed) == ["drawn", "proposed", "accepted", "proposed", "proposed", "empty"]


def test_proposals_of_one_run_are_undone_together(proposed: AnnotationStore) -> None:
    assert proposed.undo_action(SERIES, "anna") == "propose"
    assert len(proposed.undo(SERIES, "anna")) == 8
    assert states(proposed) == ["drawn", *["empty"] * 5]


def test_proposals_are_stored_even_while_people_draw(
    proposed: AnnotationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = proposed.annotation

    def read_then_somebody_draws(annotation_key: str) -> dict:
        annotation = read(annotation_key)
        if proposed.slice(SERIES, 1, 2).state is SliceState.PROPOSED:
            save_drawing(proposed, SERIES, 1, 2, square(7), person="bert", tool="brush")
        return annotation

    monkeypatch.setattr(proposed, "annotation", read_then_somebody_draws)
    suggestions = [Suggested(1, index, square(8)) for index in (1, 2)]
    assert store_proposals(proposed, SERIES, suggestions, person="anna") == [(1, 1)]
    assert proposed.slice(SERIES, 1, 2).pixels == 49


def test_of_a_segment_that_is_removed_meanwhile_nothing_is_stored_and_of_others_everything(
    proposed: AnnotationStore,
) -> None:
    proposed.remove_segment(SERIES, 1, "bert")
    suggestions = [Suggested(number, 5, square(8)) for number in (1, 2)]
    assert store_proposals(proposed, SERIES, suggestions, person="anna") == [(2, 5)]


def test_a_segment_that_is_removed_while_proposals_are_stored_takes_no_others_along(
    proposed: AnnotationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many = proposed.put_many

    def somebody_removes_it_first(*arguments: Any) -> list[int]:
        if len(proposed.segments(SERIES)) == 2:
            proposed.remove_segment(SERIES, 1, "bert")
        return put_many(*arguments)

    monkeypatch.setattr(proposed, "put_many", somebody_removes_it_first)
    suggestions = [Suggested(number, 5, square(8)) for number in (1, 2)]
    assert store_proposals(proposed, SERIES, suggestions, person="anna") == [(2, 5)]


@sqlite_only
def test_proposals_wait_for_a_store_that_is_locked_for_a_moment(
    proposed: AnnotationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.annotation.database._LONGEST_WAIT_S", 0.01)
    # The store of the fixture waits as long as it was told to when it was opened.
    proposed = AnnotationStore(default_url(tmp_path))
    other = sqlite3.connect(
        tmp_path / "annotations.db", isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    refused = []

    def storing() -> list[tuple[int, int]]:
        try:
            return store_proposals(proposed, SERIES, [Suggested(2, 5, square(8))], person="anna")
        except StoreBusy as error:
            refused.append(str(error))
            other.execute("COMMIT")
            raise

    assert patiently(storing) == [(2, 5)]
    assert refused == ["The annotation store is busy: somebody else is writing; try again."]
    proposed.close()
    other.close()


def test_patience_has_an_end() -> None:
    def busy() -> None:
        raise StoreBusy("busy")

    with pytest.raises(StoreBusy):
        patiently(busy, patience_s=0.0)
