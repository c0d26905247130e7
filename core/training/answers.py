"""Examples whose masks nobody drew: the network's answers on slices of the query's series."""

from typing import Final

from torch import Generator, Tensor

from core.proposals.opinions import bounded_distances
from core.training.random_numbers import chance, smooth_fields, uniform

_ANSWERED_SHARE: Final = 0.5


def with_answers(generator: Generator, masks: Tensor, own: Tensor) -> Tensor:
    """Put answers with errors in the place of the own examples of half of the tasks.

    Outlines are moved smoothly, by up to a tenth of the view, and are too large or too small as a
    whole, as those of proposals are that were made without an own example.

    Parameters
    ----------
    generator : Generator
        Source of all randomness.
    masks : Tensor
        bool [tasks, images, side, side]; the examples first.
    own : Tensor
        bool [tasks, examples]: examples of the query's series beside those of others.

    Returns
    -------
    Tensor
        The same shape; the query as it was.
    """
    answered = own & chance(generator, _ANSWERED_SHARE, len(own), 1)
    task, example = answered.nonzero(as_tuple=True)
    if not len(task):
        return masks
    side = masks.shape[-1]
    truth = bounded_distances(masks[task, example])
    error = smooth_fields(generator, len(task), side)
    strength = uniform(generator, 0.0, 0.04, len(task), 1, 1) * side
    larger = uniform(generator, -0.02, 0.02, len(task), 1, 1) * side
    masks = masks.clone()
    masks[task, example] = truth + error * strength + larger > 0
    return masks
