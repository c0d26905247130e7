"""Write the averaged weights of a checkpoint as a weights file."""

from collections.abc import Mapping
from pathlib import Path

import torch

from core.home.whole_files import written_whole
from core.network.definition import UniverSeg
from core.network.weights import save_weights


def export_average(
    checkpoint: Path,
    path: Path,
    card: Mapping[str, str],
    *,
    earlier: UniverSeg | None = None,
    earlier_share: float = 0.0,
) -> None:
    """Write the averaged weights of a checkpoint, in half precision, with their card.

    Weights between those that a run began with and those that it ends with can keep what only the
    earlier ones do well and most of what was learnt since (Wortsman et al., "Robust fine-tuning of
    zero-shot models", CVPR 2022).

    Parameters
    ----------
    checkpoint : Path
        Checkpoint of a training run.
    path : Path
        The safetensors file to write.
    card : Mapping of str to str
        What is known of the weights; see `core.network.weights.save_weights`. The optimiser
        steps and tasks done are added.
    earlier : UniverSeg, optional
        Weights to mix in.
    earlier_share : float
        Their share in every parameter, in [0, 1].

    Raises
    ------
    ValueError
        If the checkpoint holds no averaged weights, the earlier ones are of another network, or
        the card lacks a name or a licence.
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
    if earlier is not None:
        _mix_in(network, earlier, earlier_share)
    done = {key: str(loaded[key]) for key in ("step", "tasks") if key in loaded}
    with written_whole(path) as unfinished:
        save_weights(network, unfinished, done | dict(card))


def _mix_in(network: UniverSeg, earlier: UniverSeg, share: float) -> None:
    """Move the parameters of a network towards those of another."""
    if (network.features, network.guidance_channels) != (
        earlier.features,
        earlier.guidance_channels,
    ):
        raise ValueError(
            "earlier: these weights have other numbers of features or guidance channels "
            "than the run"
        )
    with torch.no_grad():
        for own, other in zip(network.parameters(), earlier.parameters(), strict=True):
            own.lerp_(other, share)
