"""Predictions that several threads ask for at the same time, as strokes and jobs do."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import torch
from core.network.engine import load_engine

torch.set_num_threads(2)
engine = load_engine(device="cpu", precision="float32")
images = np.random.default_rng(3).random((4, 64, 64), dtype=np.float32)
examples = engine.encode(images, images > 0.6)
alone = engine.predict(images, examples)
ready = Barrier(4)

def predict(number):
    ready.wait()
    return [engine.predict(images, engine.encode(images, images > 0.6)) for _ in range(3)]

with ThreadPoolExecutor(4) as pool:
    for results in pool.map(predict, range(4)):
        assert all(np.allclose(result, alone, atol=1e-4) for result in results)
print("all the same")
"""


CORES = """
import time

import numpy as np
import torch
from core.network.cores import on_cores
from core.network.engine import load_engine

torch.set_num_threads(2)
engine = load_engine(device="cpu", precision="float32")

def threads(number):
    time.sleep(0.05)
    return torch.get_num_threads()

images = np.random.default_rng(3).random((4, 64, 64), dtype=np.float32)
engine.predict(images, engine.encode(images, images > 0.6))
print(torch.get_num_threads(), *on_cores(threads, range(4)))
"""


def test_predictions_leave_every_core_to_one_thread() -> None:
    environment = {**os.environ, "NUMBA_NUM_THREADS": "2"}
    answer = subprocess.run(
        [sys.executable, "-c", CORES], env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["2", "1", "1", "1", "1"]


@pytest.mark.parametrize("layer", ["workqueue", "default"])
def test_predictions_of_several_threads_at_once_end_and_are_the_same(layer: str) -> None:
    # Without OpenMP or TBB, Numba has its own threads, which two callers at once abort.
    environment = {**os.environ, "NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "all the same"
