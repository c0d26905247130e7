"""What several parts of the test suite need: development data, and programs that are not ours.

A missing piece skips the test with a line that says how to get it. Under ``CI`` it fails instead,
so that no test goes missing unnoticed.
"""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def _program(name: str, how: str) -> str:
    found = shutil.which(name, path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        _missing(f"{name} is not installed; {how}")
    return str(found)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the development data: SLICEWISE_DATA, or shared/data beside the project."""
    folder = Path(os.environ.get("SLICEWISE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        _missing(f"no development data in {folder}; set SLICEWISE_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to drive."""
    return _program("chromium", "on Debian: sudo apt-get install chromium")


@pytest.fixture(scope="session")
def dciodvfy() -> str:
    """Path of the DICOM validator of dicom3tools."""
    return _program("dciodvfy", "on Debian: sudo apt-get install dicom3tools")


@pytest.fixture(scope="session")
def segimage2itkimage() -> str:
    """Path of dcmqi's converter from DICOM-SEG to volumes."""
    return _program("segimage2itkimage", "install it with: pip install dcmqi")
