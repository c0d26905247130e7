"""Doubtful slices of large structures are asked again in tiles."""

from itertools import pairwise

import numpy as np
import pytest

from core.network.engine import load_engine
from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.proposer import SegmentExamples, propose
from core.proposals.scores import network_score
from core.proposals.segment_state import FirstAnswer, SegmentState
from core.proposals.steps import Cancelled, Steps
from core.proposals.tiles import DOUBTFUL, ask_in_tiles, doubtful_slices
from tests.support.proposal_segments import first_answers, images_from, prepared_from

SHAPE = (13, 190, 230)
DRAWN = (0, 4, 8, 12)


@pytest.fixture(scope="module")
def engine():
    """The network that comes with the program."""
    return load_engine(device="cpu")


@pytest.fixture(scope="module")
def rings():
    """Two thin rings that drift apart: a structure much larger than its parts."""
    random = np.random.default_rng(3)
    rows, columns = np.mgrid[: SHAPE[1], : SHAPE[2]]
    masks = np.zeros(SHAPE, bool)
    for index in range(SHAPE[0]):
        for row, column in ((60 - 2 * index, 70), (125 + 2 * index, 150 + 2 * index)):
            away = np.hypot(rows - row, columns - column)
            masks[index] |= (away > 24) & (away < 27)
    images = 0.35 + 0.3 * masks + random.normal(0, 0.12, SHAPE)
    return images.clip(0, 1).astype(np.float32), masks


def rings_segment(rings, engine):
    images, masks = rings
    return prepared_from({index: masks[index] for index in DRAWN}, engine, images_from(images))


def state_of(segment, answers):
    return SegmentState(segment, answers)


def test_small_structures_are_not_asked_again(balls, untrained_engine, images_of):
    masks = {index: balls[1][1][index] for index in (8, 12)}
    segment = prepared_from(masks, untrained_engine, images_of)
    assert segment.crop.pixel_mm < 0.5 * min(segment.crop.pixel_spacing)
    assert doubtful_slices(state_of(segment, first_answers(segment))) == []


def test_nothing_is_asked_again_without_a_network(rings):
    images, masks = rings
    examples = {index: masks[index] for index in DRAWN}
    segment = prepared_from(examples, None, images_from(images), "interpolation")
    assert doubtful_slices(state_of(segment, first_answers(segment, SHAPE[0]))) == []


def test_slices_that_seem_certain_are_not_asked_again(rings, untrained_engine):
    segment = rings_segment(rings, untrained_engine)
    inside = np.pad(np.full((SIDE - 40, SIDE - 40), 30.0, np.float32), 20, constant_values=-30)
    certain = FirstAnswer(segment.examples[4], inside)
    uncertain = FirstAnswer(segment.examples[4], inside / 60)
    state = state_of(segment, {5: certain, 6: uncertain})
    expected = {index: state.expected_dice(index, state.log_odds(index)) for index in (5, 6)}
    assert expected[5] > expected[6]
    assert doubtful_slices(state) == [index for index in (5, 6) if expected[index] < DOUBTFUL]
    assert 6 in doubtful_slices(state)


def test_tiles_answer_on_the_pixels_of_the_whole_crop(rings, untrained_engine):
    segment = rings_segment(rings, untrained_engine)
    state = state_of(segment, first_answers(segment, SHAPE[0]))
    found = ask_in_tiles(state, [1, 2, 6], Steps())
    assert sorted(found) == [1, 2, 6]
    for index, scores in found.items():
        whole = network_score(segment.crop, state.first[index].logits)
        assert scores.shape == whole.shape == segment.examples[0].shape
        assert np.isfinite(scores).all()
        assert not np.allclose(scores, whole, atol=1e-2)


def test_tiles_end_when_cancelled(rings, untrained_engine):
    segment = rings_segment(rings, untrained_engine)
    state = state_of(segment, first_answers(segment, SHAPE[0]))
    with pytest.raises(Cancelled):
        ask_in_tiles(state, [1, 2], Steps(lambda: True))


def test_a_large_structure_of_thin_parts_is_proposed_better_in_tiles(rings, engine):
    masks = rings[1]
    segment = rings_segment(rings, engine)
    state = state_of(segment, first_answers(segment, SHAPE[0]))
    doubtful = doubtful_slices(state)
    assert doubtful
    before = np.stack([state.log_odds(index) > 0 for index in doubtful])
    state.tiled.update(ask_in_tiles(state, doubtful, Steps()))
    after = np.stack([state.log_odds(index) > 0 for index in doubtful])
    truth = masks[doubtful][(..., *segment.crop.window)]
    assert dice(after, truth) > dice(before, truth) + 0.01


def test_progress_counts_the_slices_asked_again_and_ends_with_all_of_them(rings, engine):
    images, masks = rings
    steps = []
    proposals = list(
        propose(
            images,
            (2.0, 1.0, 1.0),
            "MR",
            [SegmentExamples(1, {index: masks[index] for index in DRAWN})],
            engine=engine,
            progress=lambda done, total: steps.append((done, total)),
        )
    )
    assert {proposal.slice for proposal in proposals} == set(range(SHAPE[0])) - set(DRAWN)
    assert steps[-1][0] == steps[-1][1]
    assert all(before[0] <= after[0] for before, after in pairwise(steps))
