"""A real engine for tests of what does not depend on how good its weights are."""

import numpy as np
import pytest
import torch

from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.guidance import GUIDANCE_CHANNELS
from core.network.weights import Weights
from core.proposals.proposer import SegmentExamples


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
