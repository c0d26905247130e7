"""Storing imported masks: one step, whatever they add."""

import numpy as np
import pytest

from core.annotation.import_storing import IMPORT_TOOL, store_import
from core.annotation.importing import (
    ImportedMask,
    ImportedSegment,
    ImportPlan,
    ImportWay,
    plan_import,
)
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, VersionConflict
from core.segments.segment import Segment, default_color
from tests.support.segments import ANATOMY, SPLEEN
from tests.support.stored_series import SERIES, Put, square


def item(*slices: int) -> ImportedSegment:
    mask = square(5)
    shape = (mask.shape[0], mask.shape[1])
    masks = {index: ImportedMask(encode_runs(mask), shape, SliceState.ACCEPTED) for index in slices}
    return ImportedSegment(Segment(9, "Spleen", default_color(9), ANATOMY, SPLEEN), masks, "own-1")


def replacing(store: AnnotationStore, *slices: int) -> ImportPlan:
    target = store.segments(SERIES)[0]
    return plan_import(item(*slices), target, ImportWay.REPLACE, store.annotation(SERIES))


def adding(*slices: int) -> ImportPlan:
    return plan_import(item(*slices), None, ImportWay.ADD, {})


def test_a_segment_is_added_with_its_masks_and_how_they_came_about(store: AnnotationStore) -> None:
    (added,) = store_import(store, SERIES, [adding(0, 2)], person="anna")
    assert added in store.segments(SERIES) and added.label == "Spleen"
    stored = store.slice(SERIES, added.number, 2)
    assert np.array_equal(stored.mask, square(5))
    assert (stored.state, stored.tool, stored.weights) == (
        SliceState.ACCEPTED,
        IMPORT_TOOL,
        "own-1",
    )


def test_one_undo_takes_all_of_it_back_and_leaves_no_empty_segment(
    store: AnnotationStore, put: Put
) -> None:
    put(slice_index=1)
    before = store.segments(SERIES), store.slice(SERIES, 1, 1).runs
    store_import(store, SERIES, [adding(0, 2), replacing(store, 0), adding(1)], person="anna")
    assert store.undo_action(SERIES, "anna") == "import masks"
    store.undo(SERIES, "anna")
    assert (store.segments(SERIES), store.slice(SERIES, 1, 1).runs) == before
    assert not store.slice(SERIES, 1, 0).pixels


def test_redo_brings_segments_and_masks_back(store: AnnotationStore) -> None:
    (added,) = store_import(store, SERIES, [adding(0, 2)], person="anna")
    store.undo(SERIES, "anna")
    store.redo(SERIES, "anna")
    assert added in store.segments(SERIES)
    assert np.array_equal(store.slice(SERIES, added.number, 2).mask, square(5))


def test_numbers_of_segments_taken_back_are_not_used_again(store: AnnotationStore) -> None:
    (first,) = store_import(store, SERIES, [adding(0)], person="anna")
    store.undo(SERIES, "anna")
    (second,) = store_import(store, SERIES, [adding(0)], person="anna")
    assert second.number > first.number


def test_what_changed_since_the_plan_is_not_overwritten(store: AnnotationStore, put: Put) -> None:
    plan = replacing(store, 0)
    put()
    with pytest.raises(VersionConflict):
        store_import(store, SERIES, [adding(3), plan], person="anna")
    assert "Spleen" not in [one.label for one in store.segments(SERIES)[2:]]


def test_nothing_to_change_is_no_step(store: AnnotationStore) -> None:
    store_import(store, SERIES, [replacing(store, 0)], person="anna")
    assert store_import(store, SERIES, [replacing(store, 0)], person="anna") == []
    store.undo(SERIES, "anna")
    assert store.undo_action(SERIES, "anna") is None
