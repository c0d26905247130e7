"""`python -m core train`: train the network on synthetic tasks, and on one's own."""

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.writable import check_writable
from core.training.settings import TrainingSettings, plain, read_settings, settings_from

if TYPE_CHECKING:
    from core.network.weights import Weights
    from core.training.progress import Progress

FOLDERS = ("validate_pairs", "validate_volumes")
"""Arguments that a zip archive may stand for, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the run is kept")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="RECIPE.toml",
        help="settings of the run; without them a resumed run keeps its own",
    )
    parser.add_argument(
        "--resume", action="store_true", help="carry on from the folder's last checkpoint"
    )
    parser.add_argument("--steps", type=int, help="optimiser steps in all, instead of the recipe's")
    parser.add_argument(
        "--minutes",
        type=float,
        help="train for this time instead, the learning rate falling to its end over it",
    )
    parser.add_argument(
        "--split-state",
        type=int,
        metavar="MIB",
        help="at the end, also write the checkpoint as files of at most so many MiB; a run whose "
        "checkpoint is missing is resumed from them",
    )
    parser.add_argument(
        "--start-from", metavar="NAME|PATH", help="weights to begin with instead of random ones"
    )
    parser.add_argument(
        "--registry",
        type=Path,
        metavar="REGISTRY",
        help="mix in tasks that `python -m core prepare` made, and validate on its val split",
    )
    parser.add_argument(
        "--registry-share", type=float, metavar="SHARE", help="share of batches from the registry"
    )
    parser.add_argument(
        "--validate-pairs",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="labelled pictures to validate on, as `python -m core evaluate pairs` takes them",
    )
    parser.add_argument(
        "--validate-volumes",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="labelled volumes to validate on, as `python -m core evaluate volumes` takes them",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FILE.safetensors",
        help="write the averaged weights at the end",
    )
    parser.add_argument(
        "--mix-with",
        nargs=2,
        metavar=("NAME|PATH", "SHARE"),
        help="mix other weights into what is exported, with a share from 0 to 1",
    )
    parser.add_argument("--name", default="own", help="name of the exported weights")
    parser.add_argument("--licence", default="Apache-2.0", help="licence of the exported weights")


def run(arguments: argparse.Namespace) -> int:
    """Train until the recipe's last step; interrupting and resuming loses little.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0.

    Raises
    ------
    ValueError, OSError
        If something cannot be used.
    """
    import torch

    from core.network.weights import load_weights
    from core.training.checkpoint import (
        CHECKPOINT,
        join_checkpoint,
        settings_of,
        split_checkpoint,
    )
    from core.training.export import export_average
    from core.training.loop import train
    from core.training.validation import real_validation

    for name in ("minutes", "split_state"):
        value = getattr(arguments, name)
        if value is not None and not 0 < value < math.inf:
            raise ValueError(
                f"--{name.replace('_', '-')}: got {value}; expected more than 0, and finite"
            )
    if arguments.export is not None:
        check_writable(arguments.export)
    earlier, share = _mixed_in(arguments)
    if arguments.resume:
        join_checkpoint(arguments.folder / CHECKPOINT)
    if arguments.config is not None:
        settings = read_settings(arguments.config)
    elif arguments.resume:
        settings = settings_of(arguments.folder / CHECKPOINT)
    else:
        settings = TrainingSettings()
    changes = {
        "steps": arguments.steps,
        "registry": None if arguments.registry is None else str(arguments.registry),
        "registry_share": arguments.registry_share,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    settings = settings_from(plain(settings) | given)
    start = load_weights(arguments.start_from).network if arguments.start_from else None
    device = None if arguments.device == "auto" else torch.device(arguments.device)
    validate = real_validation(
        pairs=arguments.validate_pairs,
        volumes=arguments.validate_volumes,
        registry=Path(settings.registry) if settings.registry else None,
    )
    steps = train(
        settings,
        arguments.folder,
        resume=arguments.resume,
        minutes=arguments.minutes,
        start_from=start,
        device=device,
        validate=validate,
    )
    try:
        _show(steps)
    except KeyboardInterrupt:
        if (arguments.folder / CHECKPOINT).exists():
            again = f"python -m core train {arguments.folder} --resume"
            sys.stderr.write(f"\nCarry on from the last checkpoint with: {again}\n")
        raise
    if arguments.split_state:
        split_checkpoint(arguments.folder / CHECKPOINT, arguments.split_state)
    if arguments.export:
        data = "synthetic tasks and one's own scans" if settings.registry else "synthetic tasks"
        if arguments.start_from:
            data += f", beginning with the weights {Path(arguments.start_from).name}"
        card = {"name": arguments.name, "licence": arguments.licence, "data": data}
        if earlier is not None:
            card["mixed with"] = f"{earlier.name}, share {share:g}"
        export_average(
            arguments.folder / CHECKPOINT,
            arguments.export,
            card,
            earlier=None if earlier is None else earlier.network,
            earlier_share=share,
        )
    return 0


def _mixed_in(arguments: argparse.Namespace) -> "tuple[Weights | None, float]":
    """Weights to mix into what is exported, with their share."""
    from core.network.weights import load_weights

    if not arguments.mix_with:
        return None, 0.0
    source, given = arguments.mix_with
    try:
        share = float(given)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"--mix-with: got the share {given}; expected a number from 0 to 1")
    return load_weights(source), share


def _show(steps: "Iterable[Progress]") -> None:
    """Print every validation on a line of its own, and in a terminal every step."""
    for progress in steps:
        where = "  ".join(f"{name} {share:.0%}" for name, share in progress.time_shares.items())
        line = (
            f"step {progress.step}/{progress.steps}  {progress.tasks} tasks  "
            f"{progress.tasks_per_second:.1f} tasks/s  loss {progress.loss:.3f}"
        )
        if progress.validation:
            scores = "  ".join(f"{name} {dice:.3f}" for name, dice in progress.validation.items())
            print(f"\r{line}  {scores}  {where}", flush=True)
        elif sys.stdout.isatty():
            print(f"\r\033[K{_bar(progress.step / progress.steps)} {line}", end="", flush=True)


def _bar(share: float, width: int = 24) -> str:
    """Draw a progress bar."""
    done = round(share * width)
    return "[" + "#" * done + "·" * (width - done) + "]"
