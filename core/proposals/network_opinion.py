"""What the network is given: a segment's examples, cropped and encoded once, and the priors.

The guidance is that of training, rule by rule: see `core.training.tasks` and
`core.network.guidance`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
import torch

from core.network.engine import EncodedExample, Engine
from core.network.guidance import (
    DISTANCE,
    GUIDANCE_CHANNELS,
    PRIOR,
    distance_channel,
    prior_channel,
)
from core.network.outlines import between_outlines, signed_distances
from core.proposals.crop import SIDE, Crop
from core.proposals.examples import neighbours
from core.proposals.intensity import contrast_around, scale
from core.proposals.optical_flow import MotionOf, flow_between

SUPPORT = 16
"""Examples that a query is shown at most, the nearest first."""

BATCH = 4
"""Slices predicted at a time: a cancellation waits for as many."""

ImagesOf = Callable[[Sequence[int]], np.ndarray]
"""Gives the prepared images of slices: float32 [slices, row, column], values in [0, 1]."""


@dataclass(frozen=True, eq=False)
class NetworkPrompt:
    """A segment's examples as the network takes them, ready for queries.

    Attributes
    ----------
    engine : Engine
        The network that encoded the examples.
    images_of : callable
        Gives prepared images.
    crop : Crop
        What the network sees of every slice.
    slice_mm : float
        Distance between slices in mm.
    contrast : tuple of float
        Values of prepared images that the network sees as 0 and as 1.
    encoded : mapping of int to EncodedExample
        By slice index.
    distances : mapping of int to np.ndarray
        Signed distance to each example's outline in pixels of the network, positive inside,
        bounded as in training: float32 [SIDE, SIDE] by slice index.
    """

    engine: Engine
    images_of: ImagesOf
    crop: Crop
    slice_mm: float
    contrast: tuple[float, float]
    encoded: Mapping[int, EncodedExample]
    distances: Mapping[int, np.ndarray]

    def pictures(self, slices: Sequence[int]) -> np.ndarray:
        """Give slices as the network sees them: float32 [slices, SIDE, SIDE], in [0, 1]."""
        return scale(self.crop.images(self.images_of(slices)), self.contrast)

    @cached_property
    def motion(self) -> MotionOf:
        """Gives the optical flow from one slice to another beside it, each computed once."""

        @lru_cache
        def picture(index: int) -> np.ndarray:
            return self.pictures([index])[0]

        return cache(lambda index, other: flow_between(picture(index), picture(other)))


def encode_examples(
    engine: Engine,
    crop: Crop,
    images_of: ImagesOf,
    masks: Mapping[int, np.ndarray],
    slice_mm: float,
) -> NetworkPrompt:
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
        Slice index to bool [row, column] of the whole slice, at least one; an empty one shows
        that the structure is not there.
    slice_mm : float
        Distance between slices in mm.

    Returns
    -------
    NetworkPrompt
        For `predict_logits`.
    """
    known = sorted(masks)
    labels = crop.masks(np.stack([masks[index] for index in known]))
    encoded, contrast = encode_with_contrast(engine, crop.images(images_of(known)), labels)
    return NetworkPrompt(
        engine=engine,
        images_of=images_of,
        crop=crop,
        slice_mm=slice_mm,
        contrast=contrast,
        encoded=dict(zip(known, encoded, strict=True)),
        distances=dict(zip(known, bounded_distances(labels), strict=True)),
    )


def encode_with_contrast(
    engine: Engine, images: np.ndarray, labels: np.ndarray
) -> tuple[list[EncodedExample], tuple[float, float]]:
    """Encode examples as the network is shown them: in the structure's own range of intensities.

    Parameters
    ----------
    engine : Engine
        The network.
    images : np.ndarray
        float32 [example, row, column], values in [0, 1].
    labels : np.ndarray
        bool, the same shape.

    Returns
    -------
    list of EncodedExample, tuple of float
        The examples, and the contrast that queries have to be scaled to as well.
    """
    contrast = contrast_around(images, labels)
    return engine.encode(scale(images, contrast), labels.astype(np.float32)), contrast


def predict_logits(
    prompt: NetworkPrompt,
    slices: Sequence[int],
    *,
    guided: bool = True,
    priors: Mapping[int, np.ndarray] | None = None,
) -> np.ndarray:
    """Ask the network for a segment on some slices.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    slices : sequence of int
        Slices to predict; those that are examples are predicted without themselves.
    guided : bool
        Whether the network is given where the structure should be.
    priors : mapping of int to np.ndarray, optional
        Signed distance to the expected outline in pixels of the network, float32 [SIDE, SIDE], by
        slice; from the examples' shapes where not given.

    Returns
    -------
    np.ndarray
        float32 [slices, SIDE, SIDE], positive inside, on the grid of `prompt.crop`.
    """
    usable = [_nearest_first(prompt, index) for index in slices]
    order = {index: place for place, index in enumerate(prompt.encoded)}
    guidance = None
    if guided and prompt.engine.guidance_channels:
        given = priors or {}
        guidance = np.stack(
            [
                guidance_of(prompt, index, known, given.get(index))
                for index, known in zip(slices, usable, strict=True)
            ]
        )
    return prompt.engine.predict(
        prompt.pictures(slices),
        list(prompt.encoded.values()),
        guidance,
        [sorted(order[index] for index in known[:SUPPORT]) for known in usable],
    )


def _nearest_first(prompt: NetworkPrompt, index: int) -> list[int]:
    """Examples to predict a slice from, never the slice itself."""
    return sorted(
        set(prompt.encoded) - {index}, key=lambda example: (abs(example - index), example)
    )


def guidance_of(
    prompt: NetworkPrompt, index: int, known: Sequence[int], prior: np.ndarray | None = None
) -> np.ndarray:
    """Build the guidance of one query.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    index : int
        Slice of the query.
    known : sequence of int
        Examples that may be used, at least one.
    prior : np.ndarray, optional
        Signed distance to the expected outline in pixels, float32 [SIDE, SIDE]; by default
        interpolated from the shapes of the neighbouring examples.

    Returns
    -------
    np.ndarray
        float32 [GUIDANCE_CHANNELS, SIDE, SIDE].
    """
    if prior is None:
        prior = _shape_prior(prompt, index, known)
    away = min(abs(example - index) for example in known) * prompt.slice_mm / prompt.crop.pixel_mm
    guidance = torch.zeros(GUIDANCE_CHANNELS, SIDE, SIDE)
    guidance[PRIOR] = prior_channel(torch.from_numpy(prior), SIDE)
    guidance[DISTANCE] = distance_channel(torch.tensor(away), SIDE)
    return guidance.numpy()


def _shape_prior(prompt: NetworkPrompt, index: int, known: Sequence[int]) -> np.ndarray:
    """Signed distance interpolated between the neighbouring examples, in pixels."""
    below, above = neighbours(known, index)
    if below is not None and above is not None:
        first, last = (torch.from_numpy(prompt.distances[known])[None] for known in (below, above))
        share = torch.tensor([(index - below) / (above - below)])
        return between_outlines(first, last, share)[0].clamp(-SIDE / 4, SIDE / 4).numpy()
    # Beyond the outermost example its own outline is all there is.
    return prompt.distances[min(known, key=lambda example: abs(example - index))]


def bounded_distances(labels: np.ndarray) -> np.ndarray:
    """Measure the distance to outlines as in training, where what is absent is a little way off.

    Parameters
    ----------
    labels : np.ndarray
        bool [..., SIDE, SIDE].

    Returns
    -------
    np.ndarray
        float32 [..., SIDE, SIDE] in pixels, positive inside, at most `SIDE` / 4 either way.
    """
    return signed_distances(torch.from_numpy(labels)).clamp(-SIDE / 4, SIDE / 4).numpy()
