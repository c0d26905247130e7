"""Proposals that jump against the slices beside them are found, and what is usual is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.proposals.jumps import (
    LARGEST,
    Jump,
    Signs,
    find_jumps,
    signs_of,
)

RADIUS = 10.0


def disk(radius: float = RADIUS, column: float = 32.0) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:64, :64]
    return np.asarray((rows - 32) ** 2 + (columns - column) ** 2 < radius**2)


def jumps(
    masks: list[NDArray[np.bool_]], brighter: dict[int, float] | None = None
) -> dict[int, list[Jump]]:
    """What is found where every slice is proposed, in noise of standard deviation 1."""
    noise = np.random.default_rng(0)
    signs: dict[int, Signs] = {}
    for index, mask in enumerate(masks):
        image = noise.normal((brighter or {}).get(index, 0.0), 1.0, mask.shape)
        found = signs_of(mask, image)
        if found is not None:
            signs[index] = found
    return find_jumps(signs, range(len(masks)))


def test_a_structure_that_changes_steadily_does_not_jump() -> None:
    assert jumps([disk(6 + index, 20 + 2 * index) for index in range(8)]) == {}


@pytest.mark.parametrize(
    ("kind", "changed", "brighter", "word"),
    [
        ("position", disk(column=32 + 2 * RADIUS * LARGEST["position"]), 0.0, "elsewhere"),
        ("area", disk(RADIUS * LARGEST["area"]), 0.0, "larger"),
        ("area", disk(RADIUS / LARGEST["area"]), 0.0, "smaller"),
        ("intensity", disk(), 2 * LARGEST["intensity"], "brighter"),
        ("intensity", disk(), -2 * LARGEST["intensity"], "darker"),
    ],
)
def test_only_the_slice_that_jumps_is_marked_and_with_the_reason(
    kind: str, changed: NDArray[np.bool_], brighter: float, word: str
) -> None:
    masks = [disk() for _ in range(7)]
    masks[3] = changed
    found = jumps(masks, {3: brighter})
    assert list(found) == [3]
    assert found[3][0].kind == kind
    assert word in found[3][0].text


def test_where_the_structure_ends_it_may_change_as_it_likes() -> None:
    assert jumps([disk(20), disk(5), np.zeros((64, 64), dtype=np.bool_), disk(20)]) == {}


def test_a_slice_is_compared_with_examples_but_these_are_not_marked() -> None:
    signs = {index: signs_of(disk(), np.zeros((64, 64))) for index in range(5)}
    signs[2] = signs_of(disk(2.5 * RADIUS), np.zeros((64, 64)))
    known = {index: one for index, one in signs.items() if one is not None}
    assert list(find_jumps(known, [2])) == [2]
    assert find_jumps(known, [0, 1, 3, 4]) == {}
