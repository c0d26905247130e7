"""A real engine for tests of what does not depend on how good its weights are."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.guidance import GUIDANCE_CHANNELS
from core.network.weights import Weights
from core.proposals.intensity import prepare
from core.proposals.proposer import SegmentExamples
from tests.support.proposal_segments import images_from


@pytest.fixture(scope="session")
def untrained_engine() -> Engine:
    """A small network with random weights, so that its masks are arbitrary."""
    torch.manual_seed(7)
    network = UniverSeg(features=4, guidance_channels=GUIDANCE_CHANNELS).eval()
    torch.nn.init.normal_(network.guidance_conv.weight, std=0.3)
    return Engine(Weights(network, "untrained"), torch.device("cpu"), torch.float32)


@pytest.fixture(scope="session")
def balls() -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """A noisy volume [24, 60, 50] with two touching balls, and the masks of both by number."""
    z, y, x = np.mgrid[:24, :60, :50]
    first = (z - 12) ** 2 + (y - 22) ** 2 / 4 + (x - 25) ** 2 / 4 < 64
    second = ((z - 13) ** 2 + (y - 45) ** 2 / 4 + (x - 25) ** 2 / 4 < 49) & ~first
    noise = np.random.default_rng(3).normal(0, 30, first.shape)
    return (400 * first + 800 * second + noise).astype(np.int16), {1: first, 2: second}


def examples_of(masks: dict[int, np.ndarray], slices: tuple[int, ...]) -> list[SegmentExamples]:
    """Examples of all segments on the same slices."""
    return [
        SegmentExamples(number, {index: mask[index] for index in slices})
        for number, mask in masks.items()
    ]


@pytest.fixture
def images_of(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
) -> Callable[[Sequence[int]], np.ndarray]:
    """What gives images of the balls as proposals see them."""
    return images_from(prepare(balls[0], "MR"))


@pytest.fixture(scope="session")
def sliding_disc() -> tuple[np.ndarray, np.ndarray]:
    """Images [12, 72, 72] with values in [0, 1] of a disc that moves by 3 pixels a slice; masks."""
    z, y, x = np.mgrid[:12, :72, :72]
    masks = (y - 20 - 3 * z) ** 2 + (x - 36) ** 2 < 100
    noise = np.random.default_rng(5).normal(0, 0.02, masks.shape)
    return (0.4 + 0.2 * masks + noise).astype(np.float32), masks
