import numpy as np
import pytest

from core.proposals.crop import Crop
from core.proposals.scores import (
    LIMIT,
    interpolation_score,
    network_score,
    sureness,
)

CROP = Crop((31.5, 31.5), 64.0, (64, 64), (1.0, 1.0))


def test_log_odds_are_bounded() -> None:
    logits = np.full((128, 128), 1e4, np.float32)
    assert network_score(CROP, logits).max() <= LIMIT
    assert interpolation_score(CROP, np.full((64, 64), -1e4, np.float32)).min() >= -LIMIT


def test_outlines_stay_where_they_are() -> None:
    distance = np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32)
    assert np.array_equal(interpolation_score(CROP, distance) > 0, distance > 0)


def test_sureness_is_the_dice_with_a_truth_drawn_from_the_probabilities() -> None:
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


def test_a_network_that_is_sure_is_surer() -> None:
    logits = np.random.default_rng(4).normal(size=(20, 20))
    assert sureness(logits) < sureness(3 * logits) < sureness(1000 * logits) <= 1
    assert sureness(-np.abs(logits)) == 0
