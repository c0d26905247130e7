import pytest

from core.annotation.states import SliceState
from core.annotation.store import (
    AnnotationStore,
    MaskChange,
    MessageKey,
    MessageReused,
    StepTaken,
    VersionConflict,
)
from tests.support.stored_series import SERIES, Put, put_mask, rows_in, square


class TestMessages:
    def test_one_sent_again_is_answered_as_before(
        self, store: AnnotationStore, put: Put, url: str
    ) -> None:
        assert put(message=("tab", 1)) == 1
        assert put(based_on=1, mask=square(4), message=("tab", 2)) == 2
        assert put(message=("tab", 1)) == 1
        assert put(based_on=1, mask=square(4), message=("tab", 2)) == 2
        assert rows_in(url, "mask_version") == 2
        assert store.slice(SERIES, 1, 0).pixels == 16

    def test_one_sent_again_after_a_restart_is_answered_as_before(self, url: str, put: Put) -> None:
        put(message=("tab", 1))
        again = put_mask(
            AnnotationStore(url),
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

    def test_a_client_without_an_answer_yet_may_continue(
        self, store: AnnotationStore, put: Put
    ) -> None:
        put(message=("tab", 1))
        assert put(mask=square(4), message=("tab", 2)) == 2
        assert put(mask=square(5), message=("tab", 3)) == 3
        assert store.slice(SERIES, 1, 0).pixels == 25

    def test_a_client_that_continues_does_not_overwrite_others(self, put: Put) -> None:
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


def test_the_next_steps_name_the_messages_that_asked_for_them(store: AnnotationStore) -> None:
    assert store.next_steps(SERIES, "anna") == (None, None)
    put_mask(
        store,
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
