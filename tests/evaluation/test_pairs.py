"""Scores of unrelated pictures."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.pairs import SIDE, PairTask, evaluate_pairs, read_tasks
from core.network.engine import Engine, load_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def test_pictures_are_read_at_the_size_of_the_network(shared_data: Path) -> None:
    (task,) = read_tasks([shared_data / "pairs" / "hipxray.npz"])
    assert task.images.shape == task.labels.shape == (5, SIDE, SIDE)
    assert 0 <= task.images.min() < task.images.max() <= 1
    assert 0.15 < task.labels.mean() < 0.25


def test_the_network_beats_the_mean_of_the_masks_on_hips(shared_data: Path, engine: Engine) -> None:
    tasks = list(read_tasks([shared_data / "pairs" / "hipxray.npz"]))
    report = evaluate_pairs(tasks, engine, [4, 16], ensemble=2)
    scores = report["tasks"]["hipxray"]
    # Four others are all there are, whatever was asked for.
    assert list(scores) == ["4"]
    assert scores["4"]["mean_mask"] == pytest.approx(0.787, abs=0.01)
    assert scores["4"]["network"] > scores["4"]["mean_mask"]
    assert scores["4"]["chosen"] > scores["4"]["mean_mask"]
    low, high = scores["4"]["interval"]
    assert low <= scores["4"]["chosen"] <= high
    assert report["mean"]["16"] == pytest.approx(
        {key: scores["4"][key] for key in ("network", "ensemble", "mean_mask", "chosen")}
    )


def test_the_network_asked_once_can_be_scored_alone(
    engine: Engine,
) -> None:
    images = np.random.default_rng(1).random((3, SIDE, SIDE), dtype=np.float32)
    report = evaluate_pairs([PairTask("noise", images, images > 0.7)], engine, [2], chosen=False)
    assert set(report["tasks"]["noise"]["2"]) == {"network", "ensemble", "mean_mask", "interval"}


def test_the_same_seed_scores_the_same(engine: Engine) -> None:
    generator = np.random.default_rng(0)
    images = generator.random((4, SIDE, SIDE), dtype=np.float32)
    task = PairTask("noise", images, images > 0.7)
    first, second = (evaluate_pairs([task], engine, [1, 2], seed=3) for _ in range(2))
    assert first == second


def test_a_part_of_the_pictures_is_scored_with_the_network_adapted(engine: Engine) -> None:
    y, x = np.mgrid[:32, :32]
    generator = np.random.default_rng(2)
    labels = np.stack([(y - 16) ** 2 + (x - 12 - 2 * one) ** 2 < 50 for one in range(4)])
    images = (0.4 * labels + 0.6 * generator.random(labels.shape)).astype(np.float32)
    task = PairTask("disks", images, labels)
    scores = evaluate_pairs([task], engine, [3], adapting=True, queries=2)["tasks"]["disks"]["3"]
    low, high = scores["interval"]
    assert low <= scores["adapted"] <= high
    assert scores["adapted"] > 0.8
    # The same examples of the same pictures are drawn, however many are scored.
    some = evaluate_pairs([task], engine, [3], queries=2)["tasks"]["disks"]["3"]
    assert some["chosen"] == scores["chosen"]
    with pytest.raises(ValueError, match="queries: got 0"):
        evaluate_pairs([task], engine, [3], queries=0)


@pytest.mark.parametrize(("sizes", "ensemble"), [([], 1), ([0], 1), ([2], 0)])
def test_impossible_sizes_are_refused(engine: Engine, sizes: list[int], ensemble: int) -> None:
    with pytest.raises(ValueError, match="expected 1 or more"):
        evaluate_pairs([], engine, sizes, ensemble=ensemble)


def test_files_with_other_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, images=np.zeros((2, 9, 9)), labels=np.zeros((2, 9, 9)))
    with pytest.raises(ValueError, match="expected uint8 images"):
        list(read_tasks([path]))
