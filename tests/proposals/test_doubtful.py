from collections.abc import Sequence

import numpy as np
import pytest

from core.proposals.doubtful import most_doubtful_slice
from core.proposals.examples import Proposal


def proposed(expected: Sequence[float | None]) -> dict[int, Proposal]:
    mask = np.ones((4, 4), bool)
    return {index: Proposal(1, index, mask, dice) for index, dice in enumerate(expected)}


def test_the_slice_in_the_middle_of_what_is_doubtful_comes_first() -> None:
    expected = [0.95, 0.95, 0.95, 0.95, 0.5, 0.4, 0.5, 0.95]
    assert most_doubtful_slice(proposed(expected), (), 8) == 5


def test_a_doubtful_end_does_not_draw_the_first_slice_out_of_the_structure() -> None:
    doubtful_end = proposed([0.3] * 20)
    large = np.ones((12, 12), bool)
    shown = {index: Proposal(1, index, large, 0.9) for index in range(20, 30)}
    first = most_doubtful_slice(doubtful_end | shown, (), 30)
    assert first in range(20, 28)


@pytest.mark.parametrize("expected", [0.0, 1.0])
def test_certainty_at_its_bounds_leaves_no_gap(expected: float) -> None:
    first = most_doubtful_slice(proposed([expected] * 3), (), 3)
    assert first is None if expected == 1 else first in (0, 1, 2)


def test_what_was_drawn_and_its_neighbours_do_not_come_again() -> None:
    first = most_doubtful_slice(proposed([0.5] * 20), (), 20)
    assert first is not None
    second = most_doubtful_slice(proposed([0.5] * 20), (first,), 20)
    assert second is not None and abs(first - second) >= 3


def test_where_nothing_is_expected_the_largest_areas_count() -> None:
    proposals = proposed([None] * 5)
    small = np.zeros((4, 4), bool)
    small[0, 0] = True
    proposals |= {index: Proposal(1, index, small) for index in (0, 1, 2)}
    assert most_doubtful_slice(proposals, (), 5) in (3, 4)


def test_nothing_is_left_where_all_is_drawn_or_empty() -> None:
    assert most_doubtful_slice(proposed([0.5, 0.5]), (0, 1), 2) is None
    empty = {0: Proposal(1, 0, np.zeros((4, 4), bool))}
    assert most_doubtful_slice(empty, (), 1) is None
