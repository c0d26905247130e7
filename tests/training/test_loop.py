"""The training loop: it learns, and an interruption changes nothing."""

import csv
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from core.training.checkpoint import CHECKPOINT, load_checkpoint, new_state
from core.training.loop import train
from core.training.progress import LOG, Progress
from core.training.settings import TrainingSettings

CPU = torch.device("cpu")
SMALL = TrainingSettings(
    features=8,
    steps=6,
    batches_per_step=2,
    pixels_per_batch=20_000,
    sides=(32,),
    side_weights=(1.0,),
    support_sizes=(2, 4),
    support_weights=(0.5, 0.5),
    learning_rate=5e-3,
    warmup_steps=2,
    validation_every=6,
    checkpoint_every=3,
)


def finish(settings: TrainingSettings, folder: Path, **options: Any) -> list[Progress]:
    return list(train(settings, folder, device=CPU, **options))


def averaged(folder: Path, settings: TrainingSettings = SMALL) -> dict[str, torch.Tensor]:
    state = new_state(settings, CPU)
    load_checkpoint(folder / CHECKPOINT, state)
    return dict(state.average.state_dict())


def test_the_loss_falls(tmp_path: Path) -> None:
    settings = replace(SMALL, steps=40, validation_every=10, checkpoint_every=40)
    losses = [step.loss for step in finish(settings, tmp_path) if step.validation]
    assert losses[-1] < 0.9 * losses[0]


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    finish(SMALL, tmp_path / "whole")
    # The fourth step is done but not in any checkpoint: it has to be repeated.
    list(islice(train(SMALL, tmp_path / "cut", device=CPU), 4))
    resumed = finish(SMALL, tmp_path / "cut", resume=True)
    assert [step.step for step in resumed] == [4, 5, 6]
    whole, cut = averaged(tmp_path / "whole"), averaged(tmp_path / "cut")
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_the_log_holds_a_line_per_validation(tmp_path: Path) -> None:
    finish(SMALL, tmp_path)
    with (tmp_path / LOG).open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["6"]
    assert 0 <= float(rows[0]["synthetic_volume_guided"]) <= 1


def test_repeated_steps_and_other_validation_keep_the_log_readable(tmp_path: Path) -> None:
    short = replace(SMALL, steps=2, validation_every=1)
    finish(short, tmp_path)
    (tmp_path / CHECKPOINT).unlink()
    real = {"real": 0.5}
    list(train(replace(short, steps=1), tmp_path, device=CPU, validate=lambda network: real))
    with (tmp_path / LOG).open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["step"], row["real"]) for row in rows] == [("1", "0.5")]


def test_a_run_is_not_overwritten_by_mistake(tmp_path: Path) -> None:
    finish(SMALL, tmp_path)
    with pytest.raises(ValueError, match="resume it or choose another folder"):
        finish(SMALL, tmp_path)


def test_resuming_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run to resume"):
        finish(SMALL, tmp_path, resume=True)


def test_resuming_a_network_of_another_size_says_so(tmp_path: Path) -> None:
    finish(SMALL, tmp_path)
    with pytest.raises(ValueError, match="8 features; expected 16"):
        finish(replace(SMALL, features=16), tmp_path, resume=True)
