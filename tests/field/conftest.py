"""Cases of the field: small inputs rebuilt from public fault reports of other programs."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def field_case(shared_data: Path) -> Callable[[str], Path]:
    """Return the folder of a case by its name."""

    def folder_of(name: str) -> Path:
        folder = shared_data / "field" / name
        assert folder.is_dir(), f"no case of this name in {folder.parent}"
        return folder

    return folder_of
