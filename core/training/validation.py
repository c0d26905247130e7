"""Validation while a network is trained: on synthetic tasks, and on real data."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Generator, Tensor

from core.network.definition import UniverSeg
from core.network.differentiable import mixed_logits
from core.network.loss import dice_by_task
from core.training.registry.sampling import TaskPool, make_registry_batch, open_pool
from core.training.tasks import Batch, make_batch, without_guidance

Validate = Callable[[UniverSeg], Mapping[str, float]]
"""Scores a network: names and mean Dice."""

_SEED: Final = 11
_SYNTHETIC_SEED: Final = 7
_BATCHES: Final = 3

_SHARES: Final = {"population": (0.0, 0.0), "volume": (1.0, 0.0), "taught": (0.0, 1.0)}
"""Of every family: which share of its tasks are volumes, and which are taught."""


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
        Mean Dice of ``synthetic_population``, ``synthetic_volume``, ``synthetic_volume_guided``,
        ``synthetic_taught`` and ``synthetic_taught_guided``.
    """
    generator = Generator(device)
    generator.manual_seed(seed + _SYNTHETIC_SEED)
    # Taught tasks come last, so that the others are those of older logs.
    families = (*("population", "volume") * _BATCHES, *("taught",) * _BATCHES)

    def make(volume: float, taught: float) -> Batch:
        return make_batch(
            generator, 16, 5, 64, volume_share=volume, guidance_share=1.0, taught_share=taught
        )

    scores = _scores(network, families, make)
    return {f"synthetic_{name}": value for name, value in scores.items()}


def _scores(
    network: UniverSeg, families: Sequence[str], make: Callable[[float, float], Batch]
) -> dict[str, float]:
    """Score a network on a batch of every family named: mean Dice by family, and guided."""
    scores: dict[str, list[Tensor]] = {}
    with torch.no_grad():
        for family in families:
            batch = make(*_SHARES[family])
            variants = {family: without_guidance(batch)}
            if family != "population":
                variants[f"{family}_guided"] = batch
            for name, variant in variants.items():
                found = dice_by_task(
                    mixed_logits(network, variant.query, variant.support, variant.guidance),
                    variant.label,
                )
                scores.setdefault(name, []).append(found)
    return {name: float(torch.cat(all_).mean()) for name, all_ in scores.items()}


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
        ``volumes_unguided``, ``volumes_guided``, ``registry_population``, ``registry_volume``,
        ``registry_volume_guided``, ``registry_taught`` and ``registry_taught_guided``.

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
        families = [
            *("population",) * (_BATCHES if pool.populations else 0),
            *("volume",) * (_BATCHES if pool.volumes else 0),
            *("taught",) * (_BATCHES if pool.populations else 0),
        ]

        def make(volume: float, taught: float) -> Batch:
            return make_registry_batch(
                generator,
                pool,
                16,
                5,
                64,
                volume_share=volume,
                guidance_share=1.0,
                taught_share=taught,
            )

        scores = _scores(network, families, make)
        return {f"registry_{name}": value for name, value in scores.items()}

    return validate
