import pytest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, MaskChange
from core.annotation.summary import summarise
from tests.support.stored_series import SERIES, SLICES, square


def test_slices_are_counted_by_state_and_volumes_are_in_millilitres(
    store: AnnotationStore,
) -> None:
    changes = [
        MaskChange(1, 0, square(5), SliceState.DRAWN, 0),
        MaskChange(1, 1, square(4), SliceState.PROPOSED, 0),
        MaskChange(1, 2, square(3), SliceState.PROPOSED, 0),
        MaskChange(1, 3, None, SliceState.CONFIRMED_EMPTY, 0),
        MaskChange(1, 5, square(2), SliceState.ACCEPTED, 0),
    ]
    store.put_many(SERIES, changes, "anna", "brush", "draw")
    summaries = summarise(store.annotation(SERIES), [1, 2], SLICES, [0.04] * SLICES)

    assert summaries[1].counts == {
        SliceState.EMPTY: 1,
        SliceState.DRAWN: 1,
        SliceState.PROPOSED: 2,
        SliceState.ACCEPTED: 1,
        SliceState.CORRECTED: 0,
        SliceState.CONFIRMED_EMPTY: 1,
    }
    # A pixel is 5 mm × 2 mm × 4 mm = 0.04 ml.
    assert summaries[1].volume_ml == pytest.approx((25 + 4) * 0.04)
    assert summaries[1].proposed_ml == pytest.approx((16 + 9) * 0.04)
    assert summaries[2].counts[SliceState.EMPTY] == SLICES
    assert summaries[2].volume_ml == 0


def test_each_slice_counts_as_thick_as_it_is(store: AnnotationStore) -> None:
    changes = [MaskChange(1, at, square(2), SliceState.DRAWN, 0) for at in (0, 3)]
    store.put_many(SERIES, changes, "anna", "brush", "draw")
    pixel_ml = [0.1 * (at + 1) for at in range(SLICES)]
    (summary,) = summarise(store.annotation(SERIES), [1], SLICES, pixel_ml).values()
    assert summary.volume_ml == pytest.approx(4 * (0.1 + 0.4))
