"""What teachers found, moved as drawn slices show that it lies elsewhere."""

import numpy as np
import pytest

from core.network.overlap import dice
from core.proposals.taught_corrections import corrections

_SHAPE = (64, 80)


def disk(radius: float, row: float = 30, column: float = 40) -> np.ndarray:
    rows, columns = np.mgrid[: _SHAPE[0], : _SHAPE[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 < radius**2


def moved(found: dict[int, np.ndarray], confirmed: dict[int, np.ndarray], index: int) -> np.ndarray:
    told = corrections(found, confirmed)
    assert told is not None
    return told.applied(index, found[index])


def test_what_was_found_right_stays_as_it_is() -> None:
    found = {index: disk(6 + index) for index in range(5)}
    assert (moved(found, {2: found[2]}, 4) == found[4]).all()


def test_what_was_found_too_large_shrinks_on_the_slices_around_and_less_far_away() -> None:
    found = {index: disk(14) for index in range(60)}
    areas = [int(moved(found, {4: disk(8)}, index).sum()) for index in (4, 5, 20, 59)]
    assert areas[0] == disk(8).sum()
    assert areas == sorted(areas)
    assert areas[0] <= areas[1] < areas[2] < areas[3] < disk(14).sum()


def test_what_was_found_beside_the_structure_moves_towards_it() -> None:
    found = {index: disk(10, column=36) for index in range(5)}
    result = moved(found, {1: disk(10, column=42)}, 2)
    assert dice(result, disk(10, column=42)) > 0.95 > dice(found[2], disk(10, column=42))


def test_between_two_examples_the_nearer_one_counts_more() -> None:
    found = {index: disk(10) for index in range(7)}
    drawn = {0: disk(6), 6: disk(14)}
    below, middle, above = (int(moved(found, drawn, index).sum()) for index in (1, 3, 5))
    assert disk(6).sum() < below < middle < above < disk(14).sum()
    assert middle == pytest.approx(disk(10).sum(), rel=0.05)


def test_a_structure_may_grow_beyond_all_that_teachers_found() -> None:
    found = {0: disk(4, row=3, column=3), 1: disk(4, row=5, column=5)}
    assert moved(found, {0: disk(12, row=3, column=3)}, 1).sum() > 2 * found[1].sum()


@pytest.mark.parametrize(
    "confirmed",
    [
        {},
        {1: np.zeros(_SHAPE, bool)},
        {2: disk(6)},
        {7: disk(6)},
    ],
    ids=["nothing", "drawn as absent", "where nothing was found", "a slice not searched"],
)
def test_nothing_is_told_where_no_slice_shows_the_structure_in_both(
    confirmed: dict[int, np.ndarray],
) -> None:
    assert corrections({1: disk(6), 2: np.zeros(_SHAPE, bool)}, confirmed) is None
