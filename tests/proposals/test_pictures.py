"""Pictures segmented from unrelated examples."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.pairs import read_tasks
from core.network.engine import Engine, load_engine
from core.network.overlap import dice
from core.proposals.pictures import level_of, segment_picture


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def test_thin_vessels_are_found_with_less_than_even_odds(shared_data: Path, engine: Engine) -> None:
    (task,) = read_tasks([shared_data / "pairs" / "octa500.npz"])
    found = segment_picture(engine, task.images[0], task.images[1:], task.labels[1:])
    even = engine.encode(task.images[1:], task.labels[1:].astype(np.float32))
    plain = engine.predict(task.images[:1], even)[0]
    assert dice(found > 0, task.labels[0]) > dice(plain > 0, task.labels[0]) + 0.03


def test_a_picture_needs_no_more_than_one_example(shared_data: Path, engine: Engine) -> None:
    (task,) = read_tasks([shared_data / "pairs" / "hipxray.npz"])
    found = segment_picture(engine, task.images[0], task.images[1:2], task.labels[1:2])
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
