from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.annotation.states import SliceState
from core.annotation.store import (
    AnnotationStore,
    ClearRefused,
    ExampleProtected,
    MaskChange,
    StoreError,
    VersionConflict,
)
from tests.support.stored_series import (
    COLUMNS,
    NOTHING,
    ROWS,
    SERIES,
    SLICES,
    Put,
    put_mask,
    rows_in,
    segment,
    square,
)


class TestPut:
    def test_a_mask_comes_back_with_all_that_is_known_of_it(
        self, store: AnnotationStore, put: Put
    ) -> None:
        before = datetime.now(UTC) - timedelta(seconds=1)
        assert put(state=SliceState.PROPOSED, weights="default-1", expected_dice=0.875) == 1
        item = store.slice(SERIES, 1, 0)
        assert np.array_equal(item.mask, square(3))
        assert item.mask.dtype == np.bool_
        assert (item.segment_number, item.slice_index, item.version) == (1, 0, 1)
        assert (item.state, item.pixels) == (SliceState.PROPOSED, 9)
        assert (item.expected_dice, item.weights) == (0.875, "default-1")
        assert (item.person, item.tool) == ("anna", "brush")
        assert item.time is not None
        assert before < item.time < datetime.now(UTC) + timedelta(seconds=1)

    def test_an_untouched_slice_is_empty(self, store: AnnotationStore) -> None:
        item = store.slice(SERIES, 2, 5)
        assert (item.version, item.state, item.pixels) == (0, SliceState.EMPTY, 0)
        assert np.array_equal(item.mask, NOTHING)

    def test_masks_are_shared_and_so_cannot_be_written_to(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put()
        for index in (0, 1):
            mask = store.slice(SERIES, 1, index).mask
            with pytest.raises(ValueError, match="read-only"):
                mask[0, 0] = True

    def test_every_change_is_a_new_version(
        self, store: AnnotationStore, put: Put, url: str
    ) -> None:
        assert [put(mask=square(size), based_on=size - 1) for size in (1, 2, 3)] == [1, 2, 3]
        assert rows_in(url, "mask_version") == 3

    def test_numbers_may_be_numpys(self, store: AnnotationStore, put: Put) -> None:
        segment: Any = np.int64(2)
        index: Any = np.uint8(5)
        put(np.int64(2), np.int32(5), expected_dice=np.float32(0.5), based_on=np.int16(0))
        assert store.slice(SERIES, segment, index).expected_dice == 0.5

    def test_a_change_based_on_an_old_version_is_a_conflict(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put()
        with pytest.raises(VersionConflict, match="changed in another window") as caught:
            put(mask=square(5), person="bert")
        conflict = caught.value
        assert (conflict.segment_number, conflict.slice_index) == (1, 0)
        assert (conflict.based_on, conflict.stored) == (0, 1)
        assert np.array_equal(store.slice(SERIES, 1, 0).mask, square(3))

    @pytest.mark.parametrize("based_on", [1, 7, -1])
    def test_a_change_based_on_a_version_that_never_was_is_a_conflict(
        self, put: Put, based_on: int
    ) -> None:
        with pytest.raises(VersionConflict):
            put(based_on=based_on)

    def test_a_mask_is_not_emptied_by_accident(self, store: AnnotationStore, put: Put) -> None:
        put()
        for nothing, state in (
            (None, SliceState.EMPTY),
            (NOTHING, SliceState.DRAWN),
            (None, SliceState.CONFIRMED_EMPTY),
        ):
            with pytest.raises(ClearRefused, match="clear the slice"):
                put(mask=nothing, state=state, based_on=1)
        assert np.array_equal(store.slice(SERIES, 1, 0).mask, square(3))

    def test_a_mask_is_emptied_on_purpose(self, store: AnnotationStore, put: Put) -> None:
        put()
        assert put(mask=NOTHING, based_on=1, allow_clear=True) == 2
        assert store.slice(SERIES, 1, 0).state is SliceState.EMPTY

    @pytest.mark.parametrize(
        ("mask", "state"),
        [
            (square(3), SliceState.DRAWN),
            (square(3), SliceState.ACCEPTED),
            (square(3), SliceState.CORRECTED),
            (None, SliceState.CONFIRMED_EMPTY),
        ],
    )
    def test_a_proposal_never_replaces_an_example(
        self, store: AnnotationStore, put: Put, mask: np.ndarray | None, state: SliceState
    ) -> None:
        put(mask=mask, state=state)
        for proposed in (square(6), NOTHING):
            with pytest.raises(ExampleProtected):
                put(mask=proposed, state=SliceState.PROPOSED, based_on=1, allow_clear=True)
        assert store.slice(SERIES, 1, 0).state is state

    def test_a_proposal_replaces_a_proposal(self, store: AnnotationStore, put: Put) -> None:
        put(state=SliceState.PROPOSED)
        put(state=SliceState.PROPOSED, mask=square(5), based_on=1)
        assert store.slice(SERIES, 1, 0).pixels == 25

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            ({"mask": square(3)[:-1]}, "12 × 10 pixels, not 11 × 10"),
            ({"mask": square(3).astype(np.uint8)}, "bool"),
            ({"mask": np.zeros((1, 12, 10), dtype=np.bool_)}, "two-dimensional"),
            ({"state": SliceState.EMPTY}, "cannot be called empty"),
            ({"state": "guessed"}, "guessed"),
            ({"slice_index": SLICES}, "slices 0 to 5, not 6"),
            ({"slice_index": -1}, "slices 0 to 5, not -1"),
            ({"segment_number": 3}, "no segment 3"),
            ({"expected_dice": 1.5}, "between 0 and 1"),
            ({"expected_dice": float("nan")}, "between 0 and 1"),
            ({"person": ""}, "person"),
            ({"person": "x" * 201}, "person"),
            ({"tool": " "}, "tool"),
            ({"weights": ""}, "weights"),
            ({"message": ("", 1)}, "client"),
            ({"message": ("tab", -1)}, "sequence"),
            ({"message": ("tab", 2**63)}, "sequence"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(
        self, store: AnnotationStore, put: Put, wrong: dict, reason: str
    ) -> None:
        with pytest.raises(ValueError, match=reason):
            put(**wrong)
        assert store.annotation(SERIES) == {}
        assert store.undo_action(SERIES, "anna") is None


class TestPutMany:
    def change(self, slice_index: int, based_on: int = 0, **given: Any) -> MaskChange:
        return replace(
            MaskChange(1, slice_index, square(2), SliceState.PROPOSED, based_on), **given
        )

    def test_is_one_step_to_undo(self, store: AnnotationStore) -> None:
        changes = [self.change(4), self.change(0), self.change(2, segment_number=2)]
        assert store.put_many(SERIES, changes, "anna", "model", "propose") == [1, 1, 1]
        assert set(store.annotation(SERIES)) == {(1, 4), (1, 0), (2, 2)}
        assert store.undo_action(SERIES, "anna") == "propose"
        assert store.undo(SERIES, "anna") == [(1, 4), (1, 0), (2, 2)]
        assert store.undo_action(SERIES, "anna") is None

    def test_stores_all_or_nothing(self, store: AnnotationStore, put: Put) -> None:
        put(slice_index=1)
        for problem in (self.change(1), self.change(1, 1), self.change(9)):
            with pytest.raises((StoreError, VersionConflict)):
                store.put_many(SERIES, [self.change(0), problem], "anna", "model", "propose")
        assert set(store.annotation(SERIES)) == {(1, 1)}

    def test_takes_one_change_for_each_slice(self, store: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="one change for each"):
            store.put_many(SERIES, [self.change(0), self.change(0, 1)], "anna", "model", "propose")

    def test_of_nothing_is_no_step(self, store: AnnotationStore) -> None:
        assert store.put_many(SERIES, [], "anna", "model", "propose") == []
        assert store.undo_action(SERIES, "anna") is None


class TestAnnotation:
    def test_holds_the_newest_version_of_every_slice_that_has_one(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put()
        put(mask=square(5), based_on=1)
        put(2, 3, mask=None, state=SliceState.CONFIRMED_EMPTY)
        annotation = store.annotation(SERIES)
        assert list(annotation) == [(1, 0), (2, 3)]
        assert annotation[1, 0].pixels == 25
        assert annotation[2, 3].state is SliceState.CONFIRMED_EMPTY
        assert annotation[1, 0] == store.slice(SERIES, 1, 0)

    def test_keeps_series_apart(self, store: AnnotationStore, put: Put) -> None:
        put()
        store.open_annotation("1.2.3", ["a"], ROWS, COLUMNS)
        store.save_segment("1.2.3", segment(1), "anna")
        assert store.annotation("1.2.3") == {}
        assert store.undo("1.2.3", "anna") == []
        assert store.slice("1.2.3", 1, 0).version == 0


def test_an_older_version_can_still_be_read(store: AnnotationStore) -> None:
    for based_on, size in enumerate((2, 3)):
        put_mask(
            store,
            SERIES,
            1,
            2,
            mask=square(size),
            state=SliceState.DRAWN,
            based_on=based_on,
            person="anna",
            tool="brush",
        )
    assert [store.slice(SERIES, 1, 2, version=number).pixels for number in (0, 1, 2)] == [0, 4, 9]
    with pytest.raises(StoreError, match="version 3"):
        store.slice(SERIES, 1, 2, version=3)
