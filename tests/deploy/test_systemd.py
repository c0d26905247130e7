"""The units for systemd are what systemd takes, and start what is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pages.server.shutdown import PATIENCE_S
from tests.support.app_server import ROOT

UNITS = ("slicewise.service", "slicewise-expire.service", "slicewise-expire.timer")


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    assert program is not None
    for unit in UNITS:
        text = (ROOT / "deploy" / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/opt/slicewise", str(ROOT)))
    checked = subprocess.run(
        [program, "verify", str(tmp_path / name)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    assert not [line for line in checked.stderr.splitlines() if "slicewise" in line]


def test_there_is_time_to_store_proposals() -> None:
    unit = (ROOT / "deploy" / "slicewise.service").read_text()
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(seconds) > PATIENCE_S
