"""The guidance of one query: where the examples and the images say that a structure should be.

The rules are those of training; see `core.training.guidance` and `core.network.guidance`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.network.guidance import (
    AGREEMENT,
    CHANGE_ABOVE,
    CHANGE_BELOW,
    DISTANCE,
    FROM_ABOVE,
    FROM_BELOW,
    GUIDANCE_CHANNELS,
    NEAR_ABOVE,
    NEAR_BELOW,
    PRIOR,
    WALKED,
    distance_channel,
    nearness_channel,
    prior_channel,
)


@dataclass(frozen=True, eq=False)
class Direction:
    """What is known towards the next example on one side of a slice.

    Attributes
    ----------
    distance : float
        How far the example is away, in pixels of the network.
    carried : Tensor
        Signed distance to its outline carried along the images, in pixels, [side, side].
    beside : Tensor
        Picture of the slice beside the query on that side, [side, side], values in [0, 1].
    """

    distance: float
    carried: Tensor
    beside: Tensor


@dataclass(frozen=True, eq=False)
class Walk:
    """What is known only between two examples.

    Attributes
    ----------
    probability : Tensor
        Of a random walk, [side, side].
    agreement : float
        Dice of the examples carried onto one another.
    """

    probability: Tensor
    agreement: float


def query_guidance(
    picture: Tensor,
    prior: Tensor,
    below: Direction | None,
    above: Direction | None,
    walk: Walk | None,
) -> Tensor:
    """Build the guidance of a slice.

    Parameters
    ----------
    picture : Tensor
        The slice, float32 [side, side], values in [0, 1].
    prior : Tensor
        Signed distance in pixels to the outline that the examples' shapes suggest, [side, side].
    below, above : Direction or None
        Towards the next example on either side; at least one.
    walk : Walk or None
        Only between two examples.

    Returns
    -------
    Tensor
        float32 [`GUIDANCE_CHANNELS`, side, side].

    Raises
    ------
    ValueError
        If there is an example on neither side.
    """
    side = picture.shape[-1]
    guidance = torch.zeros(GUIDANCE_CHANNELS, side, side)
    distances = [one.distance for one in (below, above) if one is not None]
    if not distances:
        raise ValueError("below, above: got neither; expected an example on one side at least")
    guidance[PRIOR] = prior_channel(prior, side)
    guidance[DISTANCE] = distance_channel(torch.tensor(min(distances)), side)
    for known, carried, near, change in (
        (below, FROM_BELOW, NEAR_BELOW, CHANGE_BELOW),
        (above, FROM_ABOVE, NEAR_ABOVE, CHANGE_ABOVE),
    ):
        if known is not None:
            guidance[carried] = prior_channel(known.carried, side)
            guidance[near] = nearness_channel(torch.tensor(known.distance), side)
            guidance[change] = known.beside - picture
    if walk is not None:
        guidance[WALKED] = 2 * walk.probability - 1
        guidance[AGREEMENT] = walk.agreement
    return guidance
