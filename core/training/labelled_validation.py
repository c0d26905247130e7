"""Validation of a network in training on labelled pictures and volumes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from core.evaluation.cases import make_case, read_volumes, spread
from core.evaluation.pairs import evaluate_pairs, read_tasks
from core.evaluation.volumes import evaluate_volumes
from core.network.definition import UniverSeg
from core.network.engine import Engine
from core.network.processor import choose_precision
from core.network.weights import Weights
from core.training.validation import Validate

PAIR_EXAMPLES: Final = 16
DRAWN_SLICES: Final = 5
MOST_STRUCTURES: Final = 12
"""Structures of volumes that are judged; of more, some of every data set."""

_SEED: Final = 11


def on_pairs(paths: Sequence[Path]) -> Validate:
    """Judge by labelled pictures, as `python -m core evaluate pairs` takes them."""
    tasks = list(read_tasks(paths))

    def validate(network: UniverSeg) -> dict[str, float]:
        report = evaluate_pairs(tasks, _engine(network), [PAIR_EXAMPLES], chosen=False, seed=_SEED)
        return {"pairs": report["mean"][str(PAIR_EXAMPLES)]["network"]}

    return validate


def on_volumes(paths: Sequence[Path]) -> Validate:
    """Judge by labelled volumes, as `python -m core evaluate volumes` takes them.

    Raises
    ------
    ValueError
        If no structure lies on enough slices.
    """
    deep = [volume for volume in read_volumes(paths) if make_case(volume, DRAWN_SLICES, "ends")]
    if not deep:
        raise ValueError(
            f"no structure of the validation volumes lies on {2 * DRAWN_SLICES + 2} slices or more"
        )
    judged = spread(deep, MOST_STRUCTURES)

    def validate(network: UniverSeg) -> dict[str, float]:
        methods = ("network_unguided", "network_guided")
        means = evaluate_volumes(judged, _engine(network), [DRAWN_SLICES], methods=methods)["mean"]
        return {
            method.replace("network", "volumes"): float(
                np.mean([means[placement][str(DRAWN_SLICES)][method] for placement in means])
            )
            for method in methods
        }

    return validate


def _engine(network: UniverSeg) -> Engine:
    """Give an engine with a copy of the network's present weights."""
    device = next(network.parameters()).device
    copied = UniverSeg(network.features, network.guidance_channels)
    copied.load_state_dict(network.state_dict())
    weights = Weights(copied.eval().requires_grad_(False), "in training")
    return Engine(weights, device, choose_precision("auto", device))
