from collections.abc import Iterable

import numpy as np
import pytest

from core.proposals.extrapolation import Trend, outline_towards_end, trend_of
from core.proposals.interpolation import example_distances

SPACING = (1.0, 1.0)


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:80, :80]
    return (y - 40) ** 2 + (x - 40) ** 2 < radius**2


def ball(slices: Iterable[int], radius: int = 30, middle: int = 40) -> dict[int, np.ndarray]:
    """Slices of a ball."""
    reach = {index: max(0, radius**2 - (index - middle) ** 2) for index in slices}
    return {index: disc(square**0.5) for index, square in reach.items()}


def distances(masks: dict[int, np.ndarray]) -> dict[int, np.ndarray | None]:
    return example_distances(masks, SPACING)


def trend_at(masks: dict[int, np.ndarray], index: int) -> Trend | None:
    return trend_of({known: int(mask.sum()) for known, mask in masks.items()}, index)


def going_on(masks: dict[int, np.ndarray], index: int) -> Trend:
    """Return the trend where there must be one."""
    trend = trend_at(masks, index)
    assert trend is not None
    return trend


@pytest.mark.parametrize(("drawn", "wanted"), [((25, 40, 60), (62, 65)), ((25, 40), (20, 15))])
def test_a_ball_drawn_through_its_middle_goes_on_as_a_ball(
    drawn: tuple[int, ...], wanted: tuple[int, int]
) -> None:
    masks = ball(drawn)
    truth = ball(wanted)
    for index in wanted:
        trend = going_on(masks, index)
        assert trend.area(index) == pytest.approx(truth[index].sum(), rel=0.05)


def test_it_ends_where_the_ball_does() -> None:
    masks = ball((25, 40, 60))
    trend = going_on(masks, 74)
    assert trend.area(74) == 0
    assert trend.slices_behind_end(69) == 0
    assert trend.slices_behind_end(74) == pytest.approx(4, abs=0.5)


def test_the_area_stays_where_the_structure_did_not_shrink() -> None:
    masks = {10: disc(8), 20: disc(12)}
    trend = going_on(masks, 30)
    assert trend.slices_behind_end(30) == 0
    assert trend.area(30) == masks[20].sum()


def test_examples_that_hardly_differ_let_a_vessel_go_on() -> None:
    masks = {10: disc(10), 20: disc(9.6)}
    trend = going_on(masks, 25)
    assert trend.area(25) > 0.8 * masks[20].sum()


def test_there_is_no_trend_between_examples_nor_of_a_single_one_nor_behind_an_empty_one() -> None:
    masks = {10: disc(10), 20: disc(5), 30: np.zeros((80, 80), bool)}
    assert trend_at(masks, 15) is None
    assert trend_at(masks, 35) is None
    assert trend_at({10: disc(10)}, 15) is None


def test_towards_a_known_end_the_outline_shrinks_to_vanish_right_behind_it() -> None:
    masks = {10: disc(20), 20: disc(17)}
    areas = {index: int(mask.sum()) for index, mask in masks.items()}
    outlines = [outline_towards_end(distances(masks), areas, index, 31) for index in range(21, 31)]
    shown = [0 if outline is None else np.count_nonzero(outline > 0) for outline in outlines]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > 0.9 * areas[20]
    assert 0 < shown[-1] < 0.3 * areas[20]
    assert outline_towards_end(distances({20: disc(17)}), {20: 900}, 20, 31) is None
