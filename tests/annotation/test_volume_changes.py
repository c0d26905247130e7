"""Changing a segment on many slices: one step, and nothing that a person confirmed unless asked."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.actions import accept, confirm_empty, save_drawing
from core.annotation.ends import state_end
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.volume_changes import (
    VolumeTask,
    change_volume,
    preview_volume,
    segment_volume,
)
from core.segments.ends import End
from core.segments.overlap_rules import OverlapRule
from tests.support.stored_series import (
    COLUMNS,
    ROWS,
    SERIES,
    SHAPE,
    SLICES,
    Suggested,
    segment,
    square,
    states,
)

WHOLE = (SLICES, ROWS, COLUMNS)


def filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.ones_like(mask)


def task(
    operation: Callable[..., NDArray[np.bool_]] = filled, *, own_slices: bool = False
) -> VolumeTask:
    return VolumeTask("fill", operation, 1, 0, SLICES - 1, own_slices=own_slices)


def test_proposals_and_empty_slices_become_proposals_without_quality(
    proposed: AnnotationStore,
) -> None:
    changed = change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    assert changed == [(1, index) for index in range(1, SLICES)]
    assert states(proposed) == ["drawn", *["proposed"] * 5]
    after = proposed.slice(SERIES, 1, 2)
    assert (after.expected_dice, after.weights, after.tool) == (None, "default-1", "volume")
    assert proposed.slice(SERIES, 1, 5).weights is None
    assert np.array_equal(proposed.slice(SERIES, 1, 0).mask, square(4))


def test_one_undo_takes_all_of_it_back_and_redo_brings_it_back(proposed: AnnotationStore) -> None:
    before = segment_volume(proposed.annotation(SERIES), 1, WHOLE)
    change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    assert proposed.undo_action(SERIES, "anna") == "fill"
    assert len(proposed.undo(SERIES, "anna")) == 5
    assert np.array_equal(segment_volume(proposed.annotation(SERIES), 1, WHOLE), before)
    assert proposed.slice(SERIES, 1, 1).expected_dice == pytest.approx(0.8)
    proposed.redo(SERIES, "anna")
    assert proposed.slice(SERIES, 1, 5).mask.all()


def test_own_slices_change_only_when_asked_and_keep_what_they_are(
    proposed: AnnotationStore,
) -> None:
    accept(proposed, SERIES, 1, 1, person="anna")
    save_drawing(proposed, SERIES, 1, 2, square(6), person="anna", tool="brush")
    confirm_empty(proposed, SERIES, 1, 5, person="anna")
    kept = change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    assert kept == [(1, 3), (1, 4)]
    changed = change_volume(proposed, SERIES, task(own_slices=True), WHOLE, person="anna")
    assert changed == [(1, 0), (1, 1), (1, 2)]
    assert states(proposed) == [
        "drawn",
        "corrected",
        "corrected",
        "proposed",
        "proposed",
        "confirmed_empty",
    ]
    assert proposed.slice(SERIES, 1, 1).expected_dice == pytest.approx(0.8)


def test_only_slices_of_the_range_change_but_all_take_part(proposed: AnnotationStore) -> None:
    seen = []

    def shrunk(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        seen.append(int(mask.any(axis=(1, 2)).sum()))
        return np.zeros_like(mask)

    some = replace(task(shrunk), first=2, last=3)
    assert change_volume(proposed, SERIES, some, WHOLE, person="anna") == [(1, 2), (1, 3)]
    assert seen == [5]
    assert states(proposed) == ["drawn", "proposed", "empty", "empty", "proposed", "empty"]


def test_what_is_added_gives_way_to_other_segments_that_must_not_overlap(
    proposed: AnnotationStore,
) -> None:
    change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    here, other = proposed.slice(SERIES, 1, 3), proposed.slice(SERIES, 2, 3)
    # Pixels that both had before stay with both.
    assert np.array_equal(here.mask, ~other.mask | square(4))
    proposed.undo(SERIES, "anna")
    proposed.save_segment(SERIES, replace(segment(2), overlap=OverlapRule.ALLOW), "anna")
    change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    assert proposed.slice(SERIES, 1, 3).mask.all()


def test_nothing_is_proposed_beyond_a_stated_end(proposed: AnnotationStore) -> None:
    state_end(proposed, SERIES, 1, End.LAST, 4, person="anna")
    change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    assert states(proposed) == ["drawn", *["proposed"] * 4, "empty"]


def test_another_segment_takes_part_and_stays_as_it_is(proposed: AnnotationStore) -> None:
    before = segment_volume(proposed.annotation(SERIES), 2, WHOLE)
    union = replace(task(np.logical_or), other=2)
    changed = change_volume(proposed, SERIES, union, WHOLE, person="anna")
    assert changed == [(1, index) for index in range(1, 5)]
    assert np.array_equal(segment_volume(proposed.annotation(SERIES), 2, WHOLE), before)
    assert np.array_equal(proposed.slice(SERIES, 1, 3).mask, before[3] | square(4))


def test_a_preview_is_what_will_be_stored_and_stores_nothing(proposed: AnnotationStore) -> None:
    before = proposed.annotation(SERIES)
    preview = preview_volume(proposed, SERIES, task(), WHOLE)
    assert proposed.annotation(SERIES) == before
    change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    for change in preview:
        assert change.mask is not None
        stored = proposed.slice(SERIES, 1, change.slice_index)
        assert np.array_equal(stored.mask, change.mask)


def test_what_is_the_same_afterwards_is_no_step(proposed: AnnotationStore) -> None:
    assert change_volume(proposed, SERIES, task(np.copy), WHOLE, person="anna") == []
    assert proposed.undo_action(SERIES, "anna") == "propose"


def test_a_stroke_that_comes_in_between_is_kept(
    proposed: AnnotationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = proposed.annotation

    def read_then_somebody_draws(annotation_key: str) -> dict:
        annotation = read(annotation_key)
        if proposed.slice(SERIES, 1, 3).state is SliceState.PROPOSED:
            save_drawing(proposed, SERIES, 1, 3, square(2), person="bert", tool="brush")
        return annotation

    monkeypatch.setattr(proposed, "annotation", read_then_somebody_draws)
    changed = change_volume(proposed, SERIES, task(), WHOLE, person="anna")
    assert (1, 3) not in changed and (1, 2) in changed
    assert np.array_equal(proposed.slice(SERIES, 1, 3).mask, square(2))


def test_slices_without_the_segment_count_as_without_pixels(store: AnnotationStore) -> None:
    store_proposals(store, SERIES, [Suggested(1, 2, square(2))], person="anna")
    volume = segment_volume(store.annotation(SERIES), 1, WHOLE)
    assert volume.shape == (SLICES, *SHAPE)
    assert [int(plane.sum()) for plane in volume] == [0, 0, 4, 0, 0, 0]
