import numpy as np
import pytest

from core.proposals.crop import Crop
from core.proposals.mixing import (
    LIMIT,
    interpolation_score,
    mixed,
    network_score,
    sureness,
)

CROP = Crop((31.5, 31.5), 64.0, (64, 64), (1.0, 1.0))


def test_a_share_of_one_or_nothing_is_one_of_the_two_alone():
    random = np.random.default_rng(0)
    network, interpolation = random.normal(size=(2, 5, 6))
    assert np.array_equal(mixed(network, interpolation, 1.0), network)
    assert np.array_equal(mixed(network, interpolation, 0.0), interpolation)


def test_a_single_opinion_decides():
    score = np.random.default_rng(0).normal(size=(5, 6))
    assert np.array_equal(mixed(score, None, 0.0), score)
    assert np.array_equal(mixed(None, score, 1.0), score)
    with pytest.raises(ValueError, match="neither"):
        mixed(None, None, 0.5)


def test_agreement_is_kept_by_any_mixture():
    random = np.random.default_rng(1)
    network, interpolation = random.normal(size=(2, 30, 30))
    agreed = (network > 0) == (interpolation > 0)
    for share in (0.1, 0.5, 0.9):
        assert np.array_equal(
            (mixed(network, interpolation, share) > 0)[agreed], network[agreed] > 0
        )


def test_neither_opinion_dominates():
    logits = np.full((128, 128), 1e4, np.float32)
    assert network_score(CROP, logits).max() <= LIMIT
    assert interpolation_score(CROP, np.full((64, 64), -1e4, np.float32)).min() >= -LIMIT


def test_outlines_stay_where_they_are():
    distance = np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32)
    assert np.array_equal(interpolation_score(CROP, distance) > 0, distance > 0)


def test_sureness_is_the_dice_with_a_truth_drawn_from_the_probabilities():
    random = np.random.default_rng(3)
    y, x = np.mgrid[:64, :64]
    logits = (20 - np.hypot(y - 32, x - 32)) / 3
    probability = 1 / (1 + np.exp(-logits))
    mask = logits > 0
    dice = []
    for _ in range(50):
        truth = random.random(mask.shape) < probability
        dice.append(2 * (mask & truth).sum() / (mask.sum() + truth.sum()))
    assert sureness(logits) == pytest.approx(np.mean(dice), abs=0.01)


def test_a_network_that_is_sure_is_surer():
    logits = np.random.default_rng(4).normal(size=(20, 20))
    assert sureness(logits) < sureness(3 * logits) < sureness(1000 * logits) <= 1
    assert sureness(-np.abs(logits)) == 0


def inside(rows, log_odds=4.0):
    """Logits [10, 10] that are as sure as given of the first rows."""
    logits = np.full((10, 10), -log_odds, np.float32)
    logits[:rows] = log_odds
    return logits
