"""Which series of a cohort to annotate next."""

import numpy as np

from core.proposals.teaching_order import (
    SeriesLooks,
    likeness_of_series,
    looks_of_series,
    teaching_order,
)


def volume(kind: str, seed: int) -> np.ndarray:
    """Eight slices with a bright square on the left or on the right, in noise."""
    made = np.random.default_rng(seed).normal(0, 5, (8, 64, 64))
    columns = slice(8, 24) if kind == "left" else slice(40, 56)
    made[:, 20:44, columns] += 100
    return made


def looks(kinds: str, modality: str = "MR") -> list[SeriesLooks]:
    names = {"l": "left", "r": "right"}
    return [
        looks_of_series(volume(names[kind], seed), (2.0, 1.0, 1.0), modality)
        for seed, kind in enumerate(kinds)
    ]


def test_series_of_one_kind_are_more_alike_than_those_of_two() -> None:
    likeness = likeness_of_series(looks("llr"))
    assert likeness[0, 1] > likeness[0, 2] + 0.5
    assert np.allclose(np.diag(likeness), 1, atol=1e-5)


def test_the_larger_group_comes_first_and_then_the_one_that_nobody_taught() -> None:
    likeness = likeness_of_series(looks("lllrr"))
    order = teaching_order(likeness, [])
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order[0] < 3
    assert order[1] >= 3


def test_what_is_finished_is_not_asked_for_and_counts_as_covered() -> None:
    likeness = likeness_of_series(looks("lllrr"))
    order = teaching_order(likeness, [1])
    assert 1 not in order
    assert order[0] >= 3


def test_another_modality_teaches_nothing() -> None:
    likeness = likeness_of_series([*looks("ll"), *looks("l", "CT")])
    assert likeness[0, 2] == likeness[2, 0] == -1
    assert teaching_order(likeness, [0])[0] == 2
    assert teaching_order(np.zeros((0, 0)), []) == []
