import numpy as np
import pytest

from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.examples import SegmentExamples
from core.proposals.segment_state import (
    INWARD,
    Visit,
    begin,
    claim,
    first_visits,
    look,
    next_visit,
)
from tests.support.proposal_segments import images_from, visit_all, work_on


def test_every_slice_between_examples_is_visited_and_the_first_beyond(
    balls, untrained_engine, images_of
):
    work = work_on(balls, untrained_engine, images_of, (8, 12, 15))
    visits = {visit.slice: visit for visit in first_visits(work, 24)}
    assert sorted(visits) == [7, 9, 10, 11, 13, 14, 16]
    assert visits[10].gap == 2 and visits[10].direction == INWARD
    assert visits[7].direction == -1 and visits[16].direction == 1


def test_the_interpolation_never_looks_beyond(balls, images_of):
    work = work_on(balls, None, images_of, (8, 12), "interpolation")
    assert [visit.slice for visit in first_visits(work, 24)] == [9, 10, 11]


def test_beyond_the_examples_it_goes_on_only_while_something_is_found(
    balls, untrained_engine, images_of
):
    work = work_on(balls, untrained_engine, images_of, (8, 12))
    visit = Visit(1, 1, 13, 1)
    work.found[13] = np.ones_like(work.examples[8])
    assert next_visit(work, visit, 24) == Visit(2, 1, 14, 1)
    assert next_visit(work, visit, 14) is None
    work.found[13] = np.zeros_like(work.examples[8])
    assert next_visit(work, visit, 24) is None


@pytest.mark.parametrize(("logit", "goes_on"), [(0.1, False), (5.0, True)])
def test_it_goes_on_beyond_the_reach_of_its_examples_only_while_it_is_sure(
    balls, untrained_engine, images_of, logit, goes_on
):
    work = work_on(balls, untrained_engine, images_of, (8, 12))
    work.found[16] = np.ones_like(work.examples[8])
    work.logits[16] = np.full((SIDE, SIDE), logit, np.float32)
    assert (next_visit(work, Visit(work.reach, 1, 16, 1), 24) is not None) == goes_on


def test_a_claim_covers_the_whole_slice(balls, untrained_engine, images_of):
    work = work_on(balls, untrained_engine, images_of, (8, 12))
    visit_all(work, untrained_engine, images_of)
    claimed = claim(work, 10)
    assert claimed.shape == balls[0].shape[1:]
    assert np.array_equal(claimed > 0, work.crop.whole(work.found[10]))
    assert np.isneginf(claimed[~work.crop.whole(np.ones_like(work.found[10]))]).all()


def test_beyond_the_examples_their_outline_moves_along_with_the_images(
    untrained_engine, sliding_disc
):
    volume, masks = sliding_disc
    images_of = images_from(volume)
    examples = SegmentExamples(1, {index: masks[index] for index in (4, 6)})
    work = begin(examples, (2.0, 1.0, 1.0), untrained_engine, "auto", images_of)
    visits = {visit.slice: visit for visit in first_visits(work, len(volume))}
    look(work, [visits[7]], untrained_engine, images_of)
    look(work, [Visit(2, 1, 8, 1)], untrained_engine, images_of)
    truth = work.crop.masks(masks[8])
    assert dice(work.carried[8] > 0, truth) > 0.9
    assert dice(work.taught.distances[6] > 0, truth) < 0.8
