"""The beginning of a run, and its checkpoints."""

from pathlib import Path

import pytest
import torch

from core.network.definition import UniverSeg
from core.training.checkpoint import load_checkpoint, new_state, save_checkpoint, settings_of
from core.training.settings import TrainingSettings

CPU = torch.device("cpu")
SMALL = TrainingSettings(features=8)


def test_a_checkpoint_holds_the_state_and_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    state = new_state(SMALL, CPU)
    state.step, state.tasks, state.seconds = 3, 12, 1.5
    torch.rand(5, generator=state.generator)
    save_checkpoint(path, state, SMALL)
    assert settings_of(path) == SMALL
    loaded = new_state(SMALL, CPU)
    load_checkpoint(path, loaded)
    assert (loaded.step, loaded.tasks, loaded.seconds) == (3, 12, 1.5)
    assert torch.equal(loaded.generator.get_state(), state.generator.get_state())


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.pt does not exist"):
        settings_of(tmp_path / "none.pt")


def test_training_can_begin_with_given_weights() -> None:
    given = UniverSeg(8, 4)
    state = new_state(SMALL, CPU, start_from=given)
    assert all(
        torch.equal(one, other)
        for one, other in zip(given.parameters(), state.network.parameters(), strict=True)
    )
