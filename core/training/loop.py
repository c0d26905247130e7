"""The training loop: batches of tasks in, a checkpoint and averaged weights out."""

import time
from collections.abc import Iterator
from functools import partial
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
from core.training.gradients import MakeBatch, Seconds, gradient_source
from core.training.mixing import recipe_batches
from core.training.plan import plan_step
from core.training.progress import LOG, Progress, add_to_log
from core.training.settings import TrainingSettings
from core.training.step import optimise
from core.training.validation import Validate, synthetic_scores


def train(
    settings: TrainingSettings,
    folder: Path,
    *,
    resume: bool = False,
    minutes: float | None = None,
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
    minutes : float, optional
        Stop after this time instead of at the recipe's last step; the learning rate falls to its
        end over it.
    start_from : UniverSeg, optional
        Weights to begin with instead of random ones.
    device : torch.device, optional
        Where to train; by default a GPU if there is one.
    validate : callable, optional
        Further validation of the averaged weights: names and mean Dice.
    batches : callable, optional
        Makes the batch of a plan; by default as the recipe says.

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
    make = batches or recipe_batches(settings, device)
    folder.mkdir(parents=True, exist_ok=True)
    state = new_state(settings, device, start_from)
    if resume:
        load_checkpoint(folder / CHECKPOINT, state)
    elif (folder / CHECKPOINT).exists():
        raise ValueError(f"{folder} holds a run already: resume it or choose another folder")
    yield from _steps(settings, state, folder, make, device, validate, minutes)


def _steps(
    settings: TrainingSettings,
    state: TrainingState,
    folder: Path,
    make: MakeBatch,
    device: torch.device,
    validate: Validate | None,
    minutes: float | None,
) -> Iterator[Progress]:
    """Do the steps that are left, with validations, log and checkpoints in between."""
    losses: list[float] = []
    started = since = time.monotonic()
    tasks_since = state.tasks
    seconds = Seconds()
    plans = partial(plan_step, settings)

    def share() -> float:
        if minutes is None:
            return state.step / settings.steps
        return (time.monotonic() - started) / (60 * minutes)

    with gradient_source(state.network, make, plans, device, seconds) as gradients_of:
        while (done := share()) < 1:
            begun = time.monotonic()
            losses.append(optimise(settings, state, gradients_of, done))
            state.seconds += time.monotonic() - begun
            last = share() >= 1
            elapsed = time.monotonic() - since
            validation: dict[str, float] = {}
            if state.step % settings.validation_every == 0 or last:
                validation = synthetic_scores(state.average, device, settings.seed)
                validation |= validate(state.average) if validate else {}
            progress = Progress(
                step=state.step,
                steps=settings.steps,
                tasks=state.tasks,
                loss=sum(losses) / len(losses),
                tasks_per_second=(state.tasks - tasks_since) / elapsed,
                validation=validation,
                time_shares=seconds.shares(),
            )
            if validation:
                add_to_log(folder / LOG, progress, state.seconds)
                losses.clear()
                since, tasks_since = time.monotonic(), state.tasks
            if state.step % settings.checkpoint_every == 0 or last:
                save_checkpoint(folder / CHECKPOINT, state, settings)
            yield progress
