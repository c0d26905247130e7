import numpy as np
import pytest

from core.proposals.examples import neighbours_overlap
from core.proposals.expected_dice import Signs
from core.proposals.trust import SHARES, Trial, Trust, advise, compare


def block(rows, columns=slice(2, 12)):
    mask = np.zeros((20, 20), bool)
    mask[rows, columns] = True
    return mask


def trials(dice, count=4, overlap=0.5):
    signs = Signs(sureness=0.9, overlap=overlap, gap=4)
    return [Trial(index, 3, overlap, tuple(dice), (signs,) * len(SHARES)) for index in range(count)]


def test_neighbours_that_overlap_need_less_of_the_network():
    shares = [Trust().network_share(overlap) for overlap in (0.0, 0.5, 0.7, 0.85, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0 and 0 < shares[-1] < 0.5


def test_beyond_the_outermost_examples_shapes_have_a_small_say_whatever_trials_tell():
    assert 0.5 < Trust(shift=-0.5).network_share(None) < 1.0


def test_a_fixed_weight_is_not_to_be_argued_with():
    assert Trust(shift=0.5, fixed=0.0).network_share(0.1) == 0.0


def test_trials_that_favour_the_interpolation_lower_the_weight():
    worse = trials([0.95, 0.93, 0.9, 0.85, 0.6])
    assert advise(worse).network_share(0.5) < Trust().network_share(0.5)


def test_trials_that_favour_the_network_raise_it():
    better = trials([0.6, 0.8, 0.88, 0.93, 0.96], overlap=0.9)
    assert advise(better).network_share(0.9) > Trust().network_share(0.9)


def test_a_tie_changes_nothing():
    assert advise(trials([0.9] * len(SHARES))).shift == 0
    assert advise([]).shift == 0


def test_trials_beyond_the_outermost_examples_say_nothing_of_the_mixture():
    outer = trials([0.95, 0.9, 0.8, 0.5, 0.1], overlap=None)
    assert advise(outer).shift == 0


def test_a_comparison_scores_every_weight():
    mask, wrong = block(slice(2, 12)), block(slice(8, 18))
    others = {1: block(slice(1, 11)), 9: block(slice(3, 13))}
    network = np.where(mask, 1.0, -1.0)
    interpolation = np.where(wrong, 1.0, -1.0)
    trial = compare(4, others, mask, network, interpolation)
    assert trial.gap == 3
    assert trial.overlap == pytest.approx(0.8)
    assert trial.dice[-1] == 1.0
    assert trial.dice[0] == pytest.approx(0.4)
    assert list(trial.dice) == sorted(trial.dice)


def test_a_comparison_at_the_end_has_neighbours_on_one_side_only():
    mask = block(slice(2, 12))
    trial = compare(0, {3: mask, 6: mask}, mask, np.where(mask, 1.0, -1.0), None)
    assert trial.overlap is None and trial.gap == 3
    assert set(trial.dice) == {1.0}
    nobody = compare(0, {3: mask, 6: mask}, mask, None, None)
    assert set(nobody.dice) == {0.0}


def test_overlap_is_that_of_the_slices_before_and_after():
    examples = {0: block(slice(0, 10)), 4: block(slice(5, 15)), 9: block(slice(5, 15))}
    assert neighbours_overlap(examples, 2) == pytest.approx(0.5)
    assert neighbours_overlap(examples, 5) == 1.0
    assert neighbours_overlap(examples, 4) == pytest.approx(0.5)
    assert neighbours_overlap(examples, 12) is None


SURE = Signs(sureness=0.95, overlap=0.7, gap=2)
UNSURE = Signs(sureness=0.6, overlap=0.1, gap=6)


def test_two_trials_are_too_few_to_expect_anything():
    assert Trust(trials=tuple(trials([0.9] * 5, count=2))).expected_dice(SURE) is None


def test_a_sure_proposal_is_expected_to_be_better():
    trust = advise(trials([0.9] * 5))
    assert trust.expected_dice(UNSURE) < trust.expected_dice(SURE) <= 1


def test_what_trials_reached_moves_what_is_expected():
    good, bad = (advise(trials([dice] * 5)) for dice in (0.97, 0.3))
    assert bad.expected_dice(SURE) < good.expected_dice(SURE)
