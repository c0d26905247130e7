"""A segment that is nowhere in the series."""

import pytest

from core.annotation.absence import is_absent, mark_absent
from core.annotation.ends import state_end
from core.annotation.records import StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.segments.ends import End
from tests.support.stored_series import SERIES, SLICES, Put, states


def test_all_slices_are_confirmed_empty_by_one_step(proposed: AnnotationStore) -> None:
    before = states(proposed)
    assert mark_absent(proposed, SERIES, 1, SLICES, person="anna") == list(range(SLICES))
    assert states(proposed) == ["confirmed_empty"] * SLICES
    assert is_absent(proposed.annotation(SERIES), 1, SLICES)
    assert not is_absent(proposed.annotation(SERIES), 2, SLICES)
    assert proposed.undo_action(SERIES, "anna") == "not in this series"
    proposed.undo(SERIES, "anna")
    assert states(proposed) == before
    assert proposed.slice(SERIES, 1, 0).pixels == 16


def test_slices_that_were_confirmed_before_stay_as_they_are(
    store: AnnotationStore, put: Put
) -> None:
    put(1, 2, mask=None, state=SliceState.CONFIRMED_EMPTY)
    assert 2 not in mark_absent(store, SERIES, 1, SLICES, person="anna")
    assert store.slice(SERIES, 1, 2).version == 1
    assert mark_absent(store, SERIES, 1, SLICES, person="anna") == []


def test_a_segment_with_stated_ends_is_somewhere(store: AnnotationStore) -> None:
    state_end(store, SERIES, 1, End.FIRST, 2, person="anna")
    with pytest.raises(StoreError, match="begins or ends"):
        mark_absent(store, SERIES, 1, SLICES, person="anna")


def test_a_segment_that_nobody_looked_at_is_not_absent(store: AnnotationStore) -> None:
    assert not is_absent(store.annotation(SERIES), 1, SLICES)
