"""Examples whose masks nobody drew: the network's answers on slices of the query's series."""

from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn import functional

from core.proposals.opinions import bounded_distances
from core.training.random_numbers import chance, uniform

_ANSWERED_SHARE: Final = 0.5
_KNOTS: Final = 6


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
    knots = torch.randn(len(task), 1, _KNOTS, _KNOTS, generator=generator, device=generator.device)
    error = functional.interpolate(knots, (side, side), mode="bicubic", align_corners=True)[:, 0]
    strength = uniform(generator, 0.0, 0.04, len(task), 1, 1) * side
    larger = uniform(generator, -0.02, 0.02, len(task), 1, 1) * side
    masks = masks.clone()
    masks[task, example] = truth + error * strength + larger > 0
    return masks
