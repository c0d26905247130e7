"""Which tasks a recipe trains on: synthetic ones, and one's own where it names a registry."""

from pathlib import Path

import torch
from torch import Generator

from core.training.gradients import MakeBatch
from core.training.plan import BatchPlan
from core.training.registry.sampling import make_registry_batch, open_pool
from core.training.settings import TrainingSettings
from core.training.tasks import Batch, make_batch


def recipe_batches(settings: TrainingSettings, device: torch.device) -> MakeBatch:
    """Make batches in the recipe's proportions.

    A batch is synthetic or from the registry as a whole; the generator decides, so that a resumed
    run goes on with the same batches.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.
    device : torch.device
        Where batches are made: a graphics card takes the whole registry where it has room.

    Returns
    -------
    callable
        Makes the batch of a plan.

    Raises
    ------
    ValueError
        If the recipe names a registry that cannot be read or has no training tasks.
    """

    def synthetic(generator: Generator, plan: BatchPlan) -> Batch:
        return make_batch(
            generator,
            plan.tasks,
            plan.examples,
            plan.side,
            volume_share=settings.volume_share,
            guidance_share=settings.guidance_share,
            ends_share=settings.ends_share,
            taught_share=settings.taught_share,
            between=plan.between,
        )

    if not settings.registry:
        return synthetic
    pool = open_pool(Path(settings.registry), "train", device)
    if pool is None:
        raise ValueError(
            f"{settings.registry} has no tasks in its train split; add patients, or prepare "
            "another registry with a larger share for it"
        )

    def mixed(generator: Generator, plan: BatchPlan) -> Batch:
        drawn = torch.rand(1, generator=generator, device=generator.device)
        if float(drawn) >= settings.registry_share:
            return synthetic(generator, plan)
        return make_registry_batch(
            generator,
            pool,
            plan.tasks,
            plan.examples,
            plan.side,
            volume_share=settings.volume_share,
            guidance_share=settings.guidance_share,
            taught_share=settings.taught_share,
            synthetic_intensities_share=settings.synthetic_intensities_share,
            between=plan.between,
        )

    return mixed
