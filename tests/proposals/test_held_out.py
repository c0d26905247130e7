from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from core.network.engine import Engine
from core.proposals.crop import SIDE, Crop
from core.proposals.held_out import (
    HeldOutQuality,
    held_out_slices,
    measure_held_out,
    offset_of,
)
from core.proposals.scores import sureness as mask_sureness
from core.proposals.teacher_search import Answers, Found
from core.proposals.teacher_slices import TaughtStructure

CROP = Crop(((SIDE - 1) / 2, (SIDE - 1) / 2), float(SIDE), (SIDE, SIDE), (1.0, 1.0))


def structure_of(slices: int, present: range) -> TaughtStructure:
    y, x = np.mgrid[:SIDE, :SIDE]
    ball = (y - 60) ** 2 + (x - 60) ** 2 < 400
    masks = {index: ball & (index in present) for index in range(slices)}
    images = np.stack([masks[index] for index in range(slices)]).astype(np.float32)
    return TaughtStructure(images, (1.0, 1.0, 1.0), masks)


def found_with(logit: float, likeness: float = 0.9) -> Found:
    logits = np.full((1, SIDE, SIDE), -6.0, np.float32)
    logits[0, 40:80, 40:80] = logit
    return Found([Answers(CROP, logits, np.array([likeness], np.float32))])


def test_a_single_teacher_can_not_be_held_out(untrained_engine: Engine) -> None:
    structure = structure_of(10, range(3, 7))
    assert held_out_slices([structure]) == []
    assert measure_held_out([untrained_engine], [structure], lambda slices: None).offset is None


def test_of_many_teachers_three_are_held_out_on_slices_with_and_without_the_structure() -> None:
    structures = [structure_of(30, range(10, 25)) for _ in range(5)]
    slices = held_out_slices(structures)
    assert sorted({place for place, _ in slices}) == [0, 2, 4]
    first = [index for place, index in slices if place == 0]
    assert len(first) == 8 and sum(index in range(10, 25) for index in first) == 6


def test_a_slice_with_too_little_weighs_as_much_as_one_with_too_much() -> None:
    small, large = np.zeros((2, SIDE, SIDE), bool)
    small[:10, :10], large[:20, :20] = True, True
    right = (0.8, large, large)
    too_much, too_little = (
        (0.8, found, drawn) for found, drawn in ((large, small), (small, large))
    )
    assert offset_of([right, too_much]) == offset_of([right, too_little])
    assert offset_of([right]) > offset_of([right, too_much]) > offset_of([too_much])


def test_the_surer_the_network_is_the_more_dice_is_expected() -> None:
    quality = HeldOutQuality(0.0, 0.5)
    mask = np.ones((SIDE, SIDE), bool)
    sure = quality.expected_dice(found_with(5.0), 0, mask)
    unsure = quality.expected_dice(found_with(0.5), 0, mask)
    assert sure is not None and unsure is not None and 0 < unsure < sure < 1


def test_what_the_network_is_less_sure_by_is_expected_to_be_missed_by_more() -> None:
    mask = np.ones((SIDE, SIDE), bool)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[40:80, 40:80] = True
    found = [found_with(one) for one in (1.5, 0.5)]
    sureness = [mask_sureness(one.log_odds(0)) for one in found]
    # Held out, the network was as sure as it is of the first, and as right.
    quality = HeldOutQuality(offset_of([(sureness[0], inside, inside)]), 0.5)
    expected = [quality.expected_dice(one, 0, mask) for one in found]
    assert expected[0] is not None and expected[1] is not None
    fall = [logit(one[0]) - logit(one[1]) for one in (expected, sureness)]
    assert fall[0] > 1.5 * fall[1] > 0


def test_poor_results_with_the_teachers_lower_what_is_expected() -> None:
    mask = np.ones((SIDE, SIDE), bool)
    good, poor = (
        HeldOutQuality(offset, 0.5).expected_dice(found_with(1.0), 0, mask) for offset in (0, -2)
    )
    assert good is not None and poor is not None and poor < good - 0.1


@pytest.mark.parametrize(
    ("quality", "found", "pixels"),
    [
        (HeldOutQuality(None), found_with(5.0), True),
        (HeldOutQuality(0.0, 0.8), found_with(5.0, likeness=0.3), True),
        (HeldOutQuality(0.0, 0.5), found_with(5.0), False),
    ],
    ids=["too few teachers", "unlike all teachers", "nothing found"],
)
def test_what_can_not_be_known_is_unknown(quality: Any, found: Any, pixels: bool) -> None:
    assert quality.expected_dice(found, 0, np.full((SIDE, SIDE), pixels)) is None
