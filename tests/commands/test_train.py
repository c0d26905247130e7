"""`python -m core train`: from a recipe to weights that can be used."""

from pathlib import Path

import pytest
import torch

from core.__main__ import main
from core.network.definition import UniverSeg
from core.network.engine import load_engine
from core.network.guidance import GUIDANCE_CHANNELS
from core.network.weights import load_weights, save_weights
from core.training.checkpoint import CHECKPOINT

RECIPE = """
features = 8
steps = 2
batches_per_step = 1
pixels_per_batch = 10_000
sides = [32]
side_weights = [1.0]
support_sizes = [2]
support_weights = [1.0]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def test_a_run_can_be_carried_on_and_exported(
    tmp_path: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, weights = tmp_path / "run", tmp_path / "own.safetensors"
    command = ["train", str(folder), "--config", str(recipe), "--device", "cpu"]
    assert main(command) == 0
    assert (folder / CHECKPOINT).is_file()
    # A run that is resumed keeps its own settings, so the recipe need not be named again.
    more = ["--resume", "--steps", "3", "--export", str(weights), "--name", "mine"]
    assert main(["train", str(folder), "--device", "cpu", *more]) == 0
    assert "step 3/3" in capsys.readouterr().out
    engine = load_engine(weights)
    assert engine.weights.name == "mine"
    assert engine.weights.card["licence"] == "Apache-2.0"


def test_other_weights_can_be_mixed_into_what_is_exported(tmp_path: Path, recipe: Path) -> None:
    torch.manual_seed(1)
    other = tmp_path / "other.safetensors"
    save_weights(UniverSeg(8, GUIDANCE_CHANNELS), other, {"name": "other", "licence": "CC0-1.0"})
    command = ["train", str(tmp_path / "run"), "--device", "cpu", "--config", str(recipe)]
    plain, mixed = tmp_path / "plain.safetensors", tmp_path / "mixed.safetensors"
    assert main([*command, "--export", str(plain)]) == 0
    more = ["--resume", "--export", str(mixed), "--mix-with", str(other), "0.25"]
    assert main([*command, *more]) == 0
    parameters = [list(load_weights(one).network.parameters()) for one in (other, plain, mixed)]
    for first, last, between in zip(*parameters, strict=True):
        assert torch.allclose(between, 0.25 * first + 0.75 * last, atol=1e-3)
    assert load_weights(mixed).card["mixed with"] == "other, share 0.25"


def test_weights_of_another_size_cannot_be_mixed_in(
    tmp_path: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(tmp_path / "run"), "--device", "cpu", "--config", str(recipe)]
    export = ["--export", str(tmp_path / "own.safetensors"), "--mix-with", "default"]
    assert main([*command, *export, "0.5"]) == 2
    assert "other numbers of features" in capsys.readouterr().err
    for share in ("much", "1.5", "nan"):
        assert main([*command, "--resume", *export, share]) == 2
        assert "expected a number from 0 to 1" in capsys.readouterr().err


def test_mistakes_are_explained_in_one_line(
    tmp_path: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(tmp_path / "run")
    assert main(["train", run, "--config", str(recipe), "--resume"]) == 2
    assert "no run to resume" in capsys.readouterr().err
    recipe.write_text("colour = 3")
    assert main(["train", run, "--config", str(recipe)]) == 2
    assert "unknown settings" in capsys.readouterr().err
    assert main(["train", run, "--config", str(tmp_path / "absent.toml")]) == 2
    assert "absent.toml" in capsys.readouterr().err
    recipe.unlink()
    for options, message in (
        (["--minutes", "nan"], "--minutes: got nan; expected more than 0"),
        (["--minutes", "inf"], "--minutes: got inf; expected more than 0"),
        (["--export", str(tmp_path / "none" / "own.safetensors")], "not a folder"),
        (["--config", str(tmp_path)], f"{tmp_path}: Is a directory."),
    ):
        assert main(["train", run, *options]) == 2
        said = capsys.readouterr().err
        assert message in said and said.count("\n") == 1
