"""What the query's guidance channels mean, the same in training and in use.

Guidance shows the network where a structure should be, while the examples show what the
structure looks like. Every channel is zero where nothing is known. Channels are only ever
appended, so that weights of fewer channels keep their meaning.
"""

from typing import Final

import torch
from torch import Tensor

(
    PRIOR,
    DISTANCE,
    ADDED,
    REMOVED,
    FROM_BELOW,
    FROM_ABOVE,
    WALKED,
    NEAR_BELOW,
    NEAR_ABOVE,
    CHANGE_BELOW,
    CHANGE_ABOVE,
    AGREEMENT,
) = range(12)
"""Index of each guidance channel.

The expected outline, the distance to the nearest example, and strokes that add and remove; the
outlines of the next examples below and above, carried along the images; the probability of a
random walk between these examples; how near either of them is; by how much the slices beside the
query differ from it; and how well the examples, carried onto one another, agree.
"""

GUIDANCE_CHANNELS: Final = 12

_PRIOR_WIDTH: Final = 1 / 16
_DISTANCE_WIDTH: Final = 1 / 8


def prior_channel(signed_distance: Tensor, side: int) -> Tensor:
    """Squash a signed distance to the expected outline into (−1, 1).

    Parameters
    ----------
    signed_distance : Tensor
        Distance to the expected outline in pixels of the network's input, positive inside.
    side : int
        Side of the network's input in pixels; a 16th of it is the width of the transition
        (8 pixels at 128).

    Returns
    -------
    Tensor
        The same shape.
    """
    return torch.tanh(signed_distance / (side * _PRIOR_WIDTH))


def distance_channel(distance: Tensor, side: int) -> Tensor:
    """Squash the distance of a slice to the nearest example into [0, 1).

    Parameters
    ----------
    distance : Tensor
        Distance along the normal, in pixels of the network's input (millimetres divided by the
        size of such a pixel), so that it compares with movements of the outline.
    side : int
        Side of the network's input in pixels.

    Returns
    -------
    Tensor
        The same shape.
    """
    return torch.tanh(distance / (side * _DISTANCE_WIDTH))


def nearness_channel(distance: Tensor, side: int) -> Tensor:
    """Turn the distance of a slice to an example into nearness, in (0, 1]; 0 is left for none.

    Parameters
    ----------
    distance, side : Tensor, int
        As `distance_channel` takes them.

    Returns
    -------
    Tensor
        The same shape.
    """
    return 1 - distance_channel(distance, side)
