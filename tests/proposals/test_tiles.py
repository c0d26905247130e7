"""Doubtful slices of large structures are asked again in tiles."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.proposer import SegmentExamples, propose
from core.proposals.scores import network_score
from core.proposals.segment_state import FirstAnswer, PreparedSegment, SegmentState
from core.proposals.steps import Cancelled, Steps
from core.proposals.tiles import DOUBTFUL, ask_in_tiles, doubtful_slices
from tests.support.proposal_segments import first_answers, images_from, prepared_from

SHAPE = (13, 190, 230)
DRAWN = (0, 4, 8, 12)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The network that comes with the program."""
    return load_engine(device="cpu")


@pytest.fixture(scope="module")
def rings() -> tuple[np.ndarray, np.ndarray]:
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


def rings_segment(rings: tuple[np.ndarray, np.ndarray], engine: Engine) -> PreparedSegment:
    images, masks = rings
    return prepared_from({index: masks[index] for index in DRAWN}, engine, images_from(images))


def state_of(segment: PreparedSegment, answers: Any) -> SegmentState:
    return SegmentState(segment, answers)


def test_small_structures_are_not_asked_again(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    masks = {index: balls[1][1][index] for index in (8, 12)}
    segment = prepared_from(masks, untrained_engine, images_of)
    assert segment.crop.pixel_mm < 0.5 * min(segment.crop.pixel_spacing)
    assert doubtful_slices(state_of(segment, first_answers(segment))) == []


def test_nothing_is_asked_again_without_a_network(rings: tuple[np.ndarray, np.ndarray]) -> None:
    images, masks = rings
    examples = {index: masks[index] for index in DRAWN}
    segment = prepared_from(examples, None, images_from(images), "interpolation")
    assert doubtful_slices(state_of(segment, first_answers(segment, SHAPE[0]))) == []


def test_slices_that_seem_certain_are_not_asked_again(
    rings: tuple[np.ndarray, np.ndarray], untrained_engine: Engine
) -> None:
    segment = rings_segment(rings, untrained_engine)
    inside = np.pad(np.full((SIDE - 40, SIDE - 40), 30.0, np.float32), 20, constant_values=-30)
    certain = FirstAnswer(segment.examples[4], inside)
    uncertain = FirstAnswer(segment.examples[4], inside / 60)
    state = state_of(segment, {5: certain, 6: uncertain})
    expected: dict[int, float] = {}
    for index in (5, 6):
        dice = state.expected_dice(index, state.log_odds(index))
        assert dice is not None
        expected[index] = dice
    assert expected[5] > expected[6]
    assert doubtful_slices(state) == [index for index in (5, 6) if expected[index] < DOUBTFUL]
    assert 6 in doubtful_slices(state)


def test_tiles_answer_on_the_pixels_of_the_whole_crop(
    rings: tuple[np.ndarray, np.ndarray], untrained_engine: Engine
) -> None:
    segment = rings_segment(rings, untrained_engine)
    state = state_of(segment, first_answers(segment, SHAPE[0]))
    found = ask_in_tiles(state, [1, 2, 6], Steps())
    assert sorted(found) == [1, 2, 6]
    for index, scores in found.items():
        logits = state.first[index].logits
        assert logits is not None
        whole = network_score(segment.crop, logits)
        assert scores.shape == whole.shape == segment.examples[0].shape
        assert np.isfinite(scores).all()
        assert not np.allclose(scores, whole, atol=1e-2)


def test_tiles_end_when_cancelled(
    rings: tuple[np.ndarray, np.ndarray], untrained_engine: Engine
) -> None:
    segment = rings_segment(rings, untrained_engine)
    state = state_of(segment, first_answers(segment, SHAPE[0]))
    with pytest.raises(Cancelled):
        ask_in_tiles(state, [1, 2], Steps(lambda: True))


def test_a_large_structure_of_thin_parts_is_proposed_better_in_tiles(
    rings: tuple[np.ndarray, np.ndarray], engine: Engine
) -> None:
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


def test_progress_counts_the_slices_asked_again_and_ends_with_all_of_them(
    rings: tuple[np.ndarray, np.ndarray], engine: Engine
) -> None:
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
