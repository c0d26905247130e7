"""The engine gives the plain definition's result, whatever it is asked, and refuses bad input."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from core.network.arithmetic import RearrangedNetwork
from core.network.convolution import fusing_available
from core.network.definition import UniverSeg
from core.network.engine import EncodedExample, Engine, load_engine
from core.network.processor import bfloat16_is_faster, full_float32, mixed_precision
from core.network.steps import PORTABLE
from core.network.weights import Weights, load_weights

CPU = torch.device("cpu")

needs_bfloat16 = pytest.mark.skipif(
    not bfloat16_is_faster(CPU), reason="this processor has no instructions for bfloat16"
)


def random_weights(features: int, guidance_channels: int = 0) -> Weights:
    torch.manual_seed(7)
    network = UniverSeg(features, guidance_channels).eval().requires_grad_(False)
    if guidance_channels:
        torch.nn.init.normal_(network.guidance_conv.weight, std=0.3)
    return Weights(network, "random")


def pictures(count: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(8)
    images = random.random((count, height, width), dtype=np.float32)
    return images, images > 0.6


def plain_logits(
    weights: Weights,
    queries: np.ndarray,
    examples: tuple[np.ndarray, np.ndarray],
    guidance: np.ndarray | None = None,
    subsets: Sequence[Sequence[int]] | None = None,
) -> np.ndarray:
    """The plain definition in float64, query by query."""
    network = UniverSeg(weights.network.features, weights.network.guidance_channels).double()
    network.load_state_dict(weights.network.state_dict())
    images, labels = (torch.as_tensor(part, dtype=torch.float64)[:, None] for part in examples)
    logits = []
    for index, query in enumerate(torch.as_tensor(queries, dtype=torch.float64)):
        used = list(range(len(images))) if subsets is None else list(subsets[index])
        extra = None if guidance is None else torch.as_tensor(guidance[index]).double()[None]
        with torch.inference_mode():
            answer = network(query[None, None], images[used][None], labels[used][None], extra)
        logits.append(answer[0, 0].numpy())
    return np.stack(logits)


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize(
    ("features", "size", "support", "queries"),
    [
        (64, (32, 32), 1, 1),
        (64, (16, 16), 64, 1),
        (8, (128, 128), 5, 2),
        (8, (8, 8), 3, 5),
        (8, (16, 8), 2, 3),
        (12, (24, 40), 7, 4),
    ],
)
def test_float32_gives_the_plain_result(
    features: int, size: tuple[int, int], support: int, queries: int
) -> None:
    weights = random_weights(features)
    engine = Engine(weights, CPU, torch.float32)
    examples, (asked, _) = pictures(support, *size), pictures(queries, *size)
    found = engine.predict(asked, engine.encode(*examples))
    assert found.dtype == np.float32
    assert relative_error(found, plain_logits(weights, asked, examples)) <= 1e-5


@pytest.mark.parametrize("given", [False, True], ids=["without guidance", "with guidance"])
def test_float32_gives_the_plain_result_with_the_bundled_weights(given: bool) -> None:
    weights = load_weights()
    engine = Engine(weights, CPU, torch.float32)
    examples, (asked, _) = pictures(4, 48, 48), pictures(2, 48, 48)
    guidance = None
    if given:
        shape = (2, engine.guidance_channels, 48, 48)
        guidance = np.random.default_rng(9).uniform(-1, 1, shape).astype(np.float32)
    found = engine.predict(asked, engine.encode(*examples), guidance)
    assert relative_error(found, plain_logits(weights, asked, examples, guidance)) <= 1e-5


def test_each_query_uses_the_subset_and_guidance_it_names() -> None:
    weights = random_weights(8, guidance_channels=2)
    engine = Engine(weights, CPU, torch.float32)
    examples, (asked, _) = pictures(20, 24, 32), pictures(6, 24, 32)
    guidance = np.random.default_rng(10).uniform(-1, 1, (6, 2, 24, 32))
    subsets = [[0], list(range(20)), [19, 3], [3, 19], [5, 5, 6], list(range(9))]
    found = engine.predict(asked, engine.encode(*examples), guidance, subsets)
    expected = plain_logits(weights, asked, examples, guidance, subsets)
    assert relative_error(found, expected) <= 1e-5
    for index, subset in enumerate(subsets):
        alone = engine.predict(
            asked[index : index + 1],
            engine.encode(examples[0][subset], examples[1][subset]),
            guidance[index : index + 1],
        )
        assert relative_error(alone[0], found[index]) <= 1e-5


@pytest.mark.parametrize("chunk_pixels", [1, 3 * 8 * 8, 10**9])
@pytest.mark.parametrize("fused", [False, True])
def test_chunks_and_fused_convolutions_change_nothing(chunk_pixels: int, fused: bool) -> None:
    if fused and not fusing_available(CPU, torch.float32):
        pytest.skip("this build of PyTorch has no fused convolutions for this processor")
    weights = random_weights(8)
    network = RearrangedNetwork(
        weights.network,
        CPU,
        torch.float32,
        fused=fused,
        steps=PORTABLE,
        chunk_pixels=chunk_pixels,
    )
    images, labels = pictures(7, 16, 16)
    (asked, _) = pictures(2, 16, 16)
    pairs = torch.stack([torch.as_tensor(images), torch.as_tensor(labels).float()], dim=1)
    with torch.inference_mode():
        terms = list(network.encode(pairs))
        means = torch.stack([pairs[:3].mean(dim=0), pairs[3:].mean(dim=0)])
        found = network.predict(torch.as_tensor(asked)[:, None], means, [terms[:3], terms[3:]])
    expected = plain_logits(
        weights, asked, (images, labels), subsets=[list(range(3)), list(range(3, 7))]
    )
    assert relative_error(found.numpy(), expected) <= 1e-5


def test_absent_guidance_is_guidance_of_zeros() -> None:
    engine = Engine(random_weights(8, guidance_channels=3), CPU, torch.float32)
    encoded, (asked, _) = engine.encode(*pictures(2, 16, 16)), pictures(2, 16, 16)
    zeros = np.zeros((2, 3, 16, 16))
    assert np.array_equal(engine.predict(asked, encoded), engine.predict(asked, encoded, zeros))


def test_one_example_may_be_encoded_without_a_leading_dimension() -> None:
    engine = Engine(random_weights(8), CPU, torch.float32)
    images, labels = pictures(1, 16, 16)
    alone, listed = engine.encode(images[0], labels[0]), engine.encode(images, labels)
    assert len(alone) == 1
    assert np.array_equal(engine.predict(images, alone), engine.predict(images, listed))


def network_input(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The slices of a volume that hold its first structure, cut out around it, at 128×128."""
    with np.load(path) as data:
        image = data["image"].astype(np.float32)
        mask = next(data[name] for name in data.files if name.startswith("mask_")) > 0
    low, high = np.percentile(image, [0.5, 99.5])
    image = np.clip((image - low) / (high - low), 0, 1)
    rows, columns = (np.flatnonzero(mask.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    window = (
        mask.any(axis=(1, 2)),
        slice(max(0, rows[0] - 5), rows[-1] + 6),
        slice(max(0, columns[0] - 5), columns[-1] + 6),
    )
    resampled = [
        torch.nn.functional.interpolate(
            torch.as_tensor(part[window[0]][:, window[1], window[2]].astype(np.float32))[:, None],
            size=(128, 128),
            mode="bilinear",
            antialias=True,
        )[:, 0].numpy()
        for part in (image, mask)
    ]
    return resampled[0].clip(0, 1), resampled[1] >= 0.5


@needs_bfloat16
@pytest.mark.parametrize("name", ["hippocampus_001", "hippocampus_350", "sct_t2"])
def test_bfloat16_gives_the_masks_of_float32_on_real_volumes(shared_data: Path, name: str) -> None:
    images, labels = network_input(shared_data / "volumes" / f"{name}.npz")
    drawn = np.linspace(0, len(images) - 1, 4).round().astype(int)
    asked = images[2::6]
    masks = []
    for precision in (torch.float32, torch.bfloat16):
        engine = Engine(load_weights(), CPU, precision)
        masks.append(engine.predict(asked, engine.encode(images[drawn], labels[drawn])) > 0)
    assert masks[0].any()
    assert 2 * (masks[0] & masks[1]).sum() / (masks[0].sum() + masks[1].sum()) >= 0.995


def test_many_queries_need_no_more_memory_than_few() -> None:
    program = """
import resource, sys
import numpy as np, torch
from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.weights import Weights
torch.set_num_threads(1)
engine = Engine(Weights(UniverSeg(16).eval(), "random"), torch.device("cpu"), torch.float32)
images = np.zeros((64, 64, 64), np.float32)
examples = engine.encode(images[:16], images[:16])
engine.predict(images[:16], examples)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
engine.predict(images, examples)
engine.predict(images, examples[:1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    # All pairs, or all queries with one example, at once would take another 200 MiB.
    assert float(answer.stdout) < 80


def test_float32_is_not_rounded_to_tf32_meanwhile() -> None:
    before = torch.backends.cudnn.allow_tf32
    with full_float32():
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before


def test_what_was_chosen_is_logged_and_can_be_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="core.network.engine"):
        engine = load_engine(device="cpu", precision="float32")
    assert "float32 on cpu" in engine.description
    assert engine.description in caplog.text


def test_the_choice_follows_the_processor_and_can_be_overridden() -> None:
    automatic = load_engine(device="cpu")
    assert (automatic.precision == torch.bfloat16) == bfloat16_is_faster(CPU)
    assert load_engine(device="cpu", precision="float32").precision == torch.float32
    with pytest.raises(ValueError, match='device: got "tpu"'):
        load_engine(device="tpu")
    with pytest.raises(ValueError, match='precision: got "int8"'):
        load_engine(device="cpu", precision="int8")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no CUDA GPU"):
            load_engine(device="cuda")


def test_training_uses_bfloat16_only_where_it_is_faster() -> None:
    maps = torch.ones(1, 1, 8, 8)
    with mixed_precision(CPU):
        found = torch.nn.functional.conv2d(maps, torch.ones(1, 1, 3, 3)).dtype
    assert (found == torch.bfloat16) == bfloat16_is_faster(CPU)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(random_weights(8, guidance_channels=2), CPU, torch.float32)


@pytest.fixture(scope="module")
def encoded(engine: Engine) -> list[EncodedExample]:
    return engine.encode(*pictures(2, 16, 16))


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (np.zeros((1, 16, 12)), r"queries: got shape \(1, 16, 12\).*divisible by 8"),
        (np.zeros((16, 16)), r"queries: got shape \(16, 16\); expected \[n, height, width\]"),
        (np.zeros((0, 16, 16)), r"queries: got shape \(0, 16, 16\)"),
        (np.full((1, 16, 16), 1.5), "queries: got values from 1.5 to 1.5.*from 0 to 1"),
        (np.full((1, 16, 16), -0.1), "queries: got values from -0.1 to -0.1"),
        (np.full((1, 16, 16), np.nan), r"queries: got NaN in shape \(1, 16, 16\)"),
        (np.full((1, 16, 16), np.inf), "queries: got values from inf to inf"),
        (np.zeros((1, 16, 16), complex), "queries: got complex numbers"),
        (np.full((1, 16, 16), "a"), "queries: got values of type"),
        (np.zeros((1, 24, 16)), r"examples: number 0 has shape \(16, 16\).*\(24, 16\)"),
    ],
)
def test_bad_queries_are_refused_with_what_was_expected(
    engine: Engine, encoded: list[EncodedExample], queries: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        engine.predict(queries, encoded)


def test_bad_examples_are_refused(engine: Engine, encoded: list[EncodedExample]) -> None:
    images, labels = pictures(2, 16, 16)
    with pytest.raises(ValueError, match=r"labels: got shape \(1, 16, 16\); expected that of"):
        engine.encode(images, labels[:1])
    with pytest.raises(ValueError, match="labels: got values from 0 to 2"):
        engine.encode(images, labels * 2.0)
    with pytest.raises(ValueError, match="examples: got none"):
        engine.predict(images, [])
    other = Engine(random_weights(8), CPU, torch.float32)
    with pytest.raises(ValueError, match="number 1 was encoded by another engine"):
        engine.predict(images, [encoded[0], *other.encode(images, labels)])


@pytest.mark.parametrize(
    ("subsets", "message"),
    [
        ([[0]], "subsets: got 1; expected one for each of 2 queries"),
        ([[0], []], r"subsets: number 1 is \[\]"),
        ([[0], [2]], r"subsets: number 1 is \[2\]; expected at least one index from 0 to 1"),
        ([[-1], [0]], r"subsets: number 0 is \[-1\]"),
    ],
)
def test_bad_subsets_are_refused(
    engine: Engine, encoded: list[EncodedExample], subsets: list[list[int]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        engine.predict(pictures(2, 16, 16)[0], encoded, subsets=subsets)


def test_bad_guidance_is_refused(engine: Engine, encoded: list[EncodedExample]) -> None:
    queries = pictures(2, 16, 16)[0]
    for guidance, message in [
        (np.zeros((2, 3, 16, 16)), r"guidance: got shape \(2, 3, 16, 16\); expected \(2, 2, 16"),
        (np.zeros((1, 2, 16, 16)), r"guidance: got shape \(1, 2, 16, 16\)"),
        (np.full((2, 2, 16, 16), 3.0), "guidance: got values from 3 to 3"),
        (np.full((2, 2, 16, 16), np.nan), "guidance: got NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            engine.predict(queries, encoded, guidance)
    unguided = Engine(random_weights(8), CPU, torch.float32)
    examples = unguided.encode(*pictures(1, 16, 16))
    with pytest.raises(ValueError, match="these weights take no guidance"):
        unguided.predict(queries, examples, np.zeros((2, 2, 16, 16)))
