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
from core.proposals.network_opinion import bounded_distances, guidance_of, predict_logits, teach

SPACING = (2.0, 1.0, 1.0)
KNOWN = (6, 10, 15, 18)


@pytest.fixture(scope="module")
def lesson(balls, untrained_engine):
    """A taught segment, and what gives its images."""
    volume, masks = balls
    images = prepare(volume, "MR")
    examples = {index: masks[1][index] for index in KNOWN}
    crop = crop_around(examples.values(), SPACING)

    def images_of(slices):
        return images[list(slices)]

    return teach(untrained_engine, crop, images_of, examples, SPACING[0]), images_of


def outline_at_12(taught):
    """Interpolate between the examples around slice 12."""
    first, last = (torch.from_numpy(taught.distances[known])[None] for known in (10, 15))
    middle = between_outlines(first, last, torch.tensor([0.4]))[0]
    return middle.clamp(-SIDE / 4, SIDE / 4).numpy()


def test_the_prior_is_the_interpolated_outline_squashed_as_in_training(lesson):
    taught, _ = lesson
    guidance = guidance_of(taught, 12, KNOWN)
    assert np.allclose(guidance[PRIOR], np.tanh(outline_at_12(taught) / 8), atol=1e-6)
    assert not guidance[ADDED].any() and not guidance[REMOVED].any()


def test_the_distance_to_the_nearest_example_counts_in_pixels_of_the_network(lesson):
    taught, _ = lesson
    away = 2 * SPACING[0] / taught.crop.pixel_mm
    assert np.allclose(guidance_of(taught, 12, KNOWN)[DISTANCE], np.tanh(away / (SIDE / 8)))


def test_beyond_the_outermost_example_its_own_outline_is_the_prior(lesson):
    taught, _ = lesson
    guidance = guidance_of(taught, 22, KNOWN)
    assert np.allclose(guidance[PRIOR], np.tanh(taught.distances[18] / 8), atol=1e-6)


def test_what_is_absent_is_a_quarter_of_the_view_away():
    nothing = np.zeros((SIDE, SIDE), bool)
    assert np.array_equal(bounded_distances(nothing), np.full((SIDE, SIDE), -SIDE / 4))


def test_an_example_is_answered_without_itself(lesson, untrained_engine):
    taught, images_of = lesson
    answer = predict_logits(untrained_engine, taught, images_of, [10])
    without = predict_logits(untrained_engine, taught, images_of, [10], left_out=frozenset({10}))
    assert np.array_equal(answer, without)


def test_examples_that_are_left_out_do_not_matter(lesson, balls, untrained_engine, monkeypatch):
    taught, images_of = lesson
    masks = balls[1]
    # The contrast comes from all examples, whoever is shown.
    monkeypatch.setattr(
        "core.proposals.network_opinion.contrast_around", lambda *_: taught.contrast
    )
    fewer = teach(
        untrained_engine,
        taught.crop,
        images_of,
        {index: masks[1][index] for index in (6, 15, 18)},
        SPACING[0],
    )
    assert np.allclose(
        predict_logits(untrained_engine, taught, images_of, [8], left_out=frozenset({10})),
        predict_logits(untrained_engine, fewer, images_of, [8]),
        atol=1e-4,
    )


def test_only_the_nearest_examples_are_shown(lesson, balls, untrained_engine, monkeypatch):
    taught, images_of = lesson
    masks = balls[1]
    # The contrast comes from all examples, whoever is shown.
    monkeypatch.setattr(
        "core.proposals.network_opinion.contrast_around", lambda *_: taught.contrast
    )
    near = teach(
        untrained_engine,
        taught.crop,
        images_of,
        {index: masks[1][index] for index in (10, 15)},
        SPACING[0],
    )
    assert np.allclose(
        predict_logits(untrained_engine, taught, images_of, [12], support=2),
        predict_logits(untrained_engine, near, images_of, [12]),
        atol=1e-4,
    )


def test_guidance_matters_and_can_be_left_away(lesson, untrained_engine):
    taught, images_of = lesson
    guided = predict_logits(untrained_engine, taught, images_of, [12])
    unguided = predict_logits(untrained_engine, taught, images_of, [12], guided=False)
    assert not np.allclose(guided, unguided, atol=1e-3)


def test_a_prior_that_is_given_is_used(lesson, untrained_engine):
    taught, images_of = lesson
    usual = outline_at_12(taught)
    same = predict_logits(untrained_engine, taught, images_of, [12], priors={12: usual})
    other = predict_logits(untrained_engine, taught, images_of, [12], priors={12: usual - 10})
    expected = predict_logits(untrained_engine, taught, images_of, [12])
    assert np.allclose(same, expected, atol=1e-4)
    assert not np.allclose(other, expected, atol=1e-3)


def test_a_network_without_guidance_works_too(balls):
    torch.manual_seed(1)
    network = UniverSeg(features=4).eval()
    engine = Engine(Weights(network, "published form"), torch.device("cpu"), torch.float32)
    volume, masks = balls
    images = prepare(volume, "MR")
    examples = {index: masks[1][index] for index in KNOWN}
    crop = crop_around(examples.values(), SPACING)
    taught = teach(engine, crop, lambda slices: images[list(slices)], examples, SPACING[0])
    logits = predict_logits(engine, taught, lambda slices: images[list(slices)], [8, 12])
    assert logits.shape == (2, SIDE, SIDE) and np.isfinite(logits).all()
