"""Settings from the environment."""

from pathlib import Path

import pytest

from core.home.settings import SettingsError, read_settings


def test_a_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    settings = read_settings({"SLICEWISE_HOME": str(home)})
    assert settings.home == home
    assert home.stat().st_mode & 0o077 == 0
    assert str(home) in settings.database
    assert (settings.weights, settings.device) == ("default", "auto")


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "SLICEWISE_HOME": str(tmp_path),
            "SLICEWISE_DATABASE": "postgresql+psycopg://db/slicewise",
            "SLICEWISE_WEIGHTS": "/weights.safetensors",
            "SLICEWISE_DEVICE": "cuda",
        }
    )
    assert settings.database == "postgresql+psycopg://db/slicewise"
    assert (settings.weights, settings.device) == ("/weights.safetensors", "cuda")


def test_a_home_that_is_a_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="choose another and start Slicewise again"):
        read_settings({"SLICEWISE_HOME": str(tmp_path / "file")})


def test_an_unknown_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="auto, cpu or cuda"):
        read_settings({"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_DEVICE": "tpu"})
