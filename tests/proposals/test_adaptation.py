"""The network adapted to labelled pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.evaluation.pairs import read_tasks
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.adaptation import AdaptedEngines, LabelledPictures, adapt
from core.proposals.pictures import adapt_to_examples, see_examples, segment_picture

SIDE = 32


def pictures(count: int = 4, seed: int = 0, *, oriented: bool = True) -> LabelledPictures:
    """Disks at random places in noise; each may be predicted from all others."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    middles = random.uniform(12, 20, (count, 2))
    labels = np.stack([(y - row) ** 2 + (x - column) ** 2 < 40 for row, column in middles])
    noise = random.random((count, SIDE, SIDE), dtype=np.float32)
    images = (0.5 * labels + 0.5 * noise).astype(np.float32)
    others = [[other for other in range(count) if other != one] for one in range(count)]
    return LabelledPictures(images, labels, others, oriented)


def values_of(engine: Engine) -> torch.Tensor:
    return torch.cat([one.flatten() for one in engine.weights.network.parameters()])


@pytest.mark.parametrize("oriented", [True, False])
def test_a_network_learns_what_it_is_adapted_to(untrained_engine: Engine, oriented: bool) -> None:
    shown, new = pictures(oriented=oriented), pictures(1, seed=5)
    adapted = adapt(untrained_engine, [shown], 60, 0.02, lambda: None)

    def loss(engine: Engine) -> float:
        examples = engine.encode(shown.images, shown.labels.astype(np.float32))
        logits = engine.predict(new.images, examples)
        signs = np.where(new.labels, 1, -1)
        return float(np.logaddexp(0, -signs * logits).mean())

    assert loss(adapted) < 0.8 * loss(untrained_engine)


def test_the_network_itself_stays_as_it_is_and_the_same_pictures_give_the_same(
    untrained_engine: Engine,
) -> None:
    before = values_of(untrained_engine).clone()
    first, second = (adapt(untrained_engine, [pictures()], 5, 1e-3, lambda: None) for _ in range(2))
    assert torch.equal(values_of(untrained_engine), before)
    assert torch.equal(values_of(first), values_of(second))
    assert not torch.equal(values_of(first), before)
    assert "adapted" in first.weights.name


def test_every_step_is_told_and_may_end_the_work(untrained_engine: Engine) -> None:
    steps: list[int] = []
    adapt(untrained_engine, [pictures()], 5, 1e-3, lambda: steps.append(1))
    assert len(steps) == 5

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        adapt(untrained_engine, [pictures()], 5, 1e-3, stop)


def test_pictures_without_the_structure_and_such_that_none_predicts_do_no_harm(
    untrained_engine: Engine,
) -> None:
    whole = pictures(5)
    labels = whole.labels.copy()
    labels[3:] = False
    # The last one is shown to others but never asked about.
    examples = [*whole.examples[:4], []]
    mixed = LabelledPictures(whole.images, labels, examples, oriented=True)
    adapted = adapt(untrained_engine, [mixed, pictures(2)], 5, 1e-3, lambda: None)
    assert torch.isfinite(values_of(adapted)).all()


@pytest.mark.parametrize("oriented", [True, False])
def test_pictures_need_not_be_square(untrained_engine: Engine, oriented: bool) -> None:
    whole = pictures()
    wide = LabelledPictures(
        whole.images[:, 4:28], whole.labels[:, 4:28], whole.examples, oriented=oriented
    )
    adapted = adapt(untrained_engine, [wide, whole], 6, 1e-3, lambda: None)
    assert torch.isfinite(values_of(adapted)).all()


def test_adapted_networks_are_kept_by_all_that_they_were_adapted_to(
    untrained_engine: Engine,
) -> None:
    kept = AdaptedEngines()
    kept.keep([pictures()], untrained_engine)
    assert kept.get([pictures()]) is untrained_engine
    moved = pictures()
    moved.labels[0] = np.roll(moved.labels[0], 1)
    for others in ([pictures(seed=1)], [pictures(), pictures()], [moved], []):
        assert kept.get(others) is None


def test_the_one_that_was_not_used_for_longest_is_let_go(untrained_engine: Engine) -> None:
    kept = AdaptedEngines()
    for seed in range(4):
        kept.keep([pictures(seed=seed)], untrained_engine)
    assert kept.get([pictures(seed=0)]) is not None
    kept.keep([pictures(seed=4)], untrained_engine)
    assert [kept.get([pictures(seed=seed)]) is None for seed in range(5)] == [
        False, True, False, False, False,
    ]  # fmt: skip


def test_vessels_of_a_retina_are_found_better_once_the_network_is_adapted(
    shared_data: Path,
) -> None:
    """A quarter of four pictures, to be quick; the whole ones are measured in docs/training.md."""
    (task,) = read_tasks([shared_data / "pairs" / "octa500.npz"])
    images, labels = task.images[:, :64, :64], task.labels[:, :64, :64]
    engine = load_engine("default", "cpu")
    shown = [0, 1, 2, 4]
    examples = see_examples(engine, images[shown], labels[shown])
    adapted = adapt_to_examples(engine, examples)
    before, after = (
        dice(segment_picture(one, images[3], examples) > 0, labels[3]) for one in (engine, adapted)
    )
    assert after > before + 0.03


def test_one_example_is_nothing_to_adapt_to(untrained_engine: Engine) -> None:
    one = pictures(1)
    examples = see_examples(untrained_engine, one.images, one.labels)
    assert adapt_to_examples(untrained_engine, examples) is untrained_engine
