"""The training loop: batches of tasks in, a checkpoint and averaged weights out."""

import csv
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from core.home.whole_files import written_whole
from core.network.definition import NEGATIVE_SLOPE, UniverSeg
from core.network.guidance import GUIDANCE_CHANNELS
from core.training.forward import rearranged_forward
from core.training.loss import dice_by_task, segmentation_loss
from core.training.mixing import recipe_batches
from core.training.settings import TrainingSettings, plain, settings_from
from core.training.tasks import Batch, make_batch, without_guidance

CHECKPOINT = "checkpoint.pt"
LOG = "log.csv"

_VALIDATION_SEED = 7


@dataclass
class TrainingState:
    """All that a run needs to carry on as if it had never stopped.

    Attributes
    ----------
    network, average : UniverSeg
        The weights being trained and their moving average.
    optimizer : torch.optim.AdamW
        With its moments.
    generator : Generator
        Source of all randomness.
    step, tasks : int
        Optimiser steps and tasks done.
    seconds : float
        Time spent on them.
    """

    network: UniverSeg
    average: UniverSeg
    optimizer: torch.optim.AdamW
    generator: Generator
    step: int = 0
    tasks: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """What a run tells after every step.

    Attributes
    ----------
    step, steps, tasks : int
        Optimiser steps done and in all, and tasks done.
    loss : float
        Mean over the steps since the last validation.
    tasks_per_second : float
        Over the same steps.
    validation : Mapping of str to float
        Mean Dice by kind of validation; empty except after a validation.
    """

    step: int
    steps: int
    tasks: int
    loss: float
    tasks_per_second: float
    validation: Mapping[str, float]


def train(
    settings: TrainingSettings,
    folder: Path,
    *,
    resume: bool = False,
    start_from: UniverSeg | None = None,
    device: torch.device | None = None,
    validate: Callable[[UniverSeg], Mapping[str, float]] | None = None,
    batches: Callable[[Generator, int, int, int], Batch] | None = None,
) -> Iterator[Progress]:
    """Train, yielding after every step; stop iterating to stop training.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.
    folder : Path
        Where the checkpoint and the log are kept.
    resume : bool
        Carry on from the folder's checkpoint, with the same random stream.
    start_from : UniverSeg, optional
        Weights to begin with instead of random ones.
    device : torch.device, optional
        Where to train; by default a GPU if there is one.
    validate : callable, optional
        Further validation of the averaged weights: names and mean Dice.
    batches : callable, optional
        Makes a batch from (generator, tasks, examples, side); by default as the recipe says.

    Yields
    ------
    Progress
        After every step.

    Raises
    ------
    ValueError
        If there is nothing to resume, the checkpoint does not fit the settings, a run would be
        overwritten, or the recipe's registry cannot be used.
    """
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    make = batches or recipe_batches(settings)
    folder.mkdir(parents=True, exist_ok=True)
    state = new_state(settings, device, start_from)
    if resume:
        load_checkpoint(folder / CHECKPOINT, state)
    elif (folder / CHECKPOINT).exists():
        raise ValueError(f"{folder} holds a run already: resume it or choose another folder")
    losses: list[float] = []
    since, tasks_since = time.monotonic(), state.tasks
    with _workers(device) as pool:
        while state.step < settings.steps:
            begun = time.monotonic()
            losses.append(_step(settings, state, make, device, pool))
            state.seconds += time.monotonic() - begun
            elapsed = time.monotonic() - since
            validation: dict[str, float] = {}
            done = state.step == settings.steps
            if state.step % settings.validation_every == 0 or done:
                validation = _validate(state, settings, validate)
            progress = Progress(
                step=state.step,
                steps=settings.steps,
                tasks=state.tasks,
                loss=sum(losses) / len(losses),
                tasks_per_second=(state.tasks - tasks_since) / elapsed,
                validation=validation,
            )
            if validation:
                _log(folder / LOG, progress, state)
                losses.clear()
                since, tasks_since = time.monotonic(), state.tasks
            if state.step % settings.checkpoint_every == 0 or done:
                save_checkpoint(folder / CHECKPOINT, state, settings)
            yield progress


@contextmanager
def _workers(device: torch.device) -> Iterator[ThreadPoolExecutor]:
    """Threads that each compute a batch on a core of their own, or one thread for a GPU.

    On a CPU this is faster than sharing every operation among the cores, and another program that
    takes one core for a while does not hold up the other.
    """
    threads = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads if device.type == "cpu" else 1) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


def new_state(
    settings: TrainingSettings, device: torch.device, start_from: UniverSeg | None = None
) -> TrainingState:
    """Set a run up from its beginning."""
    torch.manual_seed(settings.seed)
    network = UniverSeg(settings.features, GUIDANCE_CHANNELS)
    _initialise(network)
    if start_from is not None:
        network.load_state_dict(start_from.state_dict())
    network = network.to(device)
    average = UniverSeg(settings.features, GUIDANCE_CHANNELS).to(device)
    average.load_state_dict(network.state_dict())
    generator = Generator(device)
    generator.manual_seed(settings.seed)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    return TrainingState(network, average, optimizer, generator)


def save_checkpoint(path: Path, state: TrainingState, settings: TrainingSettings) -> None:
    """Write a checkpoint; an interruption leaves the former one whole."""
    content = {
        "settings": plain(settings),
        "network": state.network.state_dict(),
        "average": state.average.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "generator": state.generator.get_state(),
        "step": state.step,
        "tasks": state.tasks,
        "seconds": state.seconds,
    }
    with written_whole(path) as unfinished:
        torch.save(content, unfinished)


def settings_of(path: Path) -> TrainingSettings:
    """Read the settings that a checkpoint was written with.

    Raises
    ------
    ValueError
        If there is no such checkpoint.
    """
    return settings_from(_content(path)["settings"])


def load_checkpoint(path: Path, state: TrainingState) -> None:
    """Fill a state from a checkpoint.

    Raises
    ------
    ValueError
        If there is no such checkpoint or it belongs to a network of another size.
    """
    content = _content(path)
    settings = settings_from(content["settings"])
    if settings.features != state.network.features:
        raise ValueError(
            f"{path} belongs to a network of {settings.features} features; "
            f"expected {state.network.features}"
        )
    state.network.load_state_dict(content["network"])
    state.average.load_state_dict(content["average"])
    state.optimizer.load_state_dict(content["optimizer"])
    state.generator.set_state(content["generator"])
    state.step, state.tasks = content["step"], content["tasks"]
    state.seconds = content["seconds"]


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"{path} does not exist: there is no run to resume")
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """Learning rate of a step: a linear warm-up, then a cosine down to the final rate."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    share = (step - settings.warmup_steps) / max(1, settings.steps - settings.warmup_steps)
    fall = 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    final = settings.final_learning_rate
    return final + (settings.learning_rate - final) * fall


def _initialise(network: UniverSeg) -> None:
    """Draw weights that keep the size of the signal from block to block."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and not name.startswith("guidance"):
            linear = "cross" in name or name.startswith("out")
            nn.init.kaiming_normal_(
                module.weight,
                a=NEGATIVE_SLOPE,
                nonlinearity="linear" if linear else "leaky_relu",
            )
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _drawn(generator: Generator, values: tuple[int, ...], weights: tuple[float, ...]) -> int:
    """Draw one of the values by its weight."""
    chances = torch.tensor(weights, device=generator.device)
    return values[int(torch.multinomial(chances, 1, generator=generator))]


@dataclass(frozen=True)
class BatchPlan:
    """Size and seed of a batch that is still to be made."""

    tasks: int
    examples: int
    side: int
    seed: int


def plan_batch(settings: TrainingSettings, generator: Generator) -> BatchPlan:
    """Draw what the next batch is to be."""
    side = _drawn(generator, settings.sides, settings.side_weights)
    examples = _drawn(generator, settings.support_sizes, settings.support_weights)
    tasks = max(1, round(settings.pixels_per_batch / ((examples + 4) * side * side)))
    seed = int(torch.randint(2**62, (1,), generator=generator, device=generator.device))
    return BatchPlan(tasks, examples, side, seed)


def batch_gradients(
    network: UniverSeg, batch: Batch, share: float = 1.0
) -> tuple[tuple[Tensor, ...], float]:
    """Compute a batch's loss and its gradients, in bfloat16.

    Parameters
    ----------
    network : UniverSeg
        What is trained; may be used by several threads at once.
    batch : Batch
        The tasks, on the network's device.
    share : float
        What the loss is multiplied with: the batch's share of a step.

    Returns
    -------
    tuple
        Gradients in the order of the network's parameters, and the loss.
    """
    with torch.autocast(batch.query.device.type, torch.bfloat16):
        logits = rearranged_forward(network, batch.query, batch.support, batch.guidance)
    loss = segmentation_loss(logits.float(), batch.label) * share
    found = torch.autograd.grad(
        loss, list(network.parameters()), allow_unused=True, materialize_grads=True
    )
    return found, float(loss.detach())


def _step(
    settings: TrainingSettings,
    state: TrainingState,
    make: Callable[[Generator, int, int, int], Batch],
    device: torch.device,
    pool: ThreadPoolExecutor,
) -> float:
    """Do one optimiser step and return its loss."""
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(settings, state.step)
    # Everything random is decided before the work is shared out, so that a run does not depend on
    # which thread is faster.
    planned = [plan_batch(settings, state.generator) for _ in range(settings.batches_per_step)]

    def gradients(plan: BatchPlan) -> tuple[tuple[Tensor, ...], float]:
        generator = Generator(device)
        generator.manual_seed(plan.seed)
        batch = make(generator, plan.tasks, plan.examples, plan.side)
        return batch_gradients(state.network, batch, 1 / settings.batches_per_step)

    results = list(pool.map(gradients, planned))
    for index, parameter in enumerate(state.network.parameters()):
        parameter.grad = torch.stack([found[index] for found, _ in results]).sum(dim=0)
    total = sum(loss for _, loss in results)
    state.tasks += sum(plan.tasks for plan in planned)
    nn.utils.clip_grad_norm_(state.network.parameters(), settings.gradient_norm)
    state.optimizer.step()
    state.optimizer.zero_grad()
    state.step += 1
    decay = min(settings.average_decay, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        for averaged, current in zip(
            state.average.parameters(), state.network.parameters(), strict=True
        ):
            averaged.lerp_(current, 1 - decay)
    return total


def _validate(
    state: TrainingState,
    settings: TrainingSettings,
    further: Callable[[UniverSeg], Mapping[str, float]] | None,
) -> dict[str, float]:
    """Mean Dice of the averaged weights on synthetic tasks never trained on, and what is asked."""
    generator = Generator(state.generator.device)
    generator.manual_seed(settings.seed + _VALIDATION_SEED)
    scores: dict[str, list[Tensor]] = {"population": [], "volume": [], "volume_guided": []}
    device = next(state.network.parameters()).device
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
        for _ in range(3):
            for name in ("population", "volume"):
                batch = make_batch(
                    generator, 16, 5, 64, volume_share=float(name == "volume"), guidance_share=1.0
                )
                variants = {name: without_guidance(batch)}
                if name == "volume":
                    variants["volume_guided"] = batch
                for key, variant in variants.items():
                    logits = rearranged_forward(
                        state.average, variant.query, variant.support, variant.guidance
                    )
                    scores[key].append(dice_by_task(logits, variant.label))
    means = {f"synthetic_{key}": float(torch.cat(all_).mean()) for key, all_ in scores.items()}
    return means | dict(further(state.average) if further else {})


def _log(path: Path, progress: Progress, state: TrainingState) -> None:
    """Add a line to the run's log."""
    row = {
        "step": progress.step,
        "tasks": progress.tasks,
        "seconds": round(state.seconds, 1),
        "loss": round(progress.loss, 5),
        "tasks_per_second": round(progress.tasks_per_second, 2),
    } | {name: round(value, 4) for name, value in progress.validation.items()}
    rows: list[Mapping[str, Any]] = [row]
    columns = list(row)
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            # A run that is resumed may repeat steps, and be validated on other data than before.
            before = [line for line in reader if int(line["step"]) < progress.step]
            known = list(reader.fieldnames or ())
        columns = known + [name for name in columns if name not in known]
        rows = [*before, row]
    with (
        written_whole(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)
