"""Agreement of two masks, checked against values worked out by hand."""

import numpy as np
import pytest

from core.network.overlap import dice


def slices(*filled: int) -> np.ndarray:
    """A mask [6, 20, 20] that fills some of its slices."""
    mask = np.zeros((6, 20, 20), dtype=bool)
    mask[list(filled)] = True
    return mask


def test_dice_counts_the_overlap_twice() -> None:
    first, second = slices(0, 1), slices(1, 2)
    assert dice(first, second) == 0.5
    assert dice(first, first) == 1.0
    assert dice(first, np.zeros_like(first)) == 0.0


def test_two_empty_masks_agree() -> None:
    nothing = np.zeros((2, 3), dtype=bool)
    assert dice(nothing, nothing) == 1.0


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\); expected \(3, 2\)"):
        dice(np.zeros((2, 3), dtype=bool), np.zeros((3, 2), dtype=bool))
