"""Validation while a network is trained: on synthetic tasks, and on real data."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Generator, Tensor

from core.network.definition import UniverSeg
from core.training.forward import batch_logits
from core.training.loss import dice_by_task
from core.training.registry.sampling import TaskPool, make_registry_batch, open_pool
from core.training.tasks import make_batch, without_guidance

Validate = Callable[[UniverSeg], Mapping[str, float]]
"""Scores a network: names and mean Dice."""

_SEED: Final = 11
_SYNTHETIC_SEED: Final = 7
_REGISTRY_BATCHES: Final = 3


def synthetic_scores(network: UniverSeg, device: torch.device, seed: int) -> dict[str, float]:
    """Score a network on synthetic tasks that it was never trained on.

    Parameters
    ----------
    network : UniverSeg
        The averaged weights.
    device : torch.device
        Where the network is.
    seed : int
        Of the run; the tasks of a seed are the same every time.

    Returns
    -------
    dict of str to float
        Mean Dice of ``synthetic_population``, ``synthetic_volume`` and
        ``synthetic_volume_guided``.
    """
    generator = Generator(device)
    generator.manual_seed(seed + _SYNTHETIC_SEED)
    scores: dict[str, list[Tensor]] = {"population": [], "volume": [], "volume_guided": []}
    with torch.no_grad():
        for _ in range(3):
            for name in ("population", "volume"):
                batch = make_batch(
                    generator, 16, 5, 64, volume_share=float(name == "volume"), guidance_share=1.0
                )
                variants = {name: without_guidance(batch)}
                if name == "volume":
                    variants["volume_guided"] = batch
                for key, variant in variants.items():
                    logits = batch_logits(network, variant)
                    scores[key].append(dice_by_task(logits, variant.label))
    return {f"synthetic_{key}": float(torch.cat(all_).mean()) for key, all_ in scores.items()}


def real_validation(
    *,
    pairs: Sequence[Path] = (),
    volumes: Sequence[Path] = (),
    registry: Path | None = None,
) -> Validate | None:
    """Prepare validation on labelled pictures, labelled volumes and a registry's val split.

    Pictures and volumes are judged by the protocols of `python -m core evaluate`, with 16 examples
    and with 5 drawn slices in both placements. A registry's tasks are drawn as in training, the
    same every time.

    Parameters
    ----------
    pairs, volumes : sequence of Path
        npz files or folders of them, as `python -m core evaluate` takes them.
    registry : Path, optional
        A registry; ignored where its val split has no tasks.

    Returns
    -------
    callable or None
        Scores a network; None where there is nothing to judge it by. Names are ``pairs``,
        ``volumes_unguided``, ``volumes_guided``, ``registry_population``, ``registry_volume`` and
        ``registry_volume_guided``.

    Raises
    ------
    ValueError
        If a path cannot be used, or no structure lies on enough slices.
    """
    parts: list[Validate] = []
    if pairs or volumes:
        # Evaluation takes more packages than training does.
        from core.training.labelled_validation import on_pairs, on_volumes

        parts.extend([on_pairs(pairs)] if pairs else [])
        parts.extend([on_volumes(volumes)] if volumes else [])
    if registry is not None and (pool := open_pool(registry, "val")) is not None:
        parts.append(_registry(pool))
    if not parts:
        return None

    def validate(network: UniverSeg) -> dict[str, float]:
        return {name: value for part in parts for name, value in part(network).items()}

    return validate


def _registry(pool: TaskPool) -> Validate:
    def validate(network: UniverSeg) -> dict[str, float]:
        generator = Generator(next(network.parameters()).device)
        generator.manual_seed(_SEED)
        scores: dict[str, list[Tensor]] = {}
        families = {"population": pool.populations, "volume": pool.volumes}
        with torch.no_grad():
            for family in (name for name, tasks in families.items() if tasks):
                for _ in range(_REGISTRY_BATCHES):
                    volume_share = float(family == "volume")
                    batch = make_registry_batch(
                        generator, pool, 16, 5, 64, volume_share=volume_share, guidance_share=1.0
                    )
                    variants = {family: without_guidance(batch)}
                    if family == "volume":
                        variants["volume_guided"] = batch
                    for name, variant in variants.items():
                        logits = batch_logits(network, variant)
                        scores.setdefault(name, []).append(dice_by_task(logits, variant.label))
        return {f"registry_{name}": float(torch.cat(all_).mean()) for name, all_ in scores.items()}

    return validate
