import numpy as np
import pytest

from core.proposals.examples import Proposal, joined, neighbours, neighbours_overlap


def block(rows: slice) -> np.ndarray:
    mask = np.zeros((20, 20), bool)
    mask[rows, 2:12] = True
    return mask


def test_neighbours_are_the_nearest_on_either_side_and_never_the_slice_itself() -> None:
    assert neighbours([9, 4, 0], 5) == (4, 9)
    assert neighbours([9, 4, 0], 4) == (0, 9)
    assert neighbours([9, 4, 0], 12) == (9, None)
    assert neighbours([], 3) == (None, None)


def test_overlap_is_that_of_the_slices_before_and_after() -> None:
    examples = {0: block(slice(0, 10)), 4: block(slice(5, 15)), 9: block(slice(5, 15))}
    assert neighbours_overlap(examples, 2) == pytest.approx(0.5)
    assert neighbours_overlap(examples, 5) == 1.0
    assert neighbours_overlap(examples, 4) == pytest.approx(0.5)
    assert neighbours_overlap(examples, 12) is None


def test_what_is_drawn_and_the_latest_proposals_are_put_into_one_array() -> None:
    drawn, first, latest = block(slice(0, 5)), block(slice(2, 8)), block(slice(3, 9))
    proposals = [Proposal(1, 2, first), Proposal(1, 2, latest)]
    found = joined({0: drawn}, proposals, (4, 20, 20))
    assert np.array_equal(found[[0, 2]], np.stack([drawn, latest]))
    assert not found[[1, 3]].any()
