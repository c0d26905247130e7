from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.guidance import ADDED, DISTANCE, FROM_BELOW, PRIOR, REMOVED
from core.network.weights import Weights
from core.proposals.crop import SIDE, crop_around
from core.proposals.intensity import prepare
from core.proposals.network_opinion import (
    SUPPORT,
    carried_beyond,
    correction_guidance,
    predict_logits,
)
from core.proposals.network_prompt import NetworkPrompt, encode_examples, turned
from core.proposals.opinions import bounded_distances

SPACING = (2.0, 1.0, 1.0)
KNOWN = (6, 10, 15, 18)


def prompt_of(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    engine: Engine,
    known: Iterable[int],
    is_turned: bool = False,
) -> NetworkPrompt:
    """Encode the first ball on some slices."""
    volume, masks = balls
    images = prepare(volume, "MR")
    examples = {index: masks[1][index] for index in known}
    crop = crop_around(examples.values(), SPACING)
    return encode_examples(
        engine,
        crop,
        lambda slices: images[list(slices)],
        examples,
        SPACING[0],
        is_turned=is_turned,
    )


@pytest.fixture(scope="module")
def prompt(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> NetworkPrompt:
    return prompt_of(balls, untrained_engine, KNOWN)


def restricted(prompt: NetworkPrompt, known: Iterable[int]) -> NetworkPrompt:
    """The same prompt with some of its examples only."""
    return replace(
        prompt,
        encoded={index: prompt.encoded[index] for index in known},
        labels={index: prompt.labels[index] for index in known},
        distances={index: prompt.distances[index] for index in known},
        between={},
        outlines={},
        answers={},
    )


def test_a_correction_expects_the_mask_as_it_is(
    prompt: NetworkPrompt, balls: tuple[np.ndarray, dict[int, np.ndarray]]
) -> None:
    mask = prompt.crop.masks(balls[1][1][12][None])[0]
    guidance = correction_guidance(prompt, 12, mask)
    expected = bounded_distances(torch.from_numpy(mask)).numpy()
    assert np.allclose(guidance[PRIOR], np.tanh(expected / 8), atol=1e-6)
    away = 2 * SPACING[0] / prompt.crop.pixel_mm
    assert np.allclose(guidance[DISTANCE], np.tanh(away / (SIDE / 8)))
    assert not guidance[[ADDED, REMOVED]].any() and not guidance[FROM_BELOW:].any()


def test_an_outline_is_carried_beyond_the_examples_slice_by_slice(prompt: NetworkPrompt) -> None:
    once = carried_beyond(prompt, 19, 18)
    assert torch.equal(carried_beyond(prompt, 20, 18), carried_beyond(prompt, 20, 19, once))


def test_an_example_is_answered_without_itself(prompt: NetworkPrompt) -> None:
    answer = predict_logits(prompt, [10])
    assert np.allclose(answer, predict_logits(restricted(prompt, (6, 15, 18)), [10]), atol=1e-4)


def test_examples_may_be_shown_turned_and_the_answer_is_turned_back(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    prompt: NetworkPrompt,
) -> None:
    other_way = prompt_of(balls, untrained_engine, KNOWN, is_turned=True)
    assert all(torch.equal(other_way.labels[index], prompt.labels[index]) for index in KNOWN)
    answer = predict_logits(other_way, [12], guided=False)
    examples = untrained_engine.encode(
        turned(prompt.pictures(KNOWN)),
        turned(np.stack([prompt.labels[index].numpy() for index in KNOWN])),
    )
    directly = untrained_engine.predict(turned(prompt.pictures([12])), examples)
    assert np.allclose(answer, turned(directly), atol=1e-4)
    assert not np.allclose(answer, predict_logits(prompt, [12], guided=False), atol=1e-2)


def test_guidance_is_turned_with_the_picture(prompt: NetworkPrompt) -> None:
    shown: list[np.ndarray] = []

    class Recorder:
        device, guidance_channels = prompt.engine.device, prompt.engine.guidance_channels

        def predict(self, pictures: np.ndarray, *rest: Any) -> np.ndarray:
            shown.extend((pictures, rest[1]))
            return prompt.engine.predict(pictures, *rest)

    for is_turned in (False, True):
        engine = cast(Engine, Recorder())
        predict_logits(replace(prompt, engine=engine, is_turned=is_turned, answers={}), [12])
    pictures, guidance, pictures_turned, guidance_turned = shown
    assert np.array_equal(pictures_turned, turned(pictures))
    assert np.array_equal(guidance_turned, turned(guidance))
    assert guidance.any()


def test_examples_can_be_left_out(prompt: NetworkPrompt) -> None:
    usual = predict_logits(prompt, [16])
    without = predict_logits(prompt, [16], without={18})
    fewer = predict_logits(restricted(prompt, (6, 10, 15)), [16])
    assert np.allclose(without, fewer, atol=1e-4)
    assert not np.allclose(without, usual, atol=1e-3)
    assert np.array_equal(usual, predict_logits(prompt, [16])), "an answer that is remembered"


def test_only_the_nearest_examples_are_shown(
    balls: tuple[np.ndarray, dict[int, np.ndarray]], untrained_engine: Engine
) -> None:
    prompt = prompt_of(balls, untrained_engine, range(3, 22))
    nearest = restricted(prompt, range(22 - SUPPORT, 22))
    assert len(prompt.encoded) > SUPPORT
    assert np.allclose(predict_logits(prompt, [23]), predict_logits(nearest, [23]), atol=1e-4)


def test_guidance_matters_and_can_be_left_away(prompt: NetworkPrompt) -> None:
    guided = predict_logits(prompt, [12])
    unguided = predict_logits(prompt, [12], guided=False)
    assert not np.allclose(guided, unguided, atol=1e-3)


def test_an_outline_that_was_carried_is_used(prompt: NetworkPrompt) -> None:
    usual = carried_beyond(prompt, 20, 18)
    same = predict_logits(prompt, [20], beyond={20: usual})
    other = predict_logits(prompt, [20], beyond={20: usual - 10})
    expected = predict_logits(prompt, [20])
    assert np.allclose(same, expected, atol=1e-4)
    assert not np.allclose(other, expected, atol=1e-3)


def test_a_network_without_guidance_works_too(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
) -> None:
    torch.manual_seed(1)
    network = UniverSeg(features=4).eval()
    engine = Engine(Weights(network, "published form"), torch.device("cpu"), torch.float32)
    logits = predict_logits(prompt_of(balls, engine, KNOWN), [8, 12])
    assert logits.shape == (2, SIDE, SIDE) and np.isfinite(logits).all()
