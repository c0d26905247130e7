import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.annotation.states import SliceState
from core.annotation.store import (
    AnnotationStore,
    ClearRefused,
    ExampleProtected,
    MaskChange,
    MessageKey,
    MessageReused,
    StepTaken,
    StoreError,
    VersionConflict,
)
from core.segments.segment import Code
from tests.support.store_processes import count_up
from tests.support.stored_series import (
    COLUMNS,
    NOTHING,
    ROWS,
    SERIES,
    SLICES,
    SPLEEN,
    prepare,
    segment,
    square,
)

Put = Callable[..., int]


@pytest.fixture
def put(store: AnnotationStore) -> Put:
    """Put a drawn square of 3 × 3 on slice 0 of segment 1, or what is named instead."""

    def put_one(segment_number: int = 1, slice_index: int = 0, **given: Any) -> int:
        usual = {
            "mask": square(3),
            "state": SliceState.DRAWN,
            "based_on": 0,
            "person": "anna",
            "tool": "brush",
        }
        return store.put(SERIES, segment_number, slice_index, **(usual | given))

    return put_one


def rows_in(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "annotations.db") as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


class TestSeries:
    def test_opening_it_again_is_fine(self, url: str) -> None:
        prepare(url)
        assert len(prepare(url).segments(SERIES)) == 2

    @pytest.mark.parametrize(
        ("uids", "rows", "columns"),
        [
            ([f"{SERIES}.{index}" for index in range(SLICES - 1)], ROWS, COLUMNS),
            ([f"{SERIES}.{index}" for index in reversed(range(SLICES))], ROWS, COLUMNS),
            ([f"{SERIES}.{index}" for index in range(SLICES)], COLUMNS, ROWS),
        ],
        ids=["fewer slices", "another order", "another size"],
    )
    def test_it_must_have_the_slices_it_had(
        self, store: AnnotationStore, uids: list[str], rows: int, columns: int
    ) -> None:
        with pytest.raises(StoreError, match="annotated before with 6 slices of 12 × 10"):
            store.open_series(SERIES, uids, rows, columns)

    def test_one_without_slices_is_refused(self, store: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="without slices"):
            store.open_series("1.2.3", [], 5, 5)

    def test_one_never_opened_is_not_known(self, store: AnnotationStore) -> None:
        for question in (store.segments, store.annotation, store.next_segment_number):
            with pytest.raises(StoreError, match="open it first"):
                question("1.2.3")

    def test_threads_that_open_a_new_one_at_once_all_succeed(self, store: AnnotationStore) -> None:
        problems = []

        def open_it() -> None:
            try:
                store.open_series("1.2.3", ["a"], 4, 4)
            except Exception as error:
                problems.append(error)

        threads = [threading.Thread(target=open_it) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []


class TestSegments:
    def test_come_back_as_they_were_saved(self, store: AnnotationStore) -> None:
        changed = replace(
            segment(1),
            label="Left lobe",
            color=(1, 20, 255),
            exclusive=False,
            type_modifier=Code("7771000", "SCT", "Left"),
        )
        store.save_segment(SERIES, changed, "bert")
        assert store.segments(SERIES) == [changed, segment(2, SPLEEN)]

    def test_belong_to_their_series(self, store: AnnotationStore) -> None:
        store.open_series("1.2.3", ["a"], 4, 4)
        assert store.segments("1.2.3") == []

    def test_every_change_of_them_is_kept(self, store: AnnotationStore, tmp_path: Path) -> None:
        store.save_segment(SERIES, replace(segment(1), label="Other"), "anna")
        store.remove_segment(SERIES, 1, "anna")
        assert rows_in(tmp_path, "segment_version") == 4

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

    def test_only_one_that_exists_can_be_removed(self, store: AnnotationStore) -> None:
        with pytest.raises(StoreError, match="no segment 3"):
            store.remove_segment(SERIES, 3, "anna")

    def test_numbers_are_never_given_out_twice(self, store: AnnotationStore) -> None:
        assert store.next_segment_number(SERIES) == 3
        store.remove_segment(SERIES, 2, "anna")
        assert store.next_segment_number(SERIES) == 3


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
        self, store: AnnotationStore, put: Put, tmp_path: Path
    ) -> None:
        assert [put(mask=square(size), based_on=size - 1) for size in (1, 2, 3)] == [1, 2, 3]
        assert rows_in(tmp_path, "mask_version") == 3

    def test_numbers_may_be_numpys(self, store: AnnotationStore, put: Put) -> None:
        put(np.int64(2), np.int32(5), expected_dice=np.float32(0.5), based_on=np.int16(0))
        assert store.slice(SERIES, np.int64(2), np.uint8(5)).expected_dice == 0.5

    def test_a_change_based_on_an_old_version_is_a_conflict(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put()
        with pytest.raises(VersionConflict, match="changed elsewhere") as caught:
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


class TestMessages:
    def test_one_sent_again_is_answered_as_before(
        self, store: AnnotationStore, put: Put, tmp_path: Path
    ) -> None:
        assert put(message=("tab", 1)) == 1
        assert put(based_on=1, mask=square(4), message=("tab", 2)) == 2
        assert put(message=("tab", 1)) == 1
        assert put(based_on=1, mask=square(4), message=("tab", 2)) == 2
        assert rows_in(tmp_path, "mask_version") == 2
        assert store.slice(SERIES, 1, 0).pixels == 16

    def test_one_sent_again_after_a_restart_is_answered_as_before(self, url: str, put: Put) -> None:
        put(message=("tab", 1))
        again = AnnotationStore(url).put(
            SERIES,
            1,
            0,
            mask=square(3),
            state=SliceState.DRAWN,
            based_on=0,
            person="anna",
            tool="brush",
            message=("tab", 1),
        )
        assert again == 1

    def test_many_changes_sent_again_are_answered_as_before(self, store: AnnotationStore) -> None:
        changes = [MaskChange(1, at, square(2), SliceState.DRAWN, 0) for at in (3, 1)]
        for _ in range(2):
            versions = store.put_many(SERIES, changes, "anna", "brush", "draw", message=("tab", 1))
            assert versions == [1, 1]

    def test_another_one_under_the_same_number_is_refused(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put(message=("tab", 1))
        with pytest.raises(MessageReused):
            put(based_on=1, mask=square(4), message=("tab", 1))
        assert store.slice(SERIES, 1, 0).pixels == 9

    def test_numbers_of_different_clients_are_different(self, put: Put) -> None:
        put(message=("tab", 1))
        assert put(based_on=1, mask=square(4), message=("other tab", 1)) == 2

    def test_one_that_was_refused_can_be_sent_again_once_it_fits(self, put: Put) -> None:
        put()
        with pytest.raises(VersionConflict):
            put(mask=square(4), message=("tab", 1))
        assert put(mask=square(4), based_on=1, message=("tab", 1)) == 2

    def test_a_client_that_has_not_heard_the_answer_yet_may_go_on(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put(message=("tab", 1))
        assert put(mask=square(4), message=("tab", 2)) == 2
        assert put(mask=square(5), message=("tab", 3)) == 3
        assert store.slice(SERIES, 1, 0).pixels == 25

    def test_a_client_that_goes_on_does_not_pass_over_others(self, put: Put) -> None:
        put(message=("tab", 1))
        put(mask=square(4), based_on=1, person="bert", message=("other tab", 1))
        with pytest.raises(VersionConflict):
            put(mask=square(5), message=("tab", 2))

    def test_a_message_that_was_overtaken_is_a_conflict(self, put: Put) -> None:
        put(message=("tab", 2))
        with pytest.raises(VersionConflict):
            put(mask=square(4), message=("tab", 1))

    def test_an_undo_sent_again_takes_back_one_step(self, store: AnnotationStore, put: Put) -> None:
        put()
        put(slice_index=1)
        for _ in range(2):
            assert store.undo(SERIES, "anna", message=("tab", 5)) == [(1, 1)]
        assert store.slice(SERIES, 1, 0).pixels == 9
        for _ in range(2):
            assert store.redo(SERIES, "anna", message=("tab", 6)) == [(1, 1)]
        with pytest.raises(MessageReused):
            store.undo(SERIES, "anna", message=("tab", 6))


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
        store.open_series("1.2.3", ["a"], ROWS, COLUMNS)
        store.save_segment("1.2.3", segment(1), "anna")
        assert store.annotation("1.2.3") == {}
        assert store.undo("1.2.3", "anna") == []
        assert store.slice("1.2.3", 1, 0).version == 0


class TestConcurrency:
    def test_of_two_threads_with_the_same_version_one_wins(self, store: AnnotationStore) -> None:
        outcomes: list[list[str]] = [[], []]
        barrier = threading.Barrier(2)

        def work(which: int) -> None:
            for version in range(25):
                barrier.wait(timeout=30)
                try:
                    store.put(
                        SERIES,
                        1,
                        0,
                        mask=square(2 + which),
                        state=SliceState.DRAWN,
                        based_on=version,
                        person=f"person {which}",
                        tool="brush",
                    )
                    outcomes[which].append("stored")
                except VersionConflict:
                    outcomes[which].append("conflict")

        threads = [threading.Thread(target=work, args=(which,)) for which in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {tuple(sorted(pair)) for pair in zip(*outcomes, strict=True)} == {
            ("conflict", "stored")
        }

    def test_two_processes_that_heed_conflicts_lose_nothing(
        self, store: AnnotationStore, url: str, tmp_path: Path
    ) -> None:
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(2)
        processes = [
            context.Process(target=count_up, args=(url, person, 40, barrier))
            for person in ("anna", "bert")
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(timeout=300)
        assert [process.exitcode for process in processes] == [0, 0]
        assert store.slice(SERIES, 1, 0).version == 80
        assert rows_in(tmp_path, "mask_version") == 80


def test_an_older_version_can_still_be_read(store: AnnotationStore) -> None:
    for based_on, size in enumerate((2, 3)):
        store.put(
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


def test_the_next_steps_name_the_messages_that_asked_for_them(store: AnnotationStore) -> None:
    assert store.next_steps(SERIES, "anna") == (None, None)
    store.put(
        SERIES,
        1,
        2,
        mask=square(2),
        state=SliceState.DRAWN,
        based_on=0,
        person="anna",
        tool="brush",
        message=("tab", 7),
    )
    step = StepTaken("brush", MessageKey("tab", 7))
    assert store.next_steps(SERIES, "anna") == (step, None)
    store.undo(SERIES, "anna", message=("tab", 8))
    assert store.next_steps(SERIES, "anna") == (None, step)
    assert store.next_steps(SERIES, "ben") == (None, None)
