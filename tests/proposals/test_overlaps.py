import numpy as np
import pytest

from core.proposals.overlaps import resolve_overlaps


@pytest.fixture
def scores() -> dict[int, np.ndarray]:
    random = np.random.default_rng(4)
    return {number: random.normal(size=(20, 20)).astype(np.float32) for number in (1, 2, 5)}


def test_the_most_certain_segment_gets_the_pixel(scores: dict[int, np.ndarray]) -> None:
    masks = resolve_overlaps(scores, np.zeros((20, 20), bool), {1, 2, 5})
    stack = np.stack(list(scores.values()))
    assert np.sum(list(masks.values()), axis=0).max() == 1
    assert np.array_equal(np.any(list(masks.values()), axis=0), stack.max(axis=0) > 0)
    for number, mask in masks.items():
        assert (scores[number][mask] == stack.max(axis=0)[mask]).all()


def test_segments_that_may_overlap_keep_all_their_pixels(scores: dict[int, np.ndarray]) -> None:
    masks = resolve_overlaps(scores, np.zeros((20, 20), bool), {1, 2})
    assert np.array_equal(masks[5], scores[5] > 0)
    assert not (masks[1] & masks[2]).any()


def test_drawn_pixels_of_others_are_not_touched(scores: dict[int, np.ndarray]) -> None:
    taken = np.zeros((20, 20), bool)
    taken[:10] = True
    masks = resolve_overlaps(scores, taken, {1, 2})
    assert not masks[1][:10].any() and not masks[2][:10].any()
    assert masks[5][:10].any()


def test_pixels_outside_of_all_segments_stay_outside(scores: dict[int, np.ndarray]) -> None:
    nothing = {number: np.full((20, 20), -np.inf, np.float32) for number in scores}
    masks = resolve_overlaps(nothing, np.zeros((20, 20), bool), {1, 2, 5})
    assert not np.any(list(masks.values()))
