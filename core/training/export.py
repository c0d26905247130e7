"""Write the averaged weights of a checkpoint as a weights file."""

from collections.abc import Mapping
from pathlib import Path

import torch

from core.home.whole_files import written_whole
from core.network.definition import UniverSeg
from core.network.weights import save_weights


def export_average(checkpoint: Path, path: Path, card: Mapping[str, str]) -> None:
    """Write the averaged weights of a checkpoint, in half precision, with their card.

    Parameters
    ----------
    checkpoint : Path
        Checkpoint of a training run.
    path : Path
        The safetensors file to write.
    card : Mapping of str to str
        What is known of the weights; see `core.network.weights.save_weights`. The optimiser
        steps and tasks done are added.

    Raises
    ------
    ValueError
        If the checkpoint holds no averaged weights, or the card lacks a name or a licence.
    """
    loaded = torch.load(checkpoint, map_location="cpu", weights_only=True)
    average = loaded.get("average") if isinstance(loaded, dict) else None
    if average is None:
        raise ValueError(f"{checkpoint} holds no averaged weights; give a training checkpoint")
    guidance = average.get("guidance_conv.weight")
    network = UniverSeg(
        average["enc_blocks.0.cross.cross_conv.weight"].shape[0],
        0 if guidance is None else guidance.shape[1],
    )
    network.load_state_dict(average)
    done = {key: str(loaded[key]) for key in ("step", "tasks") if key in loaded}
    with written_whole(path) as unfinished:
        save_weights(network, unfinished, done | dict(card))
