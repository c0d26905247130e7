"""Outlines follow what moves in the images, whatever their own shapes would say."""

import numpy as np
import pytest

from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.network_opinion import bounded_distances
from core.proposals.optical_flow import carry, carry_between, flow_between


def disc(row, column, radius=14.0):
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (rows - row) ** 2 + (columns - column) ** 2 < radius**2


def picture_of(mask, seed=1):
    noise = np.random.default_rng(seed).normal(0, 0.02, mask.shape)
    return (0.4 + 0.2 * mask + noise).astype(np.float32)


@pytest.fixture(scope="module")
def winding():
    """Pictures of a disc that goes right and comes back, and where it is."""
    columns = (40, 46, 52, 58, 52, 46, 40)
    masks = np.stack([disc(64, column) for column in columns])
    pictures = [picture_of(mask, seed) for seed, mask in enumerate(masks)]
    return masks, lambda index, other: flow_between(pictures[index], pictures[other])


def test_an_outline_is_carried_to_where_its_structure_went():
    here, there = disc(60, 50), disc(64, 57)
    flow = flow_between(picture_of(there), picture_of(here, 2))
    carried = carry(bounded_distances(here), flow) > 0
    assert dice(here, there) < 0.75
    assert dice(carried, there) > 0.9


def test_where_nothing_moves_an_outline_stays():
    still = disc(60, 50)
    flow = flow_between(picture_of(still), picture_of(still, 2))
    assert flow.shape == (2, SIDE // 2, SIDE // 2)
    assert dice(carry(bounded_distances(still), flow) > 0, still) > 0.97


def test_pictures_without_any_contrast_move_nothing():
    flat = np.full((SIDE, SIDE), 0.5, np.float32)
    assert not flow_between(flat, flat).any()


def test_between_examples_outlines_follow_a_way_that_shapes_cannot_know(winding):
    masks, motion_of = winding
    first, last = bounded_distances(masks[[0, -1]])
    carried = carry_between(first, last, 0, 6, motion_of)
    assert sorted(carried.distances) == [1, 2, 3, 4, 5]
    assert carried.agreement > 0.85
    # Halfway, the examples' own shapes would expect it where both of them are.
    assert dice(masks[0], masks[3]) < 0.3
    for index, distance in carried.distances.items():
        assert dice(distance > 0, masks[index]) > 0.85


def test_examples_that_moved_onto_nothing_do_not_agree(winding):
    masks, motion_of = winding
    first, elsewhere = bounded_distances(np.stack([masks[0], disc(100, 100)]))
    assert carry_between(first, elsewhere, 0, 6, motion_of).agreement < 0.2


def test_side_by_side_there_is_nothing_between(winding):
    masks, motion_of = winding
    first, last = bounded_distances(masks[:2])
    carried = carry_between(first, last, 0, 1, motion_of)
    assert carried.distances == {} and carried.agreement > 0.9
