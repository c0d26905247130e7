"""The guidance of a query holds what is known, and zeros where nothing is."""

import numpy as np
import pytest
import torch

from core.network.guidance import (
    ADDED,
    AGREEMENT,
    CHANGE_ABOVE,
    CHANGE_BELOW,
    DISTANCE,
    FROM_ABOVE,
    FROM_BELOW,
    NEAR_ABOVE,
    NEAR_BELOW,
    PRIOR,
    REMOVED,
    WALKED,
)
from core.proposals.query_guidance import Direction, Walk, query_guidance

SIDE = 32
PICTURE = torch.full((SIDE, SIDE), 0.5)
OUTLINE = torch.linspace(-8, 8, SIDE).expand(SIDE, SIDE)
BELOW = Direction(3.0, OUTLINE + 1, PICTURE + 0.1)
ABOVE = Direction(5.0, OUTLINE - 1, PICTURE - 0.2)


def test_between_examples_everything_is_told() -> None:
    walk = Walk(torch.full((SIDE, SIDE), 0.75), 0.9)
    guidance = query_guidance(PICTURE, OUTLINE, BELOW, ABOVE, walk)
    assert np.allclose(guidance[PRIOR], (OUTLINE / 2).tanh())
    assert np.allclose(guidance[FROM_BELOW], ((OUTLINE + 1) / 2).tanh())
    assert np.allclose(guidance[FROM_ABOVE], ((OUTLINE - 1) / 2).tanh())
    for channel, value in (
        (DISTANCE, np.tanh(3 / 4)),
        (WALKED, 0.5),
        (NEAR_BELOW, 1 - np.tanh(3 / 4)),
        (NEAR_ABOVE, 1 - np.tanh(5 / 4)),
        (CHANGE_BELOW, 0.1),
        (CHANGE_ABOVE, -0.2),
        (AGREEMENT, 0.9),
        (ADDED, 0),
        (REMOVED, 0),
    ):
        assert np.allclose(guidance[channel], value, atol=1e-6)


@pytest.mark.parametrize(
    ("sides", "told", "untold"),
    [
        ((BELOW, None), (FROM_BELOW, NEAR_BELOW, CHANGE_BELOW), (FROM_ABOVE, NEAR_ABOVE)),
        ((None, ABOVE), (FROM_ABOVE, NEAR_ABOVE, CHANGE_ABOVE), (FROM_BELOW, NEAR_BELOW)),
    ],
)
def test_beyond_the_outermost_example_one_side_is_told(
    sides: tuple[Direction | None, Direction | None],
    told: tuple[int, ...],
    untold: tuple[int, ...],
) -> None:
    guidance = query_guidance(PICTURE, OUTLINE, *sides, walk=None)
    assert all(guidance[channel].any() for channel in (PRIOR, DISTANCE, *told))
    assert not any(guidance[channel].any() for channel in (WALKED, AGREEMENT, *untold))


def test_without_an_example_there_is_no_guidance() -> None:
    with pytest.raises(ValueError, match="expected an example on one side"):
        query_guidance(PICTURE, OUTLINE, None, None, None)
