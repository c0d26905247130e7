from dataclasses import replace

import numpy as np
import pytest
import torch

from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.guidance import ADDED, DISTANCE, PRIOR, REMOVED
from core.network.outlines import between_outlines
from core.network.weights import Weights
from core.proposals.crop import SIDE, crop_around
from core.proposals.intensity import prepare
from core.proposals.network_opinion import (
    SUPPORT,
    bounded_distances,
    encode_examples,
    guidance_of,
    predict_logits,
)

SPACING = (2.0, 1.0, 1.0)
KNOWN = (6, 10, 15, 18)


def prompt_of(balls, engine, known):
    """Encode the first ball on some slices."""
    volume, masks = balls
    images = prepare(volume, "MR")
    examples = {index: masks[1][index] for index in known}
    crop = crop_around(examples.values(), SPACING)
    return encode_examples(engine, crop, lambda slices: images[list(slices)], examples, SPACING[0])


@pytest.fixture(scope="module")
def prompt(balls, untrained_engine):
    return prompt_of(balls, untrained_engine, KNOWN)


def restricted(prompt, known):
    """The same prompt with some of its examples only."""
    return replace(
        prompt,
        encoded={index: prompt.encoded[index] for index in known},
        distances={index: prompt.distances[index] for index in known},
    )


def outline_at_12(prompt):
    """Interpolate between the examples around slice 12."""
    first, last = (torch.from_numpy(prompt.distances[known])[None] for known in (10, 15))
    middle = between_outlines(first, last, torch.tensor([0.4]))[0]
    return middle.clamp(-SIDE / 4, SIDE / 4).numpy()


def test_the_prior_is_the_interpolated_outline_squashed_as_in_training(prompt):
    guidance = guidance_of(prompt, 12, KNOWN)
    assert np.allclose(guidance[PRIOR], np.tanh(outline_at_12(prompt) / 8), atol=1e-6)
    assert not guidance[ADDED].any() and not guidance[REMOVED].any()


def test_the_distance_to_the_nearest_example_counts_in_pixels_of_the_network(prompt):
    away = 2 * SPACING[0] / prompt.crop.pixel_mm
    assert np.allclose(guidance_of(prompt, 12, KNOWN)[DISTANCE], np.tanh(away / (SIDE / 8)))


def test_beyond_the_outermost_example_its_own_outline_is_the_prior(prompt):
    guidance = guidance_of(prompt, 22, KNOWN)
    assert np.allclose(guidance[PRIOR], np.tanh(prompt.distances[18] / 8), atol=1e-6)


def test_what_is_absent_is_a_quarter_of_the_view_away():
    nothing = np.zeros((SIDE, SIDE), bool)
    assert np.array_equal(bounded_distances(nothing), np.full((SIDE, SIDE), -SIDE / 4))


def test_an_example_is_answered_without_itself(prompt):
    answer = predict_logits(prompt, [10])
    assert np.allclose(answer, predict_logits(restricted(prompt, (6, 15, 18)), [10]), atol=1e-4)


def test_only_the_nearest_examples_are_shown(balls, untrained_engine):
    prompt = prompt_of(balls, untrained_engine, range(3, 22))
    nearest = restricted(prompt, range(22 - SUPPORT, 22))
    assert len(prompt.encoded) > SUPPORT
    assert np.allclose(predict_logits(prompt, [23]), predict_logits(nearest, [23]), atol=1e-4)


def test_guidance_matters_and_can_be_left_away(prompt):
    guided = predict_logits(prompt, [12])
    unguided = predict_logits(prompt, [12], guided=False)
    assert not np.allclose(guided, unguided, atol=1e-3)


def test_a_prior_that_is_given_is_used(prompt):
    usual = outline_at_12(prompt)
    same = predict_logits(prompt, [12], priors={12: usual})
    other = predict_logits(prompt, [12], priors={12: usual - 10})
    expected = predict_logits(prompt, [12])
    assert np.allclose(same, expected, atol=1e-4)
    assert not np.allclose(other, expected, atol=1e-3)


def test_a_network_without_guidance_works_too(balls):
    torch.manual_seed(1)
    network = UniverSeg(features=4).eval()
    engine = Engine(Weights(network, "published form"), torch.device("cpu"), torch.float32)
    logits = predict_logits(prompt_of(balls, engine, KNOWN), [8, 12])
    assert logits.shape == (2, SIDE, SIDE) and np.isfinite(logits).all()


def test_motion_between_slices_is_computed_once(prompt):
    assert prompt.motion(8, 9) is prompt.motion(8, 9)
    assert prompt.motion(8, 9).shape == (2, SIDE // 2, SIDE // 2)
