"""Which tasks a recipe trains on: synthetic ones, and one's own where it names a registry."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Generator

from core.training.registry.sampling import make_registry_batch, open_pool
from core.training.settings import TrainingSettings
from core.training.tasks import Batch, make_batch

MakeBatch = Callable[[Generator, int, int, int], Batch]
"""Makes a batch from a generator, a number of tasks, a number of examples and a side."""


def recipe_batches(settings: TrainingSettings) -> MakeBatch:
    """Make batches in the recipe's proportions.

    A batch is synthetic or from the registry as a whole; the generator decides, so that a resumed
    run goes on with the same batches.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.

    Returns
    -------
    callable
        Makes a batch from (generator, tasks, examples, side).

    Raises
    ------
    ValueError
        If the recipe names a registry that cannot be read or has no training tasks.
    """
    shares = {"volume_share": settings.volume_share, "guidance_share": settings.guidance_share}

    def synthetic(generator: Generator, tasks: int, examples: int, side: int) -> Batch:
        return make_batch(generator, tasks, examples, side, **shares)

    if not settings.registry:
        return synthetic
    pool = open_pool(Path(settings.registry), "train")
    if pool is None:
        raise ValueError(
            f"{settings.registry} has no tasks in its train split; add patients, or prepare "
            "another registry with a larger share for it"
        )

    def mixed(generator: Generator, tasks: int, examples: int, side: int) -> Batch:
        drawn = torch.rand(1, generator=generator, device=generator.device)
        if float(drawn) >= settings.registry_share:
            return synthetic(generator, tasks, examples, side)
        return make_registry_batch(generator, pool, tasks, examples, side, **shares)

    return mixed
