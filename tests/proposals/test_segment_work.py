import numpy as np
import pytest

from core.proposals.crop import SIDE
from core.proposals.examples import SegmentExamples
from core.proposals.intensity import prepare
from core.proposals.segment_work import (
    INWARD,
    MOST_TRIALS,
    Visit,
    begin,
    claim,
    enclosed,
    first_visits,
    look,
    look_again,
    next_visit,
    on_trial,
    score,
    settle_trust,
    trials,
)

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture
def images_of(balls):
    images = prepare(balls[0], "MR")
    return lambda slices: images[list(slices)]


def work_on(balls, engine, images_of, slices, method="auto"):
    examples = SegmentExamples(1, {index: balls[1][1][index] for index in slices})
    return begin(examples, SPACING, engine, method, images_of)


def unlike_examples(balls, engine, images_of):
    """The structure jumps from one ball to the other between slices 5 and 12."""
    masks = {5: balls[1][2][13], 12: balls[1][1][12], 14: balls[1][1][14]}
    return begin(SegmentExamples(1, masks), SPACING, engine, "auto", images_of)


def visit_all(work, engine, images_of, slices=24):
    visits = first_visits(work, slices)
    while visits:
        visit = visits.pop()
        look(work, [visit], engine, images_of)
        following = next_visit(work, visit, slices)
        visits += [following] if following else []


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


def test_slices_between_examples_are_looked_at_again_and_each_once(
    balls, untrained_engine, images_of
):
    work = work_on(balls, untrained_engine, images_of, (8, 12, 15))
    visit_all(work, untrained_engine, images_of)
    assert enclosed(work) == [9, 10, 11, 13, 14]
    beyond = {index: mask for index, mask in work.found.items() if index not in enclosed(work)}
    assert sorted(look_again(work, untrained_engine, images_of)) == enclosed(work)
    for index, mask in beyond.items():
        assert work.found[index] is mask


def test_a_second_look_follows_a_structure_that_moved_away(balls, untrained_engine, images_of):
    """A random walk finds the way between the balls, whatever an untrained network says."""
    work = unlike_examples(balls, untrained_engine, images_of)
    visit_all(work, untrained_engine, images_of)
    before = dict(work.logits)
    list(look_again(work, untrained_engine, images_of))
    assert work.logits.keys() == before.keys()
    for index in enclosed(work):
        assert np.isfinite(work.logits[index]).all()
        assert np.array_equal(work.found[index], score(work, index) > 0)


def test_few_examples_are_put_on_trial_and_those_near_to_what_was_found(
    balls, untrained_engine, images_of
):
    work = work_on(balls, untrained_engine, images_of, tuple(range(6, 19, 1)))
    work.found[9] = np.zeros_like(work.examples[8])
    chosen = on_trial(work)
    assert len(chosen) == MOST_TRIALS
    assert {8, 10} <= set(chosen) and max(chosen) <= 13


def test_a_trial_for_every_example_with_the_structure(balls, untrained_engine, images_of):
    masks = {index: balls[1][1][index] for index in (1, 7, 12, 16)}
    assert not masks[1].any()
    work = begin(SegmentExamples(1, masks), SPACING, untrained_engine, "auto", images_of)
    assert [index for index, _ in trials(work, untrained_engine, images_of)] == [7, 12, 16]


def test_a_lone_example_cannot_be_left_out(balls, untrained_engine, images_of):
    work = work_on(balls, untrained_engine, images_of, (12,))
    assert list(trials(work, untrained_engine, images_of)) == []


def test_the_interpolation_is_tried_without_a_network(balls, images_of):
    work = work_on(balls, None, images_of, (8, 12, 15), "interpolation")
    found = dict(trials(work, None, images_of))
    assert found == {8: None, 12: None, 15: None}
    settle_trust(work, found)
    assert work.trust.trials[1].dice[0] > 0.8
    assert work.network_share(10) == 0.0


def test_a_claim_covers_the_whole_slice(balls, untrained_engine, images_of):
    work = work_on(balls, untrained_engine, images_of, (8, 12))
    visit_all(work, untrained_engine, images_of)
    claimed = claim(work, 10)
    assert claimed.shape == balls[0].shape[1:]
    assert np.array_equal(claimed > 0, work.crop.whole(work.found[10]))
    assert np.isneginf(claimed[~work.crop.whole(np.ones_like(work.found[10]))]).all()


@pytest.mark.parametrize(("right", "share"), [((0,), 0.0), ((1,), 1.0), ((0, 1), 1.0)])
def test_trials_decide_whether_the_random_walk_is_heard(
    balls, untrained_engine, images_of, right, share
):
    work = work_on(balls, untrained_engine, images_of, (8, 12, 15))
    truth = np.where(work.crop.masks(balls[1][1][12]), 5, -5).astype(np.float32)
    wrong = np.roll(truth, 40, axis=0)
    answers = tuple(truth if place in right else wrong for place in (0, 1))
    settle_trust(work, {12: answers})
    assert work.walk_share == share
