"""Placing the slices of a series in its teachers."""

import numpy as np
import pytest

from core.proposals.placing import Stack, positions_in

SPACING = (2.0, 1.0, 1.0)


def body(slices: int, seed: int = 0, step: int = 1) -> Stack:
    """A bright square that moves along the diagonal from the first slice to the last."""
    images = np.random.default_rng(seed).uniform(0, 0.1, (slices, 64, 64)).astype(np.float32)
    for index in range(slices):
        place = 4 + 40 * index // (slices - 1)
        images[index, place : place + 14, place : place + 14] += 0.8
    return Stack(images[::step], (SPACING[0] * step, *SPACING[1:]))


def part(stack: Stack, slices: slice) -> Stack:
    return Stack(stack.images[slices], stack.spacing)


def test_series_that_show_the_same_part_are_placed_from_end_to_end() -> None:
    placed = positions_in(body(24), [body(24, seed=1), body(24, seed=2, step=2)])
    assert placed == pytest.approx(list(np.linspace(0, 1, 24)))


@pytest.mark.parametrize("step", [1, 2])
def test_a_series_that_was_cut_shorter_is_found_in_its_teachers(step: int) -> None:
    series = part(body(24), slice(14, 22))
    placed = positions_in(series, [body(24, seed=1, step=step), body(24, seed=2)])
    assert np.allclose(placed, np.arange(14, 22) / 23, atol=0.06)


def test_too_few_slices_do_not_tell_where_they_lie() -> None:
    assert positions_in(part(body(24), slice(20, 23)), [body(24, seed=1)]) == [0, 0.5, 1]
