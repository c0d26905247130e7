"""A segment's examples as the network takes them, and what lies between them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from core.network.engine import Engine
from core.proposals.crop import crop_around
from core.proposals.network_opinion import learn_between
from core.proposals.network_prompt import NetworkPrompt, encode_examples
from core.proposals.steps import Cancelled, Steps

SPACING = (2.0, 1.0, 1.0)


def prompt_of(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
    steps: Any = None,
) -> NetworkPrompt:
    """The first ball, drawn on four slices."""
    examples = {index: balls[1][1][index] for index in (6, 10, 15, 18)}
    crop = crop_around(examples.values(), SPACING)
    return encode_examples(engine, crop, images_of, examples, SPACING[0], steps=steps)


def test_what_was_found_between_neighbouring_examples_is_remembered(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    prompt = prompt_of(balls, untrained_engine, images_of)
    assert prompt.opinions(10, 15) is prompt.opinions(10, 15)
    # Across an example that is left out, nothing is kept.
    prompt.opinions(6, 15)
    assert (6, 15) not in prompt.between


def test_what_is_learnt_of_several_gaps_at_once_is_what_each_alone_gives(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    together, alone = (prompt_of(balls, untrained_engine, images_of) for _ in range(2))
    learn_between([(together, 6, 10), (together, 10, 15)])
    assert sorted(together.between) == sorted(together.outlines) == [(6, 10), (10, 15)]
    for gap in together.between:
        assert torch.equal(together.outlines[gap], alone.interpolated(*gap))
        expected = alone.opinions(*gap)
        assert torch.equal(together.between[gap].from_below, expected.from_below)
        # One core sums in another order than several.
        torch.testing.assert_close(together.between[gap].walked, expected.walked, atol=2e-3, rtol=0)


def test_the_steps_of_a_gap_are_counted_as_foretold(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    reported: list[int] = []
    steps = Steps(progress=lambda done, total: reported.append(done))
    prompt = prompt_of(balls, untrained_engine, images_of, steps)
    foretold = prompt.looks_between(10, 15)
    learn_between([(prompt, 10, 15)])
    assert reported == sorted(reported)
    assert reported[-1] == foretold == 5 + 3 * 4


def test_what_takes_long_between_examples_ends_when_cancelled(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    given_up = [False]
    prompt = prompt_of(balls, untrained_engine, images_of, Steps(lambda: given_up[0]))
    given_up[0] = True
    for work in (prompt.opinions, prompt.interpolated):
        with pytest.raises(Cancelled):
            work(10, 15)


def test_encoding_ends_when_cancelled(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    untrained_engine: Engine,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> None:
    with pytest.raises(Cancelled):
        prompt_of(balls, untrained_engine, images_of, Steps(lambda: True))
