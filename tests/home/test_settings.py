"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.home.settings import VARIABLES, SettingsError, home_folder, read_settings


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


@pytest.mark.parametrize("named", ["@example.org", "anna,,ben", "anna ben"])
def test_administrators_are_named_one_by_one(tmp_path: Path, named: str) -> None:
    given = {"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_ADMINISTRATORS": named}
    with pytest.raises(SettingsError, match="SLICEWISE_ADMINISTRATORS must be names"):
        read_settings(given)


def test_administrators_are_compared_in_small_letters(tmp_path: Path) -> None:
    given = {"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_ADMINISTRATORS": "Anna@Example.org, ben"}
    assert read_settings(given).administrators == ("anna@example.org", "ben")


@pytest.mark.parametrize("editor", ["vi", "Slice editor", "SIMPLE"])
def test_an_unknown_editor_is_refused(tmp_path: Path, editor: str) -> None:
    with pytest.raises(SettingsError, match="slice-editor or simple"):
        read_settings({"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_EDITOR": editor})


def test_empty_variables_count_as_not_set(tmp_path: Path) -> None:
    given = {"SLICEWISE_HOME": str(tmp_path)}
    empty = dict.fromkeys(VARIABLES, "") | given
    assert read_settings(empty) == read_settings(given)


def test_the_home_folder_is_the_same_for_pages_and_commands() -> None:
    assert home_folder({}) == Path.home() / ".slicewise"
    assert home_folder({"SLICEWISE_HOME": "~/elsewhere"}) == Path.home() / "elsewhere"


@pytest.mark.parametrize(("configured", "days"), [("", None), ("30", 30), ("0.5", 0.5)])
def test_the_lifetime_of_copies_comes_from_the_environment(
    tmp_path: Path, configured: str, days: float | None
) -> None:
    expected = None if days is None else timedelta(days=days)
    environment = {"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_UPLOAD_DAYS": configured}
    assert read_settings(environment).upload_lifetime == expected


@pytest.mark.parametrize("configured", ["0", "-1", "soon", "nan", "1e99"])
def test_a_lifetime_that_is_no_number_of_days_is_refused(tmp_path: Path, configured: str) -> None:
    with pytest.raises(SettingsError, match="SLICEWISE_UPLOAD_DAYS must be a positive number"):
        read_settings({"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_UPLOAD_DAYS": configured})


@pytest.mark.parametrize(
    "named",
    [
        "elsewhere",
        "processes:0",
        "processes:many",
        "processes:",
        "ray+http://proposals.example.org",
        "ray+https://",
        "ray+ftp://127.0.0.1",
        "ray+https://name:password@example.org",
        "ray+https://example.org:port",
    ],
)
def test_an_impossible_place_for_proposals_is_refused(tmp_path: Path, named: str) -> None:
    given = {"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_PROPOSALS": named}
    with pytest.raises(SettingsError, match="SLICEWISE_PROPOSALS must be in-process, processes"):
        read_settings(given)


def test_a_proposal_service_needs_its_secret(tmp_path: Path) -> None:
    given = {
        "SLICEWISE_HOME": str(tmp_path),
        "SLICEWISE_PROPOSALS": "ray+https://proposals.example.org:8600/",
    }
    with pytest.raises(SettingsError, match="SLICEWISE_PROPOSALS_TOKEN must have the secret"):
        read_settings(given)
    with pytest.raises(SettingsError, match="16 characters"):
        read_settings(given | {"SLICEWISE_PROPOSALS_TOKEN": "short"})
    settings = read_settings(given | {"SLICEWISE_PROPOSALS_TOKEN": "0123456789abcdef"})
    assert settings.proposals.address == "https://proposals.example.org:8600"
    assert "0123456789abcdef" not in repr(settings)


def test_what_computes_while_the_service_is_gone_can_only_be_this_process(tmp_path: Path) -> None:
    given = {"SLICEWISE_HOME": str(tmp_path), "SLICEWISE_PROPOSALS_FALLBACK": "processes"}
    with pytest.raises(SettingsError, match="SLICEWISE_PROPOSALS_FALLBACK must be in-process"):
        read_settings(given)
