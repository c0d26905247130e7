"""The flow between slices is computed once."""

from collections.abc import Sequence

import numpy as np
import torch

from core.proposals.motion import Motion
from core.proposals.optical_flow import flows_between
from tests.proposals.test_optical_flow import disc, picture_of

PICTURES = torch.stack([picture_of(disc(60, 40 + 3 * step), step) for step in range(5)]).numpy()


def counted() -> tuple[Motion, list[int]]:
    """Motion over five pictures, and the slices that it asked for."""
    asked: list[int] = []

    def pictures_of(slices: Sequence[int]) -> np.ndarray:
        asked.extend(slices)
        return PICTURES[list(slices)]

    return Motion(pictures_of, torch.device("cpu")), asked


def test_a_flow_is_that_between_the_two_pictures() -> None:
    motion, _ = counted()
    expected = flows_between(*(torch.from_numpy(PICTURES[[place]]) for place in (3, 2)))[0]
    torch.testing.assert_close(motion.flow(3, 2), expected, atol=0.02, rtol=0)


def test_pictures_are_asked_for_once() -> None:
    motion, asked = counted()
    along = motion.along(0, 3)
    assert along.shape[:4] == (2, 1, 3, 2)
    assert sorted(asked) == [0, 1, 2, 3]
    torch.testing.assert_close(along[0, 0, 2], motion.flow(3, 2))
    torch.testing.assert_close(along[1, 0, 0], motion.flow(0, 1))
    assert sorted(asked) == [0, 1, 2, 3]
    motion.along(0, 4)
    assert sorted(asked) == [0, 1, 2, 3, 3, 4]


def test_a_long_way_is_computed_in_parts() -> None:
    pictures = np.repeat(PICTURES, 10, axis=0)
    motion = Motion(lambda slices: pictures[list(slices)], torch.device("cpu"))
    assert len(motion.missing(0, 40)) == 40
    motion.compute(motion.missing(0, 40)[10:20])
    assert motion.missing(0, 40) == [(one, one + 1) for one in [*range(10), *range(20, 40)]]
