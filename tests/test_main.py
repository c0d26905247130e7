"""The command line as a whole: interruptions, and what the system refuses."""

import importlib
from pathlib import Path
from typing import NoReturn

import pytest

from core.__main__ import main


def interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_an_interruption_while_libraries_are_loaded_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib, "import_module", interrupted)
    assert main(["info", "."]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_an_interruption_of_the_work_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.commands.info.run", interrupted)
    assert main(["info", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_refusal_of_the_system_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["train", str(tmp_path / "file"), "--steps", "1"]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'file'}: File exists.\n"
