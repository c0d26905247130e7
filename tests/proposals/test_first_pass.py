from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.crop import SIDE
from core.proposals.first_pass import (
    Visit,
    answer_visits,
    first_pass,
    first_visits,
    next_visit,
)
from core.proposals.network_opinion import predict_logits
from core.proposals.scores import LIMIT
from core.proposals.segment_state import FirstAnswer
from core.proposals.steps import Cancelled, Steps
from core.segments.ends import Ends
from tests.support.proposal_segments import images_from, prepared_ball, prepared_from


def test_every_slice_between_examples_is_visited_and_the_first_beyond(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12, 15))
    visits = {visit.slice: visit for visit in first_visits(segment, 24)}
    assert sorted(visits) == [7, 9, 10, 11, 13, 14, 16]
    assert visits[10].gap == 2 and not visits[10].leads_away
    assert visits[7].direction == -1 and visits[16].direction == 1


def test_the_interpolation_stays_between_the_examples(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, None, images_of, (8, 12), "interpolation")
    assert [visit.slice for visit in first_visits(segment, 24)] == [9, 10, 11]


def test_slices_nearest_to_examples_come_first_and_only_those_that_are_wanted(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 14))
    findings = list(first_pass({1: segment}, 24, range(9, 14), Steps()))
    assert [finding.slice for finding in findings] == [9, 13, 10, 12, 11]
    answers = [finding.answer.logits for finding in findings]
    assert all(one is not None and one.shape == (SIDE, SIDE) for one in answers)


def test_the_first_pass_ends_when_cancelled(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 14))
    with pytest.raises(Cancelled):
        next(first_pass({1: segment}, 24, range(24), Steps(lambda: True)))


def test_beyond_the_examples_it_goes_on_only_while_something_is_found(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12))
    visit = Visit(1, 1, 13, 1)
    everything = FirstAnswer(np.ones_like(segment.examples[8]))
    assert next_visit(segment, visit, everything, 24) == Visit(2, 1, 14, 1)
    assert next_visit(segment, visit, everything, 14) is None
    nothing = FirstAnswer(np.zeros_like(segment.examples[8]))
    assert next_visit(segment, visit, nothing, 24) is None


@pytest.mark.parametrize(("logit", "goes_on"), [(0.1, False), (5.0, True)])
def test_it_goes_on_beyond_the_reach_of_its_examples_only_while_it_is_certain(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
    logit: float,
    goes_on: bool,
) -> None:
    segment = prepared_ball(balls, untrained_engine, images_of, (8, 12))
    logits = np.full((SIDE, SIDE), logit, np.float32)
    answer = FirstAnswer(np.ones_like(segment.examples[8]), logits)
    following = next_visit(segment, Visit(segment.reach, 1, 16, 1), answer, 24)
    assert (following is not None) == goes_on


def test_beyond_the_examples_their_outline_moves_along_with_the_images(
    untrained_engine: Engine, sliding_disc: tuple[np.ndarray, np.ndarray]
) -> None:
    volume, masks = sliding_disc
    examples = {index: masks[index] for index in (4, 6)}
    segment = prepared_from(examples, untrained_engine, images_from(volume))
    visits = {visit.slice: visit for visit in first_visits(segment, len(volume))}
    found = answer_visits(segment, [visits[7]], {})
    found |= answer_visits(segment, [Visit(2, 1, 8, 1)], found)
    truth = segment.crop.masks(masks[8])
    carried = found[8].carried
    assert carried is not None
    assert dice(carried.numpy() > 0, truth) > 0.9
    assert segment.prompt is not None
    assert dice(segment.prompt.distances[6].numpy() > 0, truth) < 0.8


def test_before_a_stated_end_answers_with_and_without_the_slice_behind_it_are_averaged(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    examples = {index: balls[1][1][index] for index in (8, 12)}
    segment = prepared_from(examples, untrained_engine, images_of, ends=Ends(5, 16))
    alone = prepared_from(examples, untrained_engine, images_of)
    assert segment.prompt is not None and alone.prompt is not None
    found = {one.slice: one.answer.logits for one in first_pass({1: segment}, 24, {6, 10}, Steps())}
    shown = predict_logits(segment.prompt, [6, 10])
    followed = predict_logits(alone.prompt, [6])[0]
    average = (shown[0].clip(-LIMIT, LIMIT) + followed.clip(-LIMIT, LIMIT)) / 2
    assert found[6] is not None and found[10] is not None
    assert np.allclose(found[6], average, atol=0.02), "but for outlines kept in half precision"
    assert not np.allclose(found[6], shown[0], atol=0.05)
    assert np.array_equal(found[10], shown[1]), "between examples nothing is averaged"
