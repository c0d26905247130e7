"""What the network is given: a segment's examples, cropped and encoded once, and the priors.

The guidance is that of training, rule by rule: see `core.training.tasks` and
`core.network.guidance`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.network.engine import EncodedExample, Engine
from core.network.guidance import (
    DISTANCE,
    GUIDANCE_CHANNELS,
    PRIOR,
    distance_channel,
    prior_channel,
    signed_distance,
)
from core.proposals.crop import SIDE, Crop
from core.proposals.shape_interpolation import neighbours

SUPPORT = 16
"""Examples that a query is shown at most, the nearest first."""

ImagesOf = Callable[[Sequence[int]], np.ndarray]
"""Gives the prepared images of slices: float32 [slices, row, column], values in [0, 1]."""


@dataclass(frozen=True, eq=False)
class TaughtSegment:
    """A segment's examples, ready for queries.

    Attributes
    ----------
    crop : Crop
        What the network sees of every slice.
    slice_mm : float
        Distance between slices in mm.
    encoded : mapping of int to EncodedExample
        By slice index.
    distances : mapping of int to np.ndarray
        Signed distance to each example's outline in pixels of the network, positive inside,
        bounded as in training: float32 [SIDE, SIDE] by slice index.
    """

    crop: Crop
    slice_mm: float
    encoded: Mapping[int, EncodedExample]
    distances: Mapping[int, np.ndarray]


def teach(
    engine: Engine,
    crop: Crop,
    images_of: ImagesOf,
    masks: Mapping[int, np.ndarray],
    slice_mm: float,
) -> TaughtSegment:
    """Crop and encode the examples of one segment.

    Parameters
    ----------
    engine : Engine
        The network.
    crop : Crop
        What the network sees of every slice.
    images_of : callable
        Gives prepared images.
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column] of the whole slice, at least one; an empty one teaches
        that the structure is not there.
    slice_mm : float
        Distance between slices in mm.

    Returns
    -------
    TaughtSegment
        For `predict_logits`.
    """
    known = sorted(masks)
    labels = crop.masks(np.stack([masks[index] for index in known]))
    encoded = engine.encode(crop.images(images_of(known)), labels.astype(np.float32))
    # An absent structure counts as a little way outside everywhere.
    distances = signed_distance(torch.from_numpy(labels)).clamp(-SIDE / 4, SIDE / 4).numpy()
    return TaughtSegment(
        crop=crop,
        slice_mm=slice_mm,
        encoded=dict(zip(known, encoded, strict=True)),
        distances=dict(zip(known, distances, strict=True)),
    )


def predict_logits(
    engine: Engine,
    taught: TaughtSegment,
    images_of: ImagesOf,
    slices: Sequence[int],
    *,
    guided: bool = True,
    left_out: frozenset[int] = frozenset(),
    support: int = SUPPORT,
) -> np.ndarray:
    """Ask the network for a segment on some slices.

    Parameters
    ----------
    engine : Engine
        The network.
    taught : TaughtSegment
        The examples.
    images_of : callable
        Gives prepared images.
    slices : sequence of int
        Slices to predict; those that are examples are predicted without themselves.
    guided : bool
        Whether the network is told where the examples' shapes put the structure.
    left_out : frozenset of int
        Examples not to be used.
    support : int
        Examples to show at most, the nearest first.

    Returns
    -------
    np.ndarray
        float32 [slices, SIDE, SIDE], positive inside, on the grid of `taught.crop`.
    """
    usable = [_nearest_first(taught, left_out, index) for index in slices]
    order = {index: place for place, index in enumerate(taught.encoded)}
    guidance = None
    if guided and engine.guidance_channels:
        guidance = np.stack(
            [guidance_of(taught, *pair) for pair in zip(slices, usable, strict=True)]
        )
    return engine.predict(
        taught.crop.images(images_of(slices)),
        list(taught.encoded.values()),
        guidance,
        [sorted(order[index] for index in known[:support]) for known in usable],
    )


def _nearest_first(taught: TaughtSegment, left_out: frozenset[int], index: int) -> list[int]:
    """Examples that may teach a slice: neither left out nor the slice itself."""
    usable = set(taught.encoded) - left_out - {index}
    return sorted(usable, key=lambda example: (abs(example - index), example))


def guidance_of(taught: TaughtSegment, index: int, known: Sequence[int]) -> np.ndarray:
    """Build the guidance of one query from its neighbouring examples.

    Parameters
    ----------
    taught : TaughtSegment
        The examples.
    index : int
        Slice of the query.
    known : sequence of int
        Examples that may be used, at least one.

    Returns
    -------
    np.ndarray
        float32 [GUIDANCE_CHANNELS, SIDE, SIDE].
    """
    below, above = neighbours(known, index)
    if below is None or above is None:
        # Beyond the outermost example its own outline is all there is.
        nearest = above if below is None else below
        assert nearest is not None
        prior = taught.distances[nearest]
        steps = abs(nearest - index)
    else:
        share = (index - below) / (above - below)
        prior = (1 - share) * taught.distances[below] + share * taught.distances[above]
        steps = min(index - below, above - index)
    guidance = torch.zeros(GUIDANCE_CHANNELS, SIDE, SIDE)
    guidance[PRIOR] = prior_channel(torch.from_numpy(prior), SIDE)
    away = torch.tensor(steps * taught.slice_mm / taught.crop.pixel_mm)
    guidance[DISTANCE] = distance_channel(away, SIDE)
    return guidance.numpy()
