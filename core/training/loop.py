"""The training loop: batches of tasks in, a checkpoint and averaged weights out."""

import time
from collections.abc import Iterator
from pathlib import Path

import torch

from core.network.definition import UniverSeg
from core.training.checkpoint import (
    CHECKPOINT,
    TrainingState,
    load_checkpoint,
    new_state,
    save_checkpoint,
)
from core.training.mixing import MakeBatch, recipe_batches
from core.training.progress import LOG, Progress, add_to_log
from core.training.settings import TrainingSettings
from core.training.step import batch_threads, optimise
from core.training.validation import Validate, synthetic_scores


def train(
    settings: TrainingSettings,
    folder: Path,
    *,
    resume: bool = False,
    start_from: UniverSeg | None = None,
    device: torch.device | None = None,
    validate: Validate | None = None,
    batches: MakeBatch | None = None,
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
    yield from _steps(settings, state, folder, make, device, validate)


def _steps(
    settings: TrainingSettings,
    state: TrainingState,
    folder: Path,
    make: MakeBatch,
    device: torch.device,
    validate: Validate | None,
) -> Iterator[Progress]:
    """Do the steps that are left, with validations, log and checkpoints in between."""
    losses: list[float] = []
    since, tasks_since = time.monotonic(), state.tasks
    with batch_threads(device) as pool:
        while state.step < settings.steps:
            begun = time.monotonic()
            losses.append(optimise(settings, state, make, device, pool))
            state.seconds += time.monotonic() - begun
            elapsed = time.monotonic() - since
            validation: dict[str, float] = {}
            done = state.step == settings.steps
            if state.step % settings.validation_every == 0 or done:
                validation = synthetic_scores(state.average, device, settings.seed)
                validation |= validate(state.average) if validate else {}
            progress = Progress(
                step=state.step,
                steps=settings.steps,
                tasks=state.tasks,
                loss=sum(losses) / len(losses),
                tasks_per_second=(state.tasks - tasks_since) / elapsed,
                validation=validation,
            )
            if validation:
                add_to_log(folder / LOG, progress, state.seconds)
                losses.clear()
                since, tasks_since = time.monotonic(), state.tasks
            if state.step % settings.checkpoint_every == 0 or done:
                save_checkpoint(folder / CHECKPOINT, state, settings)
            yield progress
