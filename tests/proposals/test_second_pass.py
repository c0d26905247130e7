import numpy as np

from core.network.overlap import dice
from core.proposals.examples import SegmentExamples
from core.proposals.second_pass import enclosed, look_again, second_answers
from core.proposals.segment_state import begin, score
from tests.support.proposal_segments import (
    SPACING,
    images_from,
    unlike_examples,
    visit_all,
    work_on,
)


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


def test_what_moves_with_the_images_is_followed_where_the_network_knows_nothing(
    untrained_engine, sliding_disc
):
    volume, masks = sliding_disc
    images_of = images_from(volume)
    examples = SegmentExamples(1, {index: masks[index] for index in (2, 9)})
    work = begin(examples, SPACING, untrained_engine, "auto", images_of)
    unsure = {5: np.full((128, 128), -0.1, np.float32)}
    ((index, answer),) = second_answers(work, [5], unsure, untrained_engine, images_of)
    assert index == 5
    assert dice(answer > 0, work.crop.masks(masks[5])) > 0.85


def test_between_two_examples_without_the_structure_nothing_is_asked_again(
    balls, untrained_engine, images_of
):
    masks = {1: balls[1][1][1], 3: balls[1][1][1], 12: balls[1][1][12]}
    assert not masks[1].any()
    work = begin(SegmentExamples(1, masks), SPACING, untrained_engine, "auto", images_of)
    first = {2: np.full((128, 128), -2.0, np.float32)}
    answers = dict(second_answers(work, [2], first, untrained_engine, images_of))
    assert np.array_equal(answers[2], first[2])
    assert not work.motions
