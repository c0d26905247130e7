"""A small disk in memory, which can be filled and made larger."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted_disk(size: str) -> Iterator[Path]:
    """Mount an empty disk of a size, such as "1m"; skips the test where that is not allowed."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _mount(folder, f"size={size}", "-t", "tmpfs")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no disk can be mounted here, which root may: {error}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def grow(disk: Path, size: str) -> None:
    """Give a mounted disk another size, such as "8m"."""
    _mount(str(disk), f"remount,size={size}")


def make_read_only(disk: Path) -> None:
    """Let a mounted disk be read only."""
    _mount(str(disk), "remount,ro")


def _mount(folder: str, options: str, *kind: str) -> None:
    subprocess.run(["mount", *kind, "-o", options, "tmpfs", folder], check=True)
