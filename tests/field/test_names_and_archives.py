"""Zip archives of other systems, and names that are no UTF-8."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.__main__ import main
from core.dicom.reading import look_through
from tests.support.synthetic_series import PLACEMENTS, write_series

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of temporary files, to see what is left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_an_archive_is_listed_as_a_folder(
    field_case: Callable[[str], Path], temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = field_case("read_27_zip_from_windows_and_mac") / "input" / "nested.zip"
    assert main(["info", str(archive)]) == 0
    assert "slices       4 of " in capsys.readouterr().out
    assert not list(temporary.iterdir())


def test_messages_name_the_archive(
    tmp_path: Path, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], slices=2)
    archive = shutil.make_archive(str(tmp_path / "scan"), "zip", tmp_path / "series")
    output = tmp_path / "out.nii.gz"
    arguments = ["convert", archive, str(tmp_path / "none.dcm"), str(output), "--series", "1.2"]
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"{archive} holds no series 1.2")
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.UTF-8"])
def test_a_name_that_is_no_utf_8_ends_no_listing(tmp_path: Path, locale: str) -> None:
    folder = tmp_path / os.fsdecode(b"scan\xff\xfe\n")
    write_series(folder, PLACEMENTS[0], slices=3)
    broken = min(folder.iterdir())
    broken.write_bytes(broken.read_bytes()[:-100])
    done = subprocess.run(
        [sys.executable, "-m", "core", "info", os.fsencode(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"scan\xff\xfe\n/IM" in done.stdout.splitlines()[-1]


def test_sentences_with_such_names_can_be_sent_to_a_browser(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"scan\xff\xfe")
    write_series(folder, PLACEMENTS[0], slices=3)
    broken = min(folder.iterdir())
    broken.write_bytes(broken.read_bytes()[:-100])
    findings = look_through(folder)
    (sentence,) = findings.series[0].damaged
    assert findings.skipped[0].reason == sentence
    assert sentence.encode("utf-8").startswith(rb"scan\xff\xfe/IM")
