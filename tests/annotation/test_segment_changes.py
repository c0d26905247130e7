from dataclasses import replace

import numpy as np
import pytest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, StoreError
from core.segments.overlap_rules import OverlapRule
from core.segments.segment import Code
from tests.support.segments import SPLEEN
from tests.support.stored_series import SERIES, Put, rows_in, segment, square


class TestSegments:
    def test_come_back_as_they_were_saved(self, store: AnnotationStore) -> None:
        changed = replace(
            segment(1),
            label="Left lobe",
            color=(1, 20, 255),
            overlap=OverlapRule.ALLOW,
            type_modifier=Code("7771000", "SCT", "Left"),
        )
        store.save_segment(SERIES, changed, "bert")
        assert store.segments(SERIES) == [changed, segment(2, SPLEEN)]

    def test_belong_to_their_series(self, store: AnnotationStore) -> None:
        store.open_annotation("1.2.3", ["a"], 4, 4)
        assert store.segments("1.2.3") == []

    def test_every_change_of_them_is_kept(self, store: AnnotationStore, url: str) -> None:
        store.save_segment(SERIES, replace(segment(1), label="Other"), "anna")
        store.remove_segment(SERIES, 1, "anna")
        assert rows_in(url, "segment_version") == 4

    def test_a_removed_one_is_gone_with_its_masks(self, store: AnnotationStore, put: Put) -> None:
        put()
        store.remove_segment(SERIES, 1, "anna")
        assert [item.number for item in store.segments(SERIES)] == [2]
        assert store.annotation(SERIES) == {}
        with pytest.raises(StoreError, match="no segment 1"):
            put(based_on=2)

    def test_a_new_one_under_an_old_number_starts_empty(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put()
        store.remove_segment(SERIES, 1, "anna")
        store.save_segment(SERIES, segment(1), "anna")
        assert store.slice(SERIES, 1, 0).state is SliceState.EMPTY

    def test_removing_one_is_undone_with_its_masks(self, store: AnnotationStore, put: Put) -> None:
        put()
        put(slice_index=4, mask=square(5))
        store.remove_segment(SERIES, 1, "anna")
        assert store.undo_action(SERIES, "anna") == "remove segment"
        assert store.undo(SERIES, "anna") == [(1, 0), (1, 4)]
        assert store.segments(SERIES)[0] == segment(1)
        assert np.array_equal(store.slice(SERIES, 1, 4).mask, square(5))
        assert store.redo(SERIES, "anna") == [(1, 0), (1, 4)]
        assert [item.number for item in store.segments(SERIES)] == [2]

    def test_undoing_a_removal_spares_a_new_one_under_the_same_number(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put()
        store.remove_segment(SERIES, 1, "anna")
        renamed = replace(segment(1), label="Something else")
        store.save_segment(SERIES, renamed, "bert")
        assert store.undo(SERIES, "anna") == []
        assert store.segments(SERIES)[0] == renamed
        assert store.slice(SERIES, 1, 0).state is SliceState.EMPTY

    @pytest.mark.parametrize(
        ("changed", "action"),
        [
            ({"label": "Left lobe"}, "rename segment"),
            ({"color": (1, 2, 3)}, "recolour segment"),
            ({"type": SPLEEN}, "change code of segment"),
            ({"overlap": OverlapRule.ALLOW}, "change segment"),
            ({"label": "Left lobe", "color": (1, 2, 3)}, "change segment"),
        ],
    )
    def test_a_change_is_undone_without_touching_masks(
        self, store: AnnotationStore, put: Put, changed: dict, action: str
    ) -> None:
        put()
        after = replace(segment(1), **changed)
        store.save_segment(SERIES, after, "anna")
        assert store.undo_action(SERIES, "anna") == action
        assert store.undo(SERIES, "anna") == []
        assert store.segments(SERIES)[0] == segment(1)
        assert store.slice(SERIES, 1, 0).state is SliceState.DRAWN
        store.redo(SERIES, "anna")
        assert store.segments(SERIES)[0] == after

    def test_saving_one_as_it_is_is_no_step(self, store: AnnotationStore, put: Put) -> None:
        put()
        store.save_segment(SERIES, segment(1), "anna")
        assert store.undo_action(SERIES, "anna") == "brush"

    def test_undoing_a_change_spares_what_somebody_else_changed_since(
        self, store: AnnotationStore
    ) -> None:
        store.save_segment(SERIES, replace(segment(1), label="Left lobe"), "anna")
        theirs = replace(segment(1), label="Right lobe")
        store.save_segment(SERIES, theirs, "bert")
        store.undo(SERIES, "anna")
        assert store.segments(SERIES)[0] == theirs

    def test_only_one_that_exists_can_be_removed(self, store: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="no segment 3"):
            store.remove_segment(SERIES, 3, "anna")

    def test_numbers_are_never_given_out_twice(self, store: AnnotationStore) -> None:
        assert store.next_segment_number(SERIES) == 3
        store.remove_segment(SERIES, 2, "anna")
        assert store.next_segment_number(SERIES) == 3
