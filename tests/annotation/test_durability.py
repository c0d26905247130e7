"""A mask that was reported as saved survives the end of the process that reported it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.annotation.store import AnnotationStore
from tests.support.stored_series import SERIES, prepare, square

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL, which Windows lacks")
@pytest.mark.parametrize("acknowledged", [1, 2, 9])
def test_killing_the_process_right_after_put_returned_loses_nothing(
    url: str, acknowledged: int
) -> None:
    prepare(url).close()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_processes", url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(acknowledged):
        said = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    # What was said between the last line read and the kill counts as well.
    rest = [int(line) for line in process.stdout.read().split("\n")[:-1]]
    assert process.wait(timeout=30) == -signal.SIGKILL
    said = rest[-1] if rest else said

    store = AnnotationStore(url)
    stored = store.slice(SERIES, 1, 3)
    # The process may have stored one more than it came to say.
    assert stored.version in (said, said + 1)
    assert np.array_equal(stored.mask, square(1 + (stored.version - 1) % 8))
    assert store.undo(SERIES, "anna") == [(1, 3)]
