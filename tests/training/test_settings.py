"""Settings of a training run."""

from pathlib import Path

import pytest

from core.training.settings import TrainingSettings, plain, read_settings, settings_from

RECIPE = Path(__file__).parents[2] / "core" / "training" / "recipes" / "default.toml"


def test_the_recipe_in_the_project_is_the_default() -> None:
    assert read_settings(RECIPE) == TrainingSettings()


def test_settings_survive_being_written_plainly() -> None:
    settings = TrainingSettings(steps=7, sides=(64,), side_weights=(1.0,))
    assert settings_from(plain(settings)) == settings


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text("steps = 3\n")
    assert read_settings(path) == TrainingSettings(steps=3)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("steps = ", "not a TOML file"),
        ("stepps = 3", "stepps"),
        ("steps = 'many'", "steps: got 'many'"),
        ("steps = true", "steps: got True"),
        ("sides = 64", "sides: got 64"),
        ("sides = [60, 96, 128]", "multiples of 8"),
        ("sides = [64]", "as many numbers"),
        ("support_sizes = [0, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64]", "support_sizes"),
        ("steps = 0", "steps"),
        ("registry = 3", "registry: got 3"),
        ("registry_share = 1.5", "registry_share: got 1.5"),
        ("synthetic_intensities_share = -1", "synthetic_intensities_share: got -1"),
    ],
)
def test_impossible_settings_are_refused_with_a_reason(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_settings(path)
