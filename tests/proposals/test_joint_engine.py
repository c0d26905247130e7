"""Several networks that are asked as if they were one."""

import base64
from dataclasses import replace

import numpy as np
import pytest

from core.network.engine import Engine
from core.network.weights import weights_to_bytes
from core.proposals.adaptation import adapt
from core.proposals.adapted_network import AdaptedNetwork, packed_network
from core.proposals.examples import SegmentExamples
from core.proposals.joint_engine import JointEngine, JointEngines
from core.proposals.proposer import propose
from core.proposals.scores import LIMIT
from tests.proposals.test_adaptation import pictures


@pytest.fixture(scope="module")
def adapted(untrained_engine: Engine) -> Engine:
    return adapt(untrained_engine, [pictures()], 8, 0.02, lambda: None)


def network_of(untrained_engine: Engine, adapted: Engine) -> AdaptedNetwork:
    content = weights_to_bytes(adapted.weights.network)
    return packed_network(untrained_engine.weights.name, (1,), content)


def asked(engine: Engine | JointEngine) -> np.ndarray:
    shown, new = pictures(), pictures(2, seed=5)
    examples = engine.encode(shown.images, shown.labels.astype(np.float32))
    return engine.predict(new.images, examples, None, [[0, 1, 2], [3]])


def test_it_answers_with_the_mean_of_bounded_log_odds(
    untrained_engine: Engine, adapted: Engine
) -> None:
    both = asked(JointEngine([untrained_engine, adapted]))
    apart = [np.clip(asked(one), -LIMIT, LIMIT) for one in (untrained_engine, adapted)]
    assert both.dtype == np.float32
    np.testing.assert_allclose(both, (apart[0] + apart[1]) / 2, atol=1e-6)


def test_one_network_answers_as_it_would_alone(untrained_engine: Engine) -> None:
    alone = np.clip(asked(untrained_engine), -LIMIT, LIMIT)
    np.testing.assert_allclose(asked(JointEngine([untrained_engine])), alone, atol=1e-6)


def test_an_adapted_network_is_the_same_after_it_was_sent(
    untrained_engine: Engine, adapted: Engine
) -> None:
    sent = JointEngines(untrained_engine).of(network_of(untrained_engine, adapted))
    # But for half precision.
    here = asked(JointEngine([untrained_engine, adapted]))
    np.testing.assert_allclose(asked(sent), here, atol=1e-3)
    assert np.abs(here - asked(JointEngine([untrained_engine]))).max() > 0.05


def test_its_engine_is_kept_as_long_as_few_others_are_asked_for(
    untrained_engine: Engine, adapted: Engine
) -> None:
    kept, network = JointEngines(untrained_engine), network_of(untrained_engine, adapted)
    first = kept.of(network)
    assert kept.of(network) is first
    for seed in range(4):
        other = adapt(untrained_engine, [pictures(seed=seed)], 1, 0.01, lambda: None)
        kept.of(network_of(untrained_engine, other))
    assert kept.of(network) is not first


@pytest.mark.parametrize("spoilt", ["", "not base64!", base64.b64encode(b"x" * 99).decode()])
def test_what_is_damaged_is_refused(untrained_engine: Engine, spoilt: str) -> None:
    with pytest.raises(ValueError, match=r"damaged|safetensors"):
        JointEngines(untrained_engine).of(AdaptedNetwork("weights", (1,), spoilt))


def test_what_is_cut_off_is_refused(untrained_engine: Engine, adapted: Engine) -> None:
    network = network_of(untrained_engine, adapted)
    random = np.random.default_rng(0)
    for length in random.integers(0, len(network.code), 20):
        with pytest.raises(ValueError):
            JointEngines(untrained_engine).of(replace(network, code=network.code[: int(length)]))


def test_a_segment_is_proposed_by_the_engine_that_is_named_for_it(
    untrained_engine: Engine, adapted: Engine
) -> None:
    random = np.random.default_rng(0)
    volume = random.random((7, 40, 40)).astype(np.float32)
    mask = np.zeros((40, 40), bool)
    mask[12:25, 12:25] = True
    segments = [SegmentExamples(number, {1: mask, 5: mask}) for number in (1, 2)]

    def proposed(engines: dict[int, JointEngine]) -> dict[tuple[int, int], np.ndarray]:
        found = propose(
            volume, (3.0, 1.0, 1.0), "MR", segments, engine=untrained_engine, exclusive=(),
            engines=engines,
        )  # fmt: skip
        return {(one.segment, one.slice): one.mask for one in found}

    usual = proposed({})
    joint = proposed({2: JointEngine([adapted])})
    slices = {index for segment, index in usual if segment == 1}
    assert all(np.array_equal(usual[1, index], joint[1, index]) for index in slices)
    assert any(not np.array_equal(usual[2, index], joint[2, index]) for index in (2, 3, 4))
