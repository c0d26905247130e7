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
)
from core.network.outlines import between_outlines, signed_distances
from core.proposals.crop import SIDE, Crop
from core.proposals.examples import neighbours
from core.proposals.intensity import contrast_around, scale

SUPPORT = 16
"""Examples that a query is shown at most, the nearest first."""

BATCH = 4
"""Slices predicted at a time: a cancellation waits for as many."""

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
    contrast : tuple of float
        Values of prepared images that the network sees as 0 and as 1.
    encoded : mapping of int to EncodedExample
        By slice index.
    distances : mapping of int to np.ndarray
        Signed distance to each example's outline in pixels of the network, positive inside,
        bounded as in training: float32 [SIDE, SIDE] by slice index.
    """

    crop: Crop
    slice_mm: float
    contrast: tuple[float, float]
    encoded: Mapping[int, EncodedExample]
    distances: Mapping[int, np.ndarray]

    def pictures(self, images: np.ndarray) -> np.ndarray:
        """Show prepared images, float32 [..., row, column], as the network sees them: [..., SIDE,
        SIDE].
        """
        return scale(self.crop.images(images), self.contrast)


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
    encoded, contrast = encode_examples(engine, crop.images(images_of(known)), labels)
    return TaughtSegment(
        crop=crop,
        slice_mm=slice_mm,
        contrast=contrast,
        encoded=dict(zip(known, encoded, strict=True)),
        distances=dict(zip(known, bounded_distances(labels), strict=True)),
    )


def encode_examples(
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
    engine: Engine,
    taught: TaughtSegment,
    images_of: ImagesOf,
    slices: Sequence[int],
    *,
    guided: bool = True,
    priors: Mapping[int, np.ndarray] | None = None,
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
        Whether the network is told where the structure should be.
    priors : mapping of int to np.ndarray, optional
        Signed distance to the expected outline in pixels of the network, float32 [SIDE, SIDE], by
        slice; from the examples' shapes where not given.
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
        given = priors or {}
        guidance = np.stack(
            [
                guidance_of(taught, index, known, given.get(index))
                for index, known in zip(slices, usable, strict=True)
            ]
        )
    return engine.predict(
        taught.pictures(images_of(slices)),
        list(taught.encoded.values()),
        guidance,
        [sorted(order[index] for index in known[:support]) for known in usable],
    )


def _nearest_first(taught: TaughtSegment, left_out: frozenset[int], index: int) -> list[int]:
    """Examples that may teach a slice: neither left out nor the slice itself."""
    usable = set(taught.encoded) - left_out - {index}
    return sorted(usable, key=lambda example: (abs(example - index), example))


def guidance_of(
    taught: TaughtSegment, index: int, known: Sequence[int], prior: np.ndarray | None = None
) -> np.ndarray:
    """Build the guidance of one query.

    Parameters
    ----------
    taught : TaughtSegment
        The examples.
    index : int
        Slice of the query.
    known : sequence of int
        Examples that may be used, at least one.
    prior : np.ndarray, optional
        Signed distance to the expected outline in pixels, float32 [SIDE, SIDE]; by default what
        the shapes of the neighbouring examples say.

    Returns
    -------
    np.ndarray
        float32 [GUIDANCE_CHANNELS, SIDE, SIDE].
    """
    if prior is None:
        prior = _shape_prior(taught, index, known)
    away = min(abs(example - index) for example in known) * taught.slice_mm / taught.crop.pixel_mm
    guidance = torch.zeros(GUIDANCE_CHANNELS, SIDE, SIDE)
    guidance[PRIOR] = prior_channel(torch.from_numpy(prior), SIDE)
    guidance[DISTANCE] = distance_channel(torch.tensor(away), SIDE)
    return guidance.numpy()


def _shape_prior(taught: TaughtSegment, index: int, known: Sequence[int]) -> np.ndarray:
    """Signed distance interpolated between the neighbouring examples, in pixels."""
    below, above = neighbours(known, index)
    if below is not None and above is not None:
        first, last = (torch.from_numpy(taught.distances[known])[None] for known in (below, above))
        share = torch.tensor([(index - below) / (above - below)])
        return between_outlines(first, last, share)[0].clamp(-SIDE / 4, SIDE / 4).numpy()
    # Beyond the outermost example its own outline is all there is.
    return taught.distances[min(known, key=lambda example: abs(example - index))]


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
