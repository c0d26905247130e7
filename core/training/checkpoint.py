"""What a training run is made of, and how it is kept so that it can be carried on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.home.whole_files import written_whole
from core.network.definition import NEGATIVE_SLOPE, UniverSeg
from core.network.guidance import GUIDANCE_CHANNELS
from core.training.settings import TrainingSettings, plain, settings_from

CHECKPOINT = "checkpoint.pt"
"""Name of the checkpoint in the folder of a run."""


@dataclass
class TrainingState:
    """All that a run needs to carry on as if it had never stopped.

    Attributes
    ----------
    network, average : UniverSeg
        The weights being trained and their moving average.
    optimizer : torch.optim.AdamW
        With its moments.
    step, tasks : int
        Optimiser steps and tasks done.
    seconds : float
        Time spent on them.
    """

    network: UniverSeg
    average: UniverSeg
    optimizer: torch.optim.AdamW
    step: int = 0
    tasks: int = 0
    seconds: float = 0.0


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
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    return TrainingState(network, average, optimizer)


def save_checkpoint(path: Path, state: TrainingState, settings: TrainingSettings) -> None:
    """Write a checkpoint; an interruption leaves the former one whole."""
    content = {
        "settings": plain(settings),
        "network": state.network.state_dict(),
        "average": state.average.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "step": state.step,
        "tasks": state.tasks,
        "seconds": state.seconds,
    }
    with written_whole(path) as unfinished:
        torch.save(content, unfinished)


def split_checkpoint(path: Path, megabytes: int) -> list[Path]:
    """Write a checkpoint again as files of a bounded size, for places that take no larger ones.

    Parameters
    ----------
    path : Path
        The checkpoint, which stays.
    megabytes : int
        Size of a file at most, in MiB.

    Returns
    -------
    list of Path
        The files beside it, in their order; together they are the checkpoint.
    """
    for former in parts_of(path):
        former.unlink()
    content = path.read_bytes()
    size = megabytes * 2**20
    for number, start in enumerate(range(0, len(content), size)):
        with written_whole(path.with_name(f"{path.name}.{number:03}")) as unfinished:
            unfinished.write_bytes(content[start : start + size])
    return parts_of(path)


def join_checkpoint(path: Path) -> None:
    """Put a checkpoint together from the files of `split_checkpoint`, where it is not there."""
    parts = parts_of(path)
    if parts and not path.exists():
        with written_whole(path) as unfinished:
            unfinished.write_bytes(b"".join(part.read_bytes() for part in parts))


def parts_of(path: Path) -> list[Path]:
    """List the files of a split checkpoint in their order."""
    return sorted(path.parent.glob(f"{path.name}.[0-9][0-9][0-9]"))


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
        If there is no such checkpoint, or it belongs to a network of another size or guidance.
    """
    content = _content(path)
    settings = settings_from(content["settings"])
    if settings.features != state.network.features:
        raise ValueError(
            f"{path} belongs to a network of {settings.features} features; "
            f"expected {state.network.features}"
        )
    told = content["network"]["guidance_conv.weight"].shape[1]
    if told != GUIDANCE_CHANNELS:
        raise ValueError(
            f"{path} belongs to a network of {told} guidance channels; expected "
            f"{GUIDANCE_CHANNELS}: export its weights and begin a run with them"
        )
    state.network.load_state_dict(content["network"])
    state.average.load_state_dict(content["average"])
    state.optimizer.load_state_dict(content["optimizer"])
    state.step, state.tasks = content["step"], content["tasks"]
    state.seconds = content["seconds"]


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"{path} does not exist: there is no run to resume")
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


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
