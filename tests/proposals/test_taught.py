"""What teachers said of a series, heard beside what is drawn on it."""

from collections.abc import Collection, Sequence

import numpy as np
import pytest

from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.proposer import propose
from core.proposals.taught import TaughtSegment, heard, heard_from
from core.segments.ends import Ends

Balls = tuple[np.ndarray, dict[int, np.ndarray]]

SPACING = (2.0, 1.0, 1.0)
_SHAPE = (60, 50)


def disk(radius: float) -> np.ndarray:
    y, x = np.mgrid[:60, :50]
    return (y - 22) ** 2 + (x - 25) ** 2 < radius**2


def newest(
    balls: Balls,
    engine: Engine,
    examples: SegmentExamples,
    taught: Sequence[TaughtSegment] = (),
    slices: Collection[int] | None = None,
) -> dict[int, Proposal]:
    found = propose(
        balls[0], SPACING, "MR", [examples], engine=engine, taught=taught, slices=slices
    )
    return {one.slice: one for one in found}


@pytest.fixture
def examples(balls: Balls) -> SegmentExamples:
    """The first ball, drawn on two slices in its middle."""
    return SegmentExamples(1, {index: balls[1][1][index] for index in (11, 13)})


@pytest.fixture
def taught(balls: Balls) -> TaughtSegment:
    """The first ball as teachers might find it: right, and known to be good on one slice."""
    return TaughtSegment(1, dict(enumerate(balls[1][1])), {5: 0.9})


def test_the_share_of_teachers_grows_with_the_distance_to_what_is_drawn() -> None:
    said = TaughtSegment(1, {3: disk(6)}, {})
    shares = [said.share(gap) for gap in range(1, 12)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5 < shares[-1] < 1


def test_the_outline_of_teachers_is_unsure_and_what_lies_far_from_it_sure() -> None:
    log_odds = TaughtSegment(1, {3: disk(10)}, {}).log_odds(3, _SHAPE)
    assert ((log_odds > 0) == disk(10)).all()
    assert log_odds[22, 25] == -log_odds[0, 0] == log_odds.max()
    on_outline = disk(10) & ~disk(9)
    assert np.abs(log_odds[on_outline]).max() < log_odds.max() / 2


def test_teachers_who_found_nothing_say_that_it_is_absent() -> None:
    log_odds = TaughtSegment(1, {2: disk(10), 3: disk(0)}, {})
    assert (log_odds.log_odds(3, _SHAPE) == log_odds.log_odds(4, _SHAPE)).all()
    assert log_odds.log_odds(4, _SHAPE).max() < 0


def test_near_an_example_its_own_answer_wins_and_far_away_the_teachers_do() -> None:
    said = TaughtSegment(1, {3: disk(6)}, {})
    own = np.where(disk(14), 3.0, -3.0).astype(np.float32)
    areas = [int((said.joined(3, own, gap) > 0).sum()) for gap in (1, 9)]
    assert areas[0] == disk(14).sum()
    assert disk(6).sum() <= areas[1] < 1.5 * disk(6).sum()


def test_teachers_are_heard_as_far_as_they_were_right_where_a_person_drew() -> None:
    said = TaughtSegment(1, {3: disk(6), 4: disk(6), 5: disk(6)}, {})
    right, half_right, wrong = (
        said.judged_by(SegmentExamples(1, masks))
        for masks in (
            {3: disk(6)},
            {3: disk(6), 4: disk(6), 5: disk(0)},
            {3: disk(6), 4: disk(0), 5: disk(0)},
        )
    )
    assert right.share(5) == said.share(5)
    assert 0 < half_right.share(5) < said.share(5)
    assert wrong.share(5) == 0
    assert right.believed_alone(5) and not wrong.believed_alone(5)


def test_only_what_is_trusted_on_the_examples_of_its_own_segment_is_heard() -> None:
    said = [TaughtSegment(number, {3: disk(6)}, {}) for number in (1, 2, 3)]
    examples = [SegmentExamples(1, {3: disk(6)}), SegmentExamples(2, {3: disk(12)})]
    chosen = heard(said, examples)
    assert chosen.keys() == {1}
    assert chosen[1].trust == said[0].judged_by(examples[0]).trust


def test_accepted_proposals_vouch_for_the_teachers_only_half_as_much_as_all_that_is_drawn() -> None:
    said = TaughtSegment(1, {3: disk(6), 4: disk(6), 5: disk(6)}, {})
    masks = {3: disk(6), 4: disk(6), 5: disk(0)}

    def trust(*accepted: int) -> float:
        return said.judged_by(SegmentExamples(1, masks, accepted=frozenset(accepted))).trust

    by_all = trust()
    assert 0 < by_all < 1
    assert trust(3, 4, 5) == by_all
    assert trust(3, 4) == by_all / 2
    assert trust(5) == (1 + by_all) / 2
    empty = SegmentExamples(1, {3: disk(6), 7: disk(0)}, accepted=frozenset({3}))
    assert said.judged_by(empty).trust == 1


def test_what_is_wrong_with_the_outline_of_teachers_is_put_right_on_the_slices_around() -> None:
    said = TaughtSegment(1, {3: disk(10), 4: disk(10)}, {})
    heard_now = said.judged_by(SegmentExamples(1, {3: disk(8)}))
    assert heard_now.trust > 0
    assert dice(said.log_odds(4, _SHAPE) > 0, disk(8)) < 0.8
    assert dice(heard_now.log_odds(4, _SHAPE) > 0, disk(8)) > 0.95


def test_an_outline_of_which_nothing_is_left_is_heard_as_absence() -> None:
    said = TaughtSegment(1, {3: disk(12), 4: disk(3)}, {})
    heard_now = said.judged_by(SegmentExamples(1, {3: disk(7)}))
    assert (heard_now.log_odds(4, _SHAPE) < 0).all()


def test_the_dice_to_expect_lies_between_those_of_both_and_one_is_enough() -> None:
    said = TaughtSegment(1, {3: disk(6)}, {3: 0.6})
    far, near = said.expected_dice(3, 0.9, 9), said.expected_dice(3, 0.9, 1)
    assert far is not None and near is not None
    assert 0.6 < far < near < 0.9
    assert said.expected_dice(3, None, 2) == 0.6
    assert said.expected_dice(4, 0.9, 2) == 0.9


def test_proposals_are_gathered_by_segment_with_what_is_expected() -> None:
    found = heard_from(
        [Proposal(2, 4, disk(5), 0.8), Proposal(1, 4, disk(3)), Proposal(2, 5, disk(0))]
    )
    by_number = {one.number: one for one in found}
    assert by_number[2].expected == {4: 0.8}
    assert by_number[2].found(4) and not by_number[2].found(5) and not by_number[2].found(6)
    assert by_number[1].expected == {}


def test_arbitrary_proposals_become_better_with_good_teachers(
    balls: Balls, examples: SegmentExamples, taught: TaughtSegment, untrained_engine: Engine
) -> None:
    truth = balls[1][1]
    alone, together = (newest(balls, untrained_engine, examples, heard) for heard in ((), [taught]))
    for index in (6, 18):
        assert dice(together[index].mask, truth[index]) > 0.9
    assert index not in alone or dice(alone[index].mask, truth[index]) < 0.9


def test_what_teachers_found_beyond_the_stated_ends_and_on_examples_is_left_alone(
    balls: Balls, taught: TaughtSegment, untrained_engine: Engine
) -> None:
    masks = {index: balls[1][1][index] for index in (11, 13)}
    found = newest(balls, untrained_engine, SegmentExamples(1, masks, Ends(8, 15)), [taught])
    assert found.keys() == {8, 9, 10, 12, 14, 15}


def test_only_slices_that_are_wanted_are_proposed(
    balls: Balls, examples: SegmentExamples, taught: TaughtSegment, untrained_engine: Engine
) -> None:
    found = newest(balls, untrained_engine, examples, [taught], slices=(5, 12))
    assert found.keys() == {5, 12}
    assert found[5].expected_dice == 0.9


def test_the_first_answers_hear_the_teachers_as_well(
    balls: Balls, examples: SegmentExamples, taught: TaughtSegment, untrained_engine: Engine
) -> None:
    found = list(
        propose(balls[0], SPACING, "MR", [examples], engine=untrained_engine, taught=[taught])
    )
    of_slice = [one.mask for one in found if one.slice == 12]
    assert len(of_slice) == 2
    assert (of_slice[0] == of_slice[1]).all()


def test_teachers_of_other_segments_change_nothing(
    balls: Balls, examples: SegmentExamples, taught: TaughtSegment, untrained_engine: Engine
) -> None:
    other = TaughtSegment(2, taught.masks, taught.expected)
    alone, beside = (newest(balls, untrained_engine, examples, heard) for heard in ((), [other]))
    assert alone.keys() == beside.keys()
    assert all((alone[index].mask == beside[index].mask).all() for index in alone)
