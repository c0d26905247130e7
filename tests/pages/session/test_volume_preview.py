"""A preview is shown until the masks that it was computed from change, and leaves nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.actions import save_drawing
from core.annotation.records import MaskChange
from core.annotation.states import SliceState
from pages.session.volume_preview import (
    PREVIEW_SEGMENT,
    clear_preview,
    drop_outdated_preview,
    show_preview,
    volume_preview,
)
from pages.session.work import Work


def square(size: int) -> NDArray[np.bool_]:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[:size, :size] = True
    return mask


@pytest.fixture
def shown(work: Work) -> Work:
    """A preview of slices 2 and 3; the second would be without pixels."""
    changes = [
        MaskChange(1, index, square(size), SliceState.PROPOSED, 0)
        for index, size in ((2, 5), (3, 0))
    ]
    show_preview(work, 1, changes, "smooth by 2 mm")
    return work


def test_a_preview_is_proposed_masks_of_a_segment_that_no_series_has(shown: Work) -> None:
    masks = volume_preview(shown).masks
    assert list(masks) == [(PREVIEW_SEGMENT, 2), (PREVIEW_SEGMENT, 3)]
    assert np.array_equal(masks[PREVIEW_SEGMENT, 2].mask, square(5))
    assert masks[PREVIEW_SEGMENT, 3].state is SliceState.PROPOSED
    assert shown.store.annotation(shown.uid) == {}


def test_slices_of_an_earlier_preview_are_sent_as_empty(shown: Work) -> None:
    before = volume_preview(shown).version
    show_preview(shown, 1, [MaskChange(1, 4, square(2), SliceState.PROPOSED, 0)], "grow")
    masks = volume_preview(shown).masks
    assert [(place[1], one.state.value, one.pixels) for place, one in masks.items()] == [
        (2, "empty", 0),
        (3, "empty", 0),
        (4, "proposed", 4),
    ]
    assert all(one.version > before for one in masks.values())


def test_it_goes_when_it_is_closed_and_only_then(shown: Work) -> None:
    assert clear_preview(shown)
    assert not any(one.pixels for one in volume_preview(shown).masks.values())
    assert not clear_preview(shown)


def test_it_goes_when_a_mask_changes(shown: Work) -> None:
    drop_outdated_preview(shown)
    assert len(volume_preview(shown).changes) == 2
    save_drawing(shown.store, shown.uid, 1, 5, square(3), person="anna", tool="brush")
    drop_outdated_preview(shown)
    assert volume_preview(shown).changes == []
