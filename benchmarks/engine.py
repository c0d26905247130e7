"""How fast and how exact is the engine, against the plain definition on the same machine?

    python -m benchmarks.engine [--json FILE] [--device auto|cpu|cuda] [--threads N] [--brief]

Everything is measured in one run: plain definition (float32, eager, TF32 off) and engine take
turns, and the medians are compared. The rate of the engine counts only the rearranged arithmetic
and is compared with a 64→64 3×3 convolution at 128² in the same precision. Memory is measured in
processes of their own. Weights are random with 64 features, as published: the time does not depend
on them.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.timing import (
    convolver,
    describe,
    rearranged_gflop,
    relative_error,
    take_turns,
    timed,
)
from benchmarks.whole_series import measure_series
from core.network.definition import UniverSeg
from core.network.engine import EncodedExample, Engine
from core.network.processor import bfloat16_is_faster, choose_device
from core.network.weights import Weights

SIDE = 128
FEATURES = 64
SUPPORT = (16, 64)
REPEATS = {16: 7, 64: 3}


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, help="processor threads; all by default")
    parser.add_argument("--brief", action="store_true", help="no memory and no whole job")
    parser.add_argument(
        "--memory-of", nargs=2, metavar=("WHICH", "SUPPORT"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.memory_of:
        which, support = arguments.memory_of
        print(json.dumps(peak_mib(which, int(support))))
        return
    device = choose_device(arguments.device)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    report: dict[str, Any] = {"device": describe(device)}
    print(json.dumps(report["device"], indent=1), flush=True)
    report |= measure_support(device)
    if not arguments.brief:
        report["peak_mib"] = {
            f"{which}_{support}": memory_in_a_process(which, support)
            for which, support in (("plain", 64), ("engine", 64), ("engine", 512))
        }
        print(json.dumps(report["peak_mib"], indent=1), flush=True)
        report["series_100"] = measure_series(device)
        print(json.dumps(report["series_100"], indent=1), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


def measure_support(device: torch.device) -> dict[str, Any]:
    """Compare plain definition and engine at every number of examples, taking turns."""
    torch.manual_seed(0)
    network = UniverSeg(FEATURES).eval().requires_grad_(False)
    precisions = {"float32": torch.float32}
    if bfloat16_is_faster(device):
        precisions["bfloat16"] = torch.bfloat16
    convolvers = {
        name: convolver(device, dtype, FEATURES, SIDE) for name, dtype in precisions.items()
    }
    random = np.random.default_rng(0)
    images = random.random((max(SUPPORT), SIDE, SIDE), dtype=np.float32)
    labels = (random.random(images.shape) > 0.5).astype(np.float32)
    query = random.random((1, SIDE, SIDE), dtype=np.float32)
    engines = {
        name: Engine(Weights(network, "random"), device, dtype)
        for name, dtype in precisions.items()
    }
    plain = plain_predictor(network, device, query, images, labels)
    result: dict[str, Any] = {"support": {}, "encode_s": {}}
    encoded = {}
    for name, engine in engines.items():
        engine.predict(query, engine.encode(images[:1], labels[:1]))
        encoded[name], encode_s = timed(partial(engine.encode, images, labels))
        result["encode_s"][name] = encode_s / len(images)
    error = 0.0
    for support in SUPPORT:
        runs: dict[str, Callable[[], Any]] = {"plain": partial(plain, support)}
        convolved: dict[str, float] = {}
        for name, engine in engines.items():
            runs[name] = predictor(engine, query, encoded[name][:support])
            # As much arithmetic as the engine's, so that whatever disturbs one disturbs the other.
            run, gflop = convolvers[name]
            times = max(1, round(rearranged_gflop(support, FEATURES, SIDE) / gflop))
            runs[f"{name} ceiling"] = repeated(run, times)
            convolved[name] = gflop * times
        seconds, answers = take_turns(runs, REPEATS[support], device)
        error = max(error, relative_error(answers["float32"], answers["plain"]))
        row: dict[str, Any] = {"plain_s": seconds["plain"]}
        row |= {"ceiling_gflops": {}, "ceiling_share": {}}
        for name in engines:
            row[f"{name}_s"] = seconds[name]
            row[f"{name}_ratio"] = seconds["plain"] / seconds[name]
            ceiling = convolved[name] / seconds[f"{name} ceiling"]
            row["ceiling_gflops"][name] = ceiling
            reached = rearranged_gflop(support, FEATURES, SIDE) / seconds[name]
            row["ceiling_share"][name] = reached / ceiling
        if device.type == "cuda":
            row |= batched(engines, encoded, support, seconds["plain"], device)
        result["support"][str(support)] = row
        print(support, json.dumps(row, indent=1), flush=True)
    return result | {"max_rel_error": error}


def repeated(run: Callable[[], Any], times: int) -> Callable[[], None]:
    """Run several times in a row."""

    def run_all() -> None:
        for _ in range(times):
            run()

    return run_all


def plain_predictor(
    network: UniverSeg,
    device: torch.device,
    query: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
) -> Callable[[int], np.ndarray]:
    """Give the plain definition in float32 as a function of the number of examples."""
    plain = UniverSeg(FEATURES).eval().to(device)
    plain.load_state_dict(network.state_dict())
    asked = torch.as_tensor(query, device=device)[:, None]
    shown = [torch.as_tensor(part, device=device)[None, :, None] for part in (images, labels)]

    def predict(support: int) -> np.ndarray:
        with torch.inference_mode():
            logits = plain(asked, shown[0][:, :support], shown[1][:, :support])
        return logits[:, 0].cpu().numpy()

    return predict


def predictor(
    engine: Engine, queries: np.ndarray, examples: list[EncodedExample]
) -> Callable[[], np.ndarray]:
    """Give the engine as a function of nothing."""
    return lambda: engine.predict(queries, examples)


def batched(
    engines: dict[str, Engine],
    encoded: dict[str, list[EncodedExample]],
    support: int,
    plain_s: float,
    device: torch.device,
) -> dict[str, Any]:
    """Measure many queries at once, which is what keeps a graphics card busy."""
    queries = np.random.default_rng(1).random((64, SIDE, SIDE), dtype=np.float32)
    row: dict[str, Any] = {}
    for name, engine in engines.items():
        run = predictor(engine, queries, encoded[name][:support])
        seconds, _ = take_turns({"": run}, 5, device)
        row[f"{name}_slices_per_second"] = len(queries) / seconds[""]
        row[f"{name}_batched_ratio"] = plain_s * len(queries) / seconds[""]
    return row


def memory_in_a_process(which: str, support: int) -> dict[str, float]:
    """Measure peak memory in a process of its own, on the processor."""
    command = [sys.executable, __file__, "--memory-of", which, str(support)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def peak_mib(which: str, support: int) -> dict[str, float]:
    """Predict one slice; peak resident memory in all, and beyond weights and encoded examples."""
    network = UniverSeg(FEATURES).eval().requires_grad_(False)
    images = np.zeros((support, SIDE, SIDE), dtype=np.float32)
    query = images[:1]
    cpu = torch.device("cpu")
    if which == "plain":
        predict = plain_predictor(network, cpu, query, images, images)
        before = _memory_mib("VmRSS")
        predict(support)
    else:
        engine = Engine(Weights(network, "random"), cpu, torch.float32)
        engine.predict(query, engine.encode(images[:1], images[:1]))
        examples = engine.encode(images, images)
        before = _memory_mib("VmRSS")
        engine.predict(query, examples)
    # What getrusage calls the peak begins with that of the process this one was started from.
    peak = _memory_mib("VmHWM")
    return {"total": round(peak), "beyond_examples": round(peak - before)}


def _memory_mib(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {name} in /proc/self/status")


if __name__ == "__main__":
    main()
