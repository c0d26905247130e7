from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from core.proposals.examples import Proposal
from core.proposals.next_slice import (
    END_UNKNOWN,
    LEAST_CERTAIN,
    SHAPE_CHANGES,
    Suggestion,
    suggest_slice,
)
from core.segments.ends import End, Ends

SLICES = 30


def block(rows: slice = slice(5, 15), columns: slice = slice(5, 15)) -> np.ndarray:
    mask = np.zeros((20, 20), bool)
    mask[rows, columns] = True
    return mask


def proposals(
    expected: Mapping[int, float | None], mask: np.ndarray | None = None
) -> dict[int, Proposal]:
    return {
        index: Proposal(1, index, block() if mask is None else mask, dice)
        for index, dice in expected.items()
    }


def suggested(
    examples: dict[int, np.ndarray], shown: dict[int, Proposal], slices: int, *ends: Ends
) -> Suggestion:
    """Return the suggestion where there must be one."""
    found = suggest_slice(examples, shown, slices, *ends)
    assert found is not None
    return found


def test_nothing_drawn_gives_no_suggestion() -> None:
    assert suggest_slice({}, {}, SLICES) is None
    assert suggest_slice({3: np.zeros((20, 20), bool)}, {}, SLICES) is None


def test_before_anything_is_drawn_the_worst_part_of_what_others_taught_comes_first() -> None:
    expected = dict.fromkeys(range(4, 20), 0.95) | {14: 0.4, 15: 0.5, 16: 0.4}
    found = suggested({}, proposals(expected), SLICES)
    assert found.slice in (14, 15, 16)
    assert (found.reason, found.ends) == (LEAST_CERTAIN, ())
    unknown = suggested({}, proposals(dict.fromkeys(range(4, 20), None)), SLICES)
    assert 4 <= unknown.slice < 20


def test_the_middle_of_an_even_gap_helps_most() -> None:
    expected = {index: 0.98 - 0.02 * min(index, 12 - index) for index in range(1, 12)}
    found = suggested({0: block(), 12: block()}, proposals(expected), SLICES)
    assert found.slice == 6
    assert found.reason == LEAST_CERTAIN


def test_the_gap_with_worse_proposals_comes_first() -> None:
    expected = {1: 0.95, 2: 0.95, 3: 0.95, 5: 0.7, 6: 0.6, 7: 0.7}
    found = suggested({0: block(), 4: block(), 8: block()}, proposals(expected), SLICES)
    assert found.slice == 6
    assert found.reason == LEAST_CERTAIN


def test_unlike_examples_are_the_reason() -> None:
    examples = {0: block(), 6: block(rows=slice(12, 20))}
    found = suggested(examples, proposals(dict.fromkeys(range(1, 6), 0.7)), SLICES)
    assert found.reason == SHAPE_CHANGES


def test_one_example_asks_for_an_end() -> None:
    found = suggested({10: block()}, proposals(dict.fromkeys([7, 8, 9, 11, 12], None)), SLICES)
    assert found.slice in (6, 7, 8)
    assert found.reason == END_UNKNOWN


def test_large_errors_count_more_than_small_ones() -> None:
    small = proposals({2: 0.5}, block(slice(5, 7), slice(5, 7)))
    large = proposals({6: 0.7})
    found = suggested({0: block(), 4: block(), 8: block()}, {**small, **large}, SLICES)
    assert found.slice == 6


def test_it_works_before_anything_was_proposed() -> None:
    assert suggested({0: block(), 4: block(), 14: block()}, {}, SLICES).slice == 9


def test_an_example_is_never_suggested() -> None:
    examples = {0: block(), 2: block(), 4: block()}
    old = proposals(dict.fromkeys(range(5), 0.1))
    assert suggested(examples, old, SLICES).slice in (1, 3)


def test_nothing_left_to_draw_gives_no_suggestion() -> None:
    assert suggest_slice({index: block() for index in range(4)}, {}, 4) is None


@pytest.mark.parametrize("seed", range(5))
def test_reasons_have_three_words_and_slices_exist(seed: int) -> None:
    random = np.random.default_rng(seed)
    examples = {int(i): random.random((20, 20)) > 0.7 for i in random.choice(30, 4, replace=False)}
    expected = {int(i): float(random.random()) for i in random.choice(30, 12, replace=False)}
    found = suggested(examples, proposals(expected), SLICES)
    assert 0 <= found.slice < 30 and found.slice not in examples
    assert len(found.reason.split()) == 3


def test_the_last_proposals_beyond_are_asked_for_before_the_end_that_they_found() -> None:
    between = dict.fromkeys((1, 3), 0.99)
    beyond = dict.fromkeys((5, 6, 7), 0.8)
    shown = proposals(between | beyond)
    shown[8] = Proposal(1, 8, block() * False)
    found = suggested({0: block() * False, 2: block(), 4: block()}, shown, SLICES)
    assert found.slice in (5, 6, 7)
    assert found.reason == END_UNKNOWN


def test_where_proposals_only_halted_nothing_far_behind_them_is_asked_for() -> None:
    between = dict.fromkeys((1, 3), 0.99)
    beyond = dict.fromkeys((5, 6, 7), 0.8)
    shown = proposals(between | beyond)
    found = suggested({0: block() * False, 2: block(), 4: block()}, shown, SLICES)
    assert found.slice in (6, 7, 8, 9)
    assert found.reason == END_UNKNOWN


def test_an_end_that_nobody_has_seen_is_asked_for_when_all_else_is_drawn() -> None:
    found = suggested({0: block() * False, 1: block(), 2: block()}, {}, SLICES)
    assert found.slice > 2
    assert found.reason == END_UNKNOWN


def test_nothing_is_suggested_beyond_the_series() -> None:
    found = suggested({0: block(), 2: block()}, proposals({1: 0.9}), 3)
    assert found.slice == 1


def test_ends_are_asked_for_where_the_best_slice_lies_beyond_the_examples() -> None:
    found = suggested({10: block()}, proposals(dict.fromkeys([8, 9, 11, 12], None)), SLICES)
    assert found.ends == (End.FIRST, End.LAST)
    shown = proposals(dict.fromkeys([2, 3], 0.9))
    assert suggested({0: block(), 1: block()}, shown, SLICES).ends == (End.LAST,)


def test_an_end_between_a_drawing_and_a_slice_without_the_structure_is_asked_for() -> None:
    examples = {0: block() * False, 20: block(), 29: block()}
    found = suggested(examples, proposals(dict.fromkeys(range(5, 20), 0.5)), SLICES)
    assert found.slice < 20
    assert found.ends == (End.FIRST,)


def test_ends_that_are_stated_or_drawn_beside_are_not_asked_for() -> None:
    shown = proposals(dict.fromkeys([7, 8, 9, 11, 12], None))
    found = suggested({10: block()}, shown, SLICES, Ends(7, 12))
    assert found.ends == ()
    beside = {9: block() * False, 10: block(), 11: block() * False}
    assert suggest_slice(beside, {}, SLICES) is None


def test_where_slices_between_examples_help_more_no_end_is_asked_for() -> None:
    shown = proposals(dict.fromkeys(range(1, 20), 0.3))
    found = suggested({0: block(), 20: block(), 28: block()}, shown, SLICES)
    assert 0 < found.slice < 20
    assert found.ends == ()


def test_with_ends_stated_slices_spread_over_the_whole_structure() -> None:
    examples = {14: block()}
    chosen = []
    for _ in range(4):
        found = suggested(examples, {}, SLICES, Ends(2, 25))
        assert found.reason == LEAST_CERTAIN
        examples[found.slice] = block()
        chosen.append(found.slice)
    known = sorted([1, *examples, 26])
    assert all(2 <= index <= 25 for index in chosen)
    assert max(above - below for below, above in pairwise(known)) <= 8


def test_nothing_is_suggested_where_everything_within_the_ends_is_drawn() -> None:
    examples = {index: block() for index in range(10, 13)}
    assert suggest_slice(examples, {}, SLICES, Ends(10, 12)) is None
