"""What every batch of a run is to be, decided beforehand by the run's seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.training.settings import TrainingSettings


@dataclass(frozen=True)
class BatchPlan:
    """Size and seed of a batch that is still to be made.

    Attributes
    ----------
    tasks, examples, side : int
        How many tasks, examples of each, and pixels along an image's side.
    between : int
        Slices between the query and either of the nearest examples.
    seed : int
        Of everything random in the batch.
    """

    tasks: int
    examples: int
    side: int
    between: int
    seed: int


def plan_step(settings: TrainingSettings, step: int) -> list[BatchPlan]:
    """Decide which batches a step takes; the same however often a run was stopped and resumed.

    Parameters
    ----------
    settings : TrainingSettings
        The recipe.
    step : int
        Number of the step, from 0.

    Returns
    -------
    list of BatchPlan
        `settings.batches_per_step` of them.
    """
    return [
        _plan(settings, np.random.default_rng([settings.seed, step, index]))
        for index in range(settings.batches_per_step)
    ]


def _plan(settings: TrainingSettings, random: np.random.Generator) -> BatchPlan:
    def drawn(values: Sequence[int], weights: Sequence[float]) -> int:
        return int(random.choice(values, p=np.array(weights) / sum(weights)))

    side = drawn(settings.sides, settings.side_weights)
    examples = drawn(settings.support_sizes, settings.support_weights)
    between = drawn(settings.slices_between, settings.slices_between_weights)
    tasks = max(1, round(settings.pixels_per_batch / ((examples + 4) * side * side)))
    return BatchPlan(tasks, examples, side, between, int(random.integers(2**62)))
