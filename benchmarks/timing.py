"""Timing of functions on any device, and the ceiling that a convolution sets."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch


def convolver(
    device: torch.device, dtype: torch.dtype, features: int, side: int
) -> tuple[Callable[[], Any], float]:
    """Give a 3×3 convolution of square maps, in the batch that is fastest, and its GFLOP."""
    weight = torch.randn(features, features, 3, 3, device=device, dtype=dtype)
    weight = weight.contiguous(memory_format=torch.channels_last)
    candidates = []
    for count in (1, 4, 8) if device.type == "cpu" else (16, 64, 256):
        maps = torch.randn(count, features, side, side, device=device, dtype=dtype)
        maps = maps.contiguous(memory_format=torch.channels_last)

        def run(maps: torch.Tensor = maps) -> torch.Tensor:
            with torch.inference_mode():
                return torch.nn.functional.conv2d(maps, weight, padding=1)

        gflop = 2 * 9 * features**2 * side**2 * count / 1e9
        seconds, _ = take_turns({"": run}, 15, device)
        candidates.append((gflop / seconds[""], run, gflop))
    _, run, gflop = max(candidates, key=lambda candidate: candidate[0])
    return run, gflop


def take_turns(
    runs: dict[str, Callable[[], Any]], repeats: int, device: torch.device
) -> tuple[dict[str, float], dict[str, Any]]:
    """Run each in turn, again and again; median seconds and last answers."""
    answers = {name: run() for name, run in runs.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            synchronize(device)
            started = time.perf_counter()
            answers[name] = run()
            synchronize(device)
            seconds[name].append(time.perf_counter() - started)
    return {name: median(times) for name, times in seconds.items()}, answers


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Run once; the answer and the seconds."""
    started = time.perf_counter()
    answer = run()
    return answer, time.perf_counter() - started


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Distance from what was expected, as a share of its norm."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))
