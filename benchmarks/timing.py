"""Timing of functions on any device, their arithmetic, and the ceiling that a convolution sets."""

import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from core.network.processor import bfloat16_is_faster


def describe(device: torch.device) -> dict[str, Any]:
    """Name the machine as far as timings depend on it."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = platform.processor() or platform.machine()
        for line in Path("/proc/cpuinfo").read_text().splitlines() if _linux() else []:
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
    return {
        "name": name,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "bfloat16": bfloat16_is_faster(device),
        "load_average": _load_average(),
    }


def rearranged_gflop(support: int, features: int, side: int) -> float:
    """Count the rearranged arithmetic of one query, convolutions only, after encoding."""
    full = 2 * 9 * features * features * side * side
    small = full / features
    # First block: W on query alone and on query with mean pair, A, and B on the query's part.
    query = small + 3 * small + 2 * full
    # Inner blocks: W_u and A; in the decoder W_u sees twice the channels. Then the last block.
    query += 2 * full * (1 / 4 + 1 / 16 + 1 / 64) + 3 * full * (1 / 16 + 1 / 4) + (4 + 1) * full
    # Every example: W_v and B; in the decoder W_v sees twice the channels.
    example = 2 * full * (1 / 4 + 1 / 16 + 1 / 64) + 3 * full * (1 / 16 + 1 / 4)
    return (query + support * example) / 1e9


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


def _linux() -> bool:
    return sys.platform.startswith("linux")


def _load_average() -> list[float]:
    return [round(load, 1) for load in os.getloadavg()]
