import numpy as np

from core.network.overlap import dice
from core.proposals.second_pass import second_answers, second_pass, slices_between_examples
from tests.support.proposal_segments import (
    first_answers,
    images_from,
    prepared_ball,
    prepared_from,
    unlike_examples,
)


def test_slices_between_examples_are_predicted_again_and_each_once(
    balls, untrained_engine, images_of
):
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 15))
    first = first_answers(segment)
    between = slices_between_examples(segment, first)
    assert between == [9, 10, 11, 13, 14]
    assert sorted(index for index, _ in second_pass(segment, first)) == between


def test_without_a_network_nothing_is_predicted_again(balls, images_of):
    segment = prepared_ball(balls, None, images_of, (8, 12), "interpolation")
    assert list(second_pass(segment, first_answers(segment))) == []


def test_second_answers_are_bounded_and_differ_where_a_structure_moved_away(
    balls, untrained_engine, images_of
):
    segment = unlike_examples(balls, untrained_engine, images_of)
    first = first_answers(segment)
    second = dict(second_pass(segment, first))
    assert sorted(second) == slices_between_examples(segment, first)
    for index, answer in second.items():
        assert np.isfinite(answer).all()
        assert not np.array_equal(answer, first[index].logits)


def test_what_moves_with_the_images_is_followed_where_the_network_knows_nothing(
    untrained_engine, sliding_disc
):
    volume, masks = sliding_disc
    examples = {index: masks[index] for index in (2, 9)}
    segment = prepared_from(examples, untrained_engine, images_from(volume))
    unsure = {5: np.full((128, 128), -0.1, np.float32)}
    ((index, answer),) = second_answers(segment, [5], unsure)
    assert index == 5
    assert dice(answer > 0, segment.crop.masks(masks[5])) > 0.85


def test_between_two_examples_without_the_structure_the_first_answers_stay(
    balls, untrained_engine, images_of
):
    masks = {1: balls[1][1][1], 3: balls[1][1][1], 12: balls[1][1][12]}
    assert not masks[1].any()
    segment = prepared_from(masks, untrained_engine, images_of)
    first = {2: np.full((128, 128), -2.0, np.float32)}
    answers = dict(second_answers(segment, [2], first))
    assert np.array_equal(answers[2], first[2])
    assert "motion" not in vars(segment.prompt)
