"""Pictures segmented from unrelated examples."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.pairs import read_tasks
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.pictures import are_thin, level_of, see_examples, segment_picture


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def test_thin_vessels_are_found_with_less_than_even_odds(shared_data: Path, engine: Engine) -> None:
    (task,) = read_tasks([shared_data / "pairs" / "octa500.npz"])
    examples = see_examples(engine, task.images[1:], task.labels[1:])
    found = segment_picture(engine, task.images[0], examples)
    even = engine.encode(task.images[1:], task.labels[1:].astype(np.float32))
    plain = engine.predict(task.images[:1], even)[0]
    assert dice(found > 0, task.labels[0]) > dice(plain > 0, task.labels[0]) + 0.03


def test_brightness_is_evened_out_where_all_thin_examples_gain(
    shared_data: Path, engine: Engine
) -> None:
    vessels, hips = (
        next(read_tasks([shared_data / "pairs" / f"{name}.npz"])) for name in ("octa500", "hipxray")
    )
    assert see_examples(engine, vessels.images[1:], vessels.labels[1:]).is_evened
    assert not see_examples(engine, vessels.images[1:2], vessels.labels[1:2]).is_evened
    assert not see_examples(engine, hips.images[1:], hips.labels[1:]).is_evened
    # Lines that the light itself draws are gone once it is evened out.
    wide = np.tile(np.linspace(0, 1, 128, dtype=np.float32), (3, 128, 1))
    lines = np.zeros(wide.shape, bool)
    lines[:, :, 60:62] = True
    assert not see_examples(engine, wide, lines).is_evened


def test_structures_of_one_or_two_pixels_are_thin() -> None:
    labels = np.zeros((2, 32, 32), bool)
    labels[0, 4, :], labels[1, :, 7:9] = True, True
    assert are_thin(labels)
    labels[1, 10:25, 10:25] = True
    assert not are_thin(labels)


def test_a_picture_needs_no_more_than_one_example(shared_data: Path, engine: Engine) -> None:
    (task,) = read_tasks([shared_data / "pairs" / "hipxray.npz"])
    examples = see_examples(engine, task.images[1:2], task.labels[1:2])
    found = segment_picture(engine, task.images[0], examples)
    assert found.shape == task.images[0].shape
    assert dice(found > 0, task.labels[0]) > 0.8


def test_another_level_is_taken_only_where_every_picture_gains() -> None:
    truths = np.zeros((2, 4, 8), bool)
    truths[:, :, :6] = True
    logits = np.full(truths.shape, -9.0)
    logits[:, :, :3], logits[:, :, 3:6] = 4.0, -1.2
    assert -9 < level_of(logits, truths) < -1.2
    # One picture would lose all that lies beside its structure.
    truths[1, :, 3:6] = False
    assert level_of(logits, truths) == 0


def test_the_level_stays_where_nothing_is_found() -> None:
    nothing = np.zeros((2, 4, 8), bool)
    assert level_of(np.full(nothing.shape, -9.0), nothing) == 0
