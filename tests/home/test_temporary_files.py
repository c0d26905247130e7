"""Temporary files lie under the home, for its owner alone."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.home.temporary_files import keep_temporary_files_in, temporary_folder


@pytest.fixture(autouse=True)
def usual_place() -> Iterator[None]:
    """Put back where this process makes temporary files."""
    before = tempfile.tempdir
    yield
    tempfile.tempdir = before


def test_whatever_makes_temporary_files_makes_them_there(tmp_path: Path) -> None:
    keep_temporary_files_in(tmp_path)
    with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
        assert {Path(file.name).parent, Path(folder).parent} == {temporary_folder(tmp_path)}
    assert temporary_folder(tmp_path).stat().st_mode & 0o077 == 0


def test_what_earlier_processes_left_is_deleted_after_a_day(tmp_path: Path) -> None:
    folder = temporary_folder(tmp_path)
    for name, age in (("old", 2), ("young", 0.5)):
        (folder / name).mkdir()
        (folder / name / "file").write_bytes(b"left")
        moment = folder.stat().st_mtime - age * 86400
        os.utime(folder / name, (moment, moment))
    keep_temporary_files_in(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["young"]
