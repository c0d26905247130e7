"""Structures of separate parts: told apart, proposed each for itself, and joined again."""

from collections.abc import Mapping

import numpy as np
import pytest

from core.network.engine import Engine
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.parts import joined_parts, numbered_apart, parts_of
from core.proposals.proposer import propose
from core.segments.ends import Ends

Masks = Mapping[int, np.ndarray]


SHAPE = (100, 160)
SPACING = (2.0, 1.0, 1.0)


def disks(*places: tuple[int, int], radius: int = 12) -> np.ndarray:
    """A slice with disks at (row, column)."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    near = [(y - row) ** 2 + (x - column) ** 2 <= radius**2 for row, column in places]
    return np.any([np.zeros(SHAPE, bool), *near], axis=0)


def kidneys() -> dict[int, np.ndarray]:
    return {index: disks((50, 30), (50, 124)) for index in (3, 7, 11)}


def test_parts_that_lie_apart_on_the_same_slices_are_told_apart() -> None:
    masks = kidneys()
    left, right = parts_of(SegmentExamples(4, masks), SPACING, 20)
    assert left.number == right.number == 4
    for index, mask in masks.items():
        assert np.array_equal(left.masks[index] | right.masks[index], mask)
        assert not (left.masks[index] & right.masks[index]).any()
    assert left.masks[7][50, 30]
    assert right.masks[7][50, 124]


@pytest.mark.parametrize(
    "masks",
    [
        {index: disks((50, 60), (50, 86)) for index in (3, 7, 11)},
        {3: disks((50, 30)), 7: disks((50, 76)), 11: disks((50, 124))},
        {3: disks((50, 30), (50, 124)), 7: disks((50, 124)), 11: disks((50, 124))},
        {index: disks(*((r, c) for r in (16, 80) for c in (16, 76, 140))) for index in (3, 7, 11)},
        {index: disks((16, 12 + 2 * index), (80, 128 - 4 * index)) for index in (3, 13, 23)},
        {5: disks((50, 80))},
    ],
    ids=["close together", "moving", "seldom side by side", "scattered", "crossing", "one"],
)
def test_other_structures_stay_whole(masks: Masks) -> None:
    segment = SegmentExamples(1, masks)
    assert parts_of(segment, SPACING, 20) == [segment]


def test_parts_whose_every_pixel_the_network_sees_stay_together() -> None:
    small = {index: disks((10, 10), (10, 31), radius=4) for index in (3, 7, 11)}
    segment = SegmentExamples(1, small)
    assert parts_of(segment, SPACING, 20) == [segment]


def test_a_part_may_be_absent_from_some_drawn_slices() -> None:
    masks = {index: disks((50, 30), (50, 124)) for index in (3, 5, 7)} | {9: disks((50, 124))}
    left, right = parts_of(SegmentExamples(1, masks), SPACING, 20)
    assert not left.masks[9].any()
    assert right.masks[9].any()


def test_a_stated_end_is_that_of_the_largest_part_beside_it() -> None:
    masks = kidneys()
    masks[11] = disks((50, 30)) | disks((50, 124), radius=6)
    left, right = parts_of(SegmentExamples(1, masks, Ends(last=15)), SPACING, 20)
    assert left.ends == Ends(last=15)
    assert right.ends == Ends()
    # Behind the end neither is.
    assert not right.masks[16].any()


def test_an_end_at_the_edge_of_the_series_has_no_slice_behind_it() -> None:
    parts = parts_of(SegmentExamples(1, kidneys(), Ends(first=0, last=19)), SPACING, 20)
    assert [sorted(part.masks) for part in parts] == [[3, 7, 11], [3, 7, 11]]


def test_parts_get_numbers_that_no_segment_has() -> None:
    whole = SegmentExamples(9, {5: disks((50, 80))})
    parts, numbers = numbered_apart([SegmentExamples(2, kidneys()), whole], [2, 9, 30], SPACING, 20)
    assert [part.number for part in parts] == [31, 32, 9]
    assert numbers == {31: 2, 32: 2, 9: 9}
    assert parts[2].masks is whole.masks


def test_proposals_for_parts_are_joined_as_they_come() -> None:
    left, right, nothing = disks((50, 30)), disks((50, 124), radius=6), disks()
    found = [
        Proposal(31, 5, left),
        Proposal(9, 5, right, 0.5),
        Proposal(32, 5, right),
        Proposal(31, 5, left, 0.9),
        Proposal(32, 5, right, 0.7),
        Proposal(32, 5, nothing),
    ]
    joined = list(joined_parts(found, {31: 2, 32: 2, 9: 9}))
    assert [one.segment for one in joined] == [2, 9, 2, 2, 2, 2]
    for place, mask in ((0, left), (2, left | right), (4, left | right), (5, left)):
        assert np.array_equal(joined[place].mask, mask)
    assert joined[3].expected_dice is None
    weights = (left.sum(), right.sum())
    assert joined[4].expected_dice == pytest.approx(np.average([0.9, 0.7], weights=weights))
    assert joined[5].expected_dice == 0.9


@pytest.mark.parametrize("exclusive", [None, ()])
def test_both_parts_are_proposed_under_the_number_of_their_segment(
    untrained_engine: Engine, exclusive: tuple[int, ...] | None
) -> None:
    masks = {index: disks((50, 30), (50, 124)) for index in range(3, 14)}
    drawn = {index: masks[index] for index in (3, 8, 13)}
    noise = np.random.default_rng(1).normal(0, 5, (18, *SHAPE))
    volume = noise + 100 * np.array([masks.get(index, disks()) for index in range(18)])
    between = dict.fromkeys((3, 8, 13), disks((50, 80), radius=8))
    segments = [SegmentExamples(3, drawn), SegmentExamples(5, between)]
    last: dict[tuple[int, int], Proposal] = {}
    for proposal in propose(
        volume.astype(np.int16), SPACING, "MR", segments,
        engine=untrained_engine, method="interpolation", exclusive=exclusive,
    ):  # fmt: skip
        last[proposal.segment, proposal.slice] = proposal
    assert {segment for segment, _ in last} == {3, 5}
    for index in (4, 5, 6, 7, 9, 10, 11, 12):
        assert np.array_equal(last[3, index].mask, masks[index])
