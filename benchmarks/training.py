"""How fast is training, and where does the time go?

    python -m benchmarks.training [--json FILE] [--device auto|cpu|cuda] [--config RECIPE.toml]
                                  [--registry REGISTRY] [--batches N] [--repeats N]

Batches are drawn as the recipe draws them. For every batch, making it, the step (forward pass,
loss and gradients, bfloat16) and the ceiling take turns, so that whatever disturbs one disturbs the
others; medians are added up over the batches. The ceiling is the rate of a convolution as wide as
the network's, forward and backward, in the same precision; the step's arithmetic is counted by
PyTorch, operation by operation, and its share of the ceiling is that of the rearranged arithmetic.

On a processor everything is measured on one thread, as every core computes batches of its own in
training; `loop` is the rate of the whole loop on all threads.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from collections.abc import Generator as GeneratorOf
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Generator
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.timing import describe, synchronize
from core.network.processor import choose_device
from core.training.checkpoint import new_state
from core.training.gradients import MakeBatch, batch_gradients
from core.training.loop import train
from core.training.mixing import recipe_batches
from core.training.plan import BatchPlan, plan_step
from core.training.settings import TrainingSettings, read_settings
from core.training.tasks import Batch


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--config", type=Path, metavar="RECIPE.toml", help="settings of the run")
    parser.add_argument("--registry", metavar="REGISTRY", help="time batches of a registry alone")
    parser.add_argument("--batches", type=int, default=16, help="batches to draw")
    parser.add_argument("--repeats", type=int, default=3, help="turns for each")
    parser.add_argument("--steps", type=int, default=8, help="steps of the whole loop; 0 for none")
    arguments = parser.parse_args()
    settings = read_settings(arguments.config) if arguments.config else TrainingSettings()
    if arguments.registry:
        settings = replace(settings, registry=arguments.registry, registry_share=1.0)
    device = choose_device(arguments.device)
    report: dict[str, Any] = {"device": describe(device), "features": settings.features}
    if arguments.steps:
        report["loop"] = measure_loop(settings, device, arguments.steps)
    if device.type == "cpu":
        torch.set_num_threads(1)
    report |= measure_batches(settings, device, arguments.batches, arguments.repeats)
    print(json.dumps(report, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


def measure_loop(settings: TrainingSettings, device: torch.device, steps: int) -> dict[str, float]:
    """Tasks per second of the whole loop, after a first step that warms up."""
    # One step more than is done: the last one would be validated.
    settings = replace(settings, steps=steps + 2, validation_every=steps + 2)
    with tempfile.TemporaryDirectory() as folder:
        run = train(settings, Path(folder), device=device)
        assert isinstance(run, GeneratorOf)
        begun, first = time.perf_counter(), next(run)
        begun = time.perf_counter()
        for progress in run:
            if progress.step == steps + 1:
                break
        run.close()
    seconds = time.perf_counter() - begun
    tasks = progress.tasks - first.tasks
    return {"tasks": tasks, "seconds": seconds, "tasks_per_second": tasks / seconds}


def measure_batches(
    settings: TrainingSettings, device: torch.device, batches: int, repeats: int
) -> dict[str, Any]:
    """Times of making batches and of steps, and the step's share of the ceiling."""
    state = new_state(settings, device)
    make = recipe_batches(settings, device)
    rows = []
    for step in range(batches):
        plan = plan_step(settings, step)[0]
        batch = made(make, plan, device)
        with FlopCounterMode(display=False) as counter:
            batch_gradients(state.network, batch)
        convolve, gflop = convolver(settings.features, batch)
        runs: dict[str, Callable[[], Any]] = {
            "make": partial(made, make, plan, device),
            "step": partial(batch_gradients, state.network, batch),
            "ceiling": convolve,
        }
        seconds = take_turns(runs, repeats, device)
        rows.append(
            {"side": plan.side, "examples": plan.examples, "tasks": plan.tasks}
            | {f"{name}_s": value for name, value in seconds.items()}
            | {"gflop": counter.get_total_flops() / 1e9}
            | {"ceiling_gflops": gflop / seconds["ceiling"]}
        )
    total = {name: sum(row[name] for row in rows) for name in ("tasks", "make_s", "step_s")}
    at_ceiling = sum(row["gflop"] / row["ceiling_gflops"] for row in rows)
    both = total["make_s"] + total["step_s"]
    return {
        "batches": rows,
        "make_ms_per_task": 1000 * total["make_s"] / total["tasks"],
        "step_ms_per_task": 1000 * total["step_s"] / total["tasks"],
        "tasks_per_second": total["tasks"] / both,
        "making_to_step_ratio": total["make_s"] / total["step_s"],
        "ceiling_share": {"step": at_ceiling / total["step_s"], "all": at_ceiling / both},
    }


def made(make: MakeBatch, plan: BatchPlan, device: torch.device) -> Batch:
    """Make a planned batch, the same every time."""
    return make(Generator(device).manual_seed(plan.seed), plan)


def convolver(features: int, batch: Batch) -> tuple[Callable[[], Any], float]:
    """Give a 3×3 convolution of the network's width, forward and backward, and its GFLOP.

    It has the pictures of the batch's first block, as many as keep it under a second.
    """
    side, device = batch.query.shape[-1], batch.query.device
    count = min(batch.support.shape[0] * batch.support.shape[1], 64)
    maps = torch.randn(count, features, side, side, device=device, dtype=torch.bfloat16)
    maps = maps.contiguous(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(features, features, 3, 3, device=device, dtype=torch.bfloat16)
    weight = weight.contiguous(memory_format=torch.channels_last).requires_grad_()
    slope = torch.randn_like(maps)

    def run() -> Any:
        answer = torch.nn.functional.conv2d(maps, weight, padding=1)
        return torch.autograd.grad(answer, (maps, weight), slope)

    return run, 3 * 2 * 9 * features**2 * side**2 * count / 1e9


def take_turns(
    runs: dict[str, Callable[[], Any]], repeats: int, device: torch.device
) -> dict[str, float]:
    """Run each in turn, again and again, after once for nothing; median seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(repeats + 1):
        for name, run in runs.items():
            synchronize(device)
            started = time.perf_counter()
            run()
            synchronize(device)
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return {name: median(times) for name, times in seconds.items()}


if __name__ == "__main__":
    main()
