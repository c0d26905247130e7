"""Kinds of structures that people draw, made with noise and texture, proposed by the real weights.

Shapes alone do some of these badly: the network must help where they fail, and must not spoil what
they do well.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.examples import SegmentExamples
from core.proposals.methods import MethodName
from core.proposals.proposer import propose

SHAPE = (13, 64, 64)
SPACING = (2.0, 1.5, 1.5)
Z, Y, X = (axis * step for axis, step in zip(np.mgrid[:13, :64, :64], (2, 1.5, 1.5), strict=True))
"""Coordinates of every pixel, in half slices and in mm: few and coarse, so that tests are quick."""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine("default", "cpu")


def ball(z: float, y: float, x: float, radius: float, squeeze: float = 2.0) -> np.ndarray:
    """An ellipsoid, flattened along the slices' axis."""
    return ((Z - z) * squeeze) ** 2 + (Y - y) ** 2 + (X - x) ** 2 < radius**2


def tube(
    center_y: Callable[[Any], Any], center_x: Callable[[Any], Any], radius: float
) -> np.ndarray:
    """A tube whose centre moves from slice to slice: functions of `Z`."""
    return (Y - center_y(Z)) ** 2 + (X - center_x(Z)) ** 2 < radius**2


def picture(*masks: Any, seed: int = 0) -> np.ndarray:
    """CT-like volume with soft tissue of about 40 HU, in which each mask is brighter, and noise."""
    random = np.random.default_rng(seed)
    texture = gaussian_filter(random.normal(size=SHAPE), (0.7, 3, 3)) * 100
    volume = 40 + texture
    for step, mask in enumerate(masks, start=1):
        volume = np.where(mask, 40 + 130 * step + texture / 2, volume)
    return np.rint(volume + random.normal(0, 15, SHAPE)).astype(np.int16)


def proposed(
    engine: Engine,
    volume: np.ndarray,
    masks: Mapping[int, np.ndarray],
    slices: Sequence[int],
    method: MethodName = "auto",
) -> Any:
    """Masks of the whole volume by segment, examples included."""
    segments = [
        SegmentExamples(number, {index: mask[index] for index in slices})
        for number, mask in masks.items()
    ]
    result = {number: np.zeros(SHAPE, bool) for number in masks}
    for number, mask in masks.items():
        result[number][list(slices)] = mask[list(slices)]
    for proposal in propose(volume, SPACING, "CT", segments, engine=engine, method=method):
        result[proposal.segment][proposal.slice] = proposal.mask
    return result


def undrawn(found: Any, truth: np.ndarray, slices: Sequence[int]) -> float:
    """Dice over the slices of the structure that were not drawn."""
    wanted = [i for i in np.flatnonzero(truth.any(axis=(1, 2))) if i not in slices]
    return dice(found[wanted], truth[wanted])


def compare(engine: Engine, mask: np.ndarray, slices: Sequence[int], *others: Any) -> Any:
    """Dice of the proposals and of the interpolation."""
    volume = picture(mask, *others)
    return [
        undrawn(proposed(engine, volume, {1: mask}, slices, method)[1], mask, slices)
        for method in ("auto", "interpolation")
    ]


def test_disconnected_parts(engine: Engine) -> None:
    mask = ball(12, 30, 30, 14) | ball(12, 66, 60, 11) | ball(12, 30, 72, 8)
    found, interpolated = compare(engine, mask, (3, 5, 7, 9))
    assert found > 0.85 and found > interpolated - 0.01


def test_paired_organs(engine: Engine) -> None:
    mask = ball(11, 48, 24, 16) | ball(13, 48, 72, 16)
    found, interpolated = compare(engine, mask, (3, 6, 9))
    assert found > 0.85 and found > interpolated - 0.01


def test_rings(engine: Engine) -> None:
    mask = ball(12, 48, 48, 30, 1.0) & ~ball(12, 48, 48, 20, 1.0)
    found, interpolated = compare(engine, mask, (2, 6, 10))
    assert found > 0.85 and found > interpolated - 0.01


def test_thin_vessels(engine: Engine) -> None:
    mask = tube(lambda z: 30 + 1.2 * z, lambda z: 48 + 14 * np.sin(z / 6), 3.5)
    found, interpolated = compare(engine, mask, (0, 3, 6, 9, 12))
    assert found > 0.7 and found > interpolated + 0.05


def test_structures_that_split(engine: Engine) -> None:
    apart = np.clip(Z - 8, 0, None) * 1.3
    mask = ((Y - 48 - apart) ** 2 + (X - 48) ** 2 < 100) | (
        (Y - 48 + apart) ** 2 + (X - 48) ** 2 < 100
    )
    found, interpolated = compare(engine, mask, (0, 4, 8, 12))
    assert found > 0.85 and found > interpolated - 0.01


def test_structures_that_merge(engine: Engine) -> None:
    apart = np.clip(16 - Z, 0, None) * 1.3
    mask = ((Y - 48) ** 2 + (X - 48 - apart) ** 2 < 100) | (
        (Y - 48) ** 2 + (X - 48 + apart) ** 2 < 100
    )
    found, interpolated = compare(engine, mask, (0, 4, 8, 12))
    assert found > 0.85 and found > interpolated - 0.01


def test_what_a_person_said_is_empty_stays_empty(engine: Engine) -> None:
    mask = ball(12, 48, 48, 16)
    volume = picture(mask)
    nothing = np.zeros(SHAPE[1:], bool)
    drawn = {4: mask[4], 6: mask[6], 8: mask[8], 1: nothing, 11: nothing}
    found = list(propose(volume, SPACING, "CT", [SegmentExamples(1, drawn)], engine=engine))
    assert {proposal.slice for proposal in found} == set(range(2, 11)) - {4, 6, 8}
    last = {proposal.slice: proposal.mask for proposal in found}
    for index in (2, 10):
        assert not last[index].any()
    for index in (5, 7):
        assert dice(last[index], mask[index]) > 0.8


def test_a_structure_is_followed_to_its_end_and_not_further(engine: Engine) -> None:
    mask = ball(12, 48, 48, 18)
    slices = (5, 6, 8)
    found = proposed(engine, picture(mask), {1: mask}, slices)[1]
    present = np.flatnonzero(mask.any(axis=(1, 2)))
    reached = np.flatnonzero(found.any(axis=(1, 2)))
    assert abs(reached[0] - present[0]) <= 1 and abs(reached[-1] - present[-1]) <= 1
    beyond = [i for i in present if i < slices[0] or i > slices[-1]]
    assert dice(found[beyond], mask[beyond]) > 0.6


def test_exclusive_segments_that_touch_share_no_pixel(engine: Engine) -> None:
    first = ball(12, 48, 38, 18, 1.2)
    second = ball(12, 48, 62, 16, 1.2) & ~first
    masks = {1: first, 2: second}
    slices = (2, 6, 10)
    found = proposed(engine, picture(first, second), masks, slices)
    assert not (found[1] & found[2]).any()
    for number, mask in masks.items():
        assert undrawn(found[number], mask, slices) > 0.9


def test_the_image_decides_where_shapes_cannot(engine: Engine) -> None:
    """A structure that moves across soon after the first drawn slice: only the image tells."""
    mask = tube(lambda z: 30 + 36 / (1 + np.exp(5 - z)), lambda z: 48 + 0 * z, 9)
    found, interpolated = compare(engine, mask, (0, 6, 12))
    assert interpolated < 0.75
    assert found > interpolated + 0.1
