"""A network that learns from annotated series how drawn slices of the next one are completed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import numpy as np

from core.network.engine import Engine
from core.network.weights import weights_to_bytes
from core.proposals.adaptation import adapt
from core.proposals.adapted_network import (
    LEARNING_STEPS,
    LEAST_TEACHERS,
    AdaptedNetwork,
    packed_network,
)
from core.proposals.drawn_teachers import DrawnTeachers
from core.proposals.from_other_series import checked_structures
from core.proposals.steps import Cancelled, Steps
from core.proposals.teacher_slices import TaughtStructure
from core.proposals.teachers import ReferenceSeries

_LEARNING_RATE: Final = 5e-4
"""As for searching; 2e-4 gave hippocampi 0.01 to 0.02 less with one drawn slice."""


def learn_to_complete(
    teachers: Sequence[ReferenceSeries],
    modality: str,
    *,
    engine: Engine,
    axes: np.ndarray | None = None,
    gradient_steps: int = LEARNING_STEPS,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AdaptedNetwork | None:
    """Adapt the network to series of which it is shown some slices and asked about others.

    Every task is made by the code that proposes, guidance included, from slices of one series
    alone; see `DrawnTeachers`.

    Parameters
    ----------
    teachers, modality, engine, axes, cancelled, progress : as there
        As `core.proposals.from_other_series.propose_from_teachers` takes them.
    gradient_steps : int
        How long to learn, 1 or more.

    Returns
    -------
    AdaptedNetwork or None
        To be asked beside the network as it is, by `core.proposals.proposer.propose`. None where it
        was cancelled, and where no segment is shown by `LEAST_TEACHERS` series.

    Raises
    ------
    ValueError
        If there is no teacher, examples do not fit their volume, or modalities or planes differ.
    """
    structures, _ = checked_structures(teachers, modality, axes)
    steps = Steps(cancelled, progress)
    steps.expect(gradient_steps)
    learned = _segments_to_learn(structures, engine)
    if not learned:
        steps.finish()
        return None
    with suppress(Cancelled):
        sources = list(learned.values())
        adapted = adapt(engine, sources, gradient_steps, _LEARNING_RATE, lambda: steps.done(1))
        content = weights_to_bytes(adapted.weights.network)
        return packed_network(engine.weights.name, tuple(learned), content)
    return None


def _segments_to_learn(
    structures: Mapping[int, Sequence[TaughtStructure]], engine: Engine
) -> dict[int, DrawnTeachers]:
    """By number, the segments that enough series show on several slices."""
    drawn = {number: DrawnTeachers(of_segment, engine) for number, of_segment in structures.items()}
    return {number: one for number, one in drawn.items() if one.usable >= LEAST_TEACHERS}
