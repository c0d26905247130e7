"""The beginning of a run, and its checkpoints."""

from pathlib import Path

import pytest
import torch

from core.network.definition import UniverSeg
from core.network.guidance import GUIDANCE_CHANNELS
from core.training.checkpoint import (
    join_checkpoint,
    load_checkpoint,
    new_state,
    save_checkpoint,
    settings_of,
    split_checkpoint,
)
from core.training.settings import TrainingSettings

CPU = torch.device("cpu")
SMALL = TrainingSettings(features=8)


def test_a_checkpoint_holds_the_state_and_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    state = new_state(SMALL, CPU)
    state.step, state.tasks, state.seconds = 3, 12, 1.5
    save_checkpoint(path, state, SMALL)
    assert settings_of(path) == SMALL
    loaded = new_state(SMALL, CPU)
    load_checkpoint(path, loaded)
    assert (loaded.step, loaded.tasks, loaded.seconds) == (3, 12, 1.5)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.pt does not exist"):
        settings_of(tmp_path / "none.pt")


def test_training_can_begin_with_given_weights() -> None:
    given = UniverSeg(8, GUIDANCE_CHANNELS)
    state = new_state(SMALL, CPU, start_from=given)
    assert all(
        torch.equal(one, other)
        for one, other in zip(given.parameters(), state.network.parameters(), strict=True)
    )


def test_a_checkpoint_survives_being_split_and_joined(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    large = TrainingSettings(features=32)
    save_checkpoint(path, new_state(large, CPU), large)
    whole = path.read_bytes()
    assert len(whole) > 2 * 2**20
    parts = split_checkpoint(path, 1)
    assert [part.stat().st_size for part in parts[:-1]] == [2**20] * (len(parts) - 1)
    # A smaller checkpoint leaves no parts of the larger one behind.
    save_checkpoint(path, new_state(SMALL, CPU), SMALL)
    assert len(split_checkpoint(path, 1)) < len(parts)
    path.write_bytes(whole)
    split_checkpoint(path, 1)
    path.unlink()
    join_checkpoint(path)
    assert path.read_bytes() == whole


def test_a_checkpoint_that_is_there_is_not_replaced_by_parts(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, new_state(SMALL, CPU), SMALL)
    before = path.read_bytes()
    (tmp_path / "checkpoint.pt.000").write_bytes(b"older")
    join_checkpoint(path)
    assert path.read_bytes() == before


def test_a_checkpoint_of_a_network_that_was_told_less_says_so(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    state = new_state(SMALL, CPU)
    state.network, state.average = UniverSeg(8, 4), UniverSeg(8, 4)
    save_checkpoint(path, state, SMALL)
    with pytest.raises(ValueError, match="4 guidance channels; expected 12"):
        load_checkpoint(path, new_state(SMALL, CPU))
