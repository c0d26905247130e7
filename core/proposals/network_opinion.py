"""What the network is given: a segment's examples, cropped and encoded once, and the priors.

The guidance is that of training, rule by rule: see `core.training.guidance` and
`core.network.guidance`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from core.network.engine import EncodedExample, Engine
from core.network.guidance import (
    DISTANCE,
    GUIDANCE_CHANNELS,
    PRIOR,
    distance_channel,
    prior_channel,
)
from core.network.outlines import between_outlines
from core.proposals.crop import SIDE, Crop
from core.proposals.examples import neighbours
from core.proposals.intensity import contrast_around, scale
from core.proposals.motion import Motion
from core.proposals.opinions import Opinions, bounded_distances, opinions_between
from core.proposals.optical_flow import carried
from core.proposals.query_guidance import Direction, Walk, query_guidance

SUPPORT = 8
"""Examples that a query is shown at most, the nearest first: of 17 structures with 16 drawn slices,
4, 8 and 16 of them gave a mean Dice of 0.929, 0.933 and 0.931."""

BATCH = 4
"""Slices predicted at a time: a cancellation waits for as many."""

_PICTURES_KEPT = 256
"""Slices of a segment that are kept as the network sees them, 64 KiB each."""

_OUTLINES_AT_ONCE = 16
"""Slices whose outlines are interpolated together, so that a processor's cache holds them."""

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
    labels : mapping of int to Tensor
        Masks of the examples, bool [SIDE, SIDE] by slice index.
    distances : mapping of int to Tensor
        Signed distance to each example's outline in pixels of the network, positive inside,
        bounded as in training: float32 [SIDE, SIDE] by slice index.
    between : dict of (int, int) to Opinions
        What was found between two neighbouring examples so far.
    outlines : dict of (int, int) to Tensor
        Outlines interpolated between two neighbouring examples so far; see `interpolated`.
    """

    engine: Engine
    images_of: ImagesOf
    crop: Crop
    slice_mm: float
    contrast: tuple[float, float]
    encoded: Mapping[int, EncodedExample]
    labels: Mapping[int, Tensor]
    distances: Mapping[int, Tensor]
    between: dict[tuple[int, int], Opinions] = field(default_factory=dict)
    outlines: dict[tuple[int, int], Tensor] = field(default_factory=dict)

    @property
    def step(self) -> float:
        """Distance between slices in pixels of the network."""
        return self.slice_mm / self.crop.pixel_mm

    def pictures(self, slices: Sequence[int]) -> np.ndarray:
        """Give slices as the network sees them: float32 [slices, SIDE, SIDE], in [0, 1]."""
        return np.stack([self._picture(index) for index in slices])

    @cached_property
    def _picture(self) -> Callable[[int], np.ndarray]:
        """Gives one slice; those asked for last are kept, since neighbours need them as well."""

        @lru_cache(maxsize=_PICTURES_KEPT)
        def picture(index: int) -> np.ndarray:
            return scale(self.crop.images(self.images_of([index])), self.contrast)[0]

        return picture

    @cached_property
    def motion(self) -> Motion:
        """Gives the optical flow between slices, each computed once."""
        return Motion(self.pictures, self.engine.device)

    def opinions(self, below: int, above: int) -> Opinions:
        """Ask every method about the slices between two examples; neighbours are remembered."""
        known = self.between.get((below, above))
        if known is not None:
            return known
        device = self.engine.device
        found = opinions_between(
            torch.from_numpy(self.pictures(range(below, above + 1)))[None].to(device),
            self.labels[below][None].to(device),
            self.labels[above][None].to(device),
            torch.tensor([self.step], device=device),
            flows=self.motion.along(below, above).to(device),
        ).kept()
        if neighbours(self.encoded, below)[1] == above:
            self.between[below, above] = found
        return found

    def interpolated(self, below: int, above: int) -> Tensor:
        """Interpolate the outline on the slices between two examples; neighbours are remembered.

        Parameters
        ----------
        below, above : int
            The examples, with a slice between them at least.

        Returns
        -------
        Tensor
            Signed distance in pixels, float16 [slices between, SIDE, SIDE].
        """
        known = self.outlines.get((below, above))
        if known is not None:
            return known
        first, last = self.distances[below], self.distances[above]
        shares = torch.arange(1, above - below) / (above - below)
        parts = [
            between_outlines(first.expand(len(part), -1, -1), last.expand(len(part), -1, -1), part)
            for part in shares.split(_OUTLINES_AT_ONCE)
        ]
        found = torch.cat(parts).clamp(-SIDE / 4, SIDE / 4).half()
        if neighbours(self.encoded, below)[1] == above:
            self.outlines[below, above] = found
        return found


def encode_examples(
    engine: Engine,
    crop: Crop,
    images_of: ImagesOf,
    masks: Mapping[int, np.ndarray],
    slice_mm: float,
    contrast: tuple[float, float] | None = None,
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
    contrast : tuple of float, optional
        Values of prepared images that the network sees as 0 and as 1; by default the structure's
        own range.

    Returns
    -------
    NetworkPrompt
        For `predict_logits`.
    """
    known = sorted(masks)
    labels = crop.masks(np.stack([masks[index] for index in known]))
    encoded, contrast = encode_with_contrast(
        engine, crop.images(images_of(known)), labels, contrast
    )
    return NetworkPrompt(
        engine=engine,
        images_of=images_of,
        crop=crop,
        slice_mm=slice_mm,
        contrast=contrast,
        encoded=dict(zip(known, encoded, strict=True)),
        labels=dict(zip(known, torch.from_numpy(labels), strict=True)),
        distances=dict(zip(known, bounded_distances(torch.from_numpy(labels)), strict=True)),
    )


def encode_with_contrast(
    engine: Engine,
    images: np.ndarray,
    labels: np.ndarray,
    contrast: tuple[float, float] | None = None,
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
    contrast : tuple of float, optional
        Another range.

    Returns
    -------
    list of EncodedExample, tuple of float
        The examples, and the contrast that queries have to be scaled to as well.
    """
    contrast = contrast or contrast_around(images, labels)
    return engine.encode(scale(images, contrast), labels.astype(np.float32)), contrast


def predict_logits(
    prompt: NetworkPrompt,
    slices: Sequence[int],
    *,
    guided: bool = True,
    beyond: Mapping[int, Tensor] | None = None,
    support: int = SUPPORT,
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
    beyond : mapping of int to Tensor, optional
        Beyond the outermost example: signed distance in pixels to its outline carried to the
        slice, float32 [SIDE, SIDE]; carried there from the example where not given.
    support : int
        Examples that a query is shown at most.

    Returns
    -------
    np.ndarray
        float32 [slices, SIDE, SIDE], positive inside, on the grid of `prompt.crop`.
    """
    usable = [_nearest_first(prompt, index) for index in slices]
    order = {index: place for place, index in enumerate(prompt.encoded)}
    pictures = prompt.pictures(slices)
    guidance = None
    if guided and prompt.engine.guidance_channels:
        given = beyond or {}
        guidance = np.stack(
            [
                _guidance(prompt, index, torch.from_numpy(picture), known, given.get(index)).numpy()
                for index, picture, known in zip(slices, pictures, usable, strict=True)
            ]
        )
    return prompt.engine.predict(
        pictures,
        list(prompt.encoded.values()),
        guidance,
        [sorted(order[index] for index in known[:support]) for known in usable],
    )


def _nearest_first(prompt: NetworkPrompt, index: int) -> list[int]:
    """Examples to predict a slice from, never the slice itself."""
    return sorted(
        set(prompt.encoded) - {index}, key=lambda example: (abs(example - index), example)
    )


def carried_beyond(
    prompt: NetworkPrompt, index: int, inner: int, distance: Tensor | None = None
) -> Tensor:
    """Carry an outline along the images to a slice beyond the outermost example.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    index : int
        The slice.
    inner : int
        Where the outline is known: the example, or a slice on the way.
    distance : Tensor, optional
        Signed distance in pixels to the outline there, float32 [SIDE, SIDE]; the example's by
        default.

    Returns
    -------
    Tensor
        float32 [SIDE, SIDE].
    """
    found = prompt.distances[inner] if distance is None else distance
    step = 1 if index > inner else -1
    for place in range(inner + step, index + step, step):
        flow = prompt.motion.flow(place, place - step)
        found = carried(found[None], flow[None])[0]
    return found


def _guidance(
    prompt: NetworkPrompt,
    index: int,
    picture: Tensor,
    known: Sequence[int],
    carried_here: Tensor | None,
) -> Tensor:
    """Build the guidance of one query from the examples that may be used."""
    below, above = neighbours(known, index)
    if below is None or above is None:
        example = min(known, key=lambda place: abs(place - index))
        inner = index - 1 if below is not None else index + 1
        if carried_here is None:
            carried_here = carried_beyond(prompt, index, example)
        beside = torch.from_numpy(prompt.pictures([inner])[0])
        only = Direction(abs(example - index) * prompt.step, carried_here, beside)
        # Beyond the outermost example its own outline is all there is.
        prior = prompt.distances[example]
        towards = (only, None) if below is not None else (None, only)
        return query_guidance(picture, prior, towards[0], towards[1], None)
    said = prompt.opinions(below, above)
    place = index - below - 1
    sides = torch.from_numpy(prompt.pictures([index - 1, index + 1]))
    return query_guidance(
        picture,
        prompt.interpolated(below, above)[place].float(),
        Direction((index - below) * prompt.step, said.from_below[0, place].float(), sides[0]),
        Direction((above - index) * prompt.step, said.from_above[0, place].float(), sides[1]),
        Walk(said.walked[0, place].float(), float(said.agreement[0])),
    )


def correction_guidance(prompt: NetworkPrompt, index: int, expected: np.ndarray) -> np.ndarray:
    """Build the guidance of a slice whose mask is to be corrected.

    Parameters
    ----------
    prompt : NetworkPrompt
        The examples.
    index : int
        The slice.
    expected : np.ndarray
        Its mask, bool [SIDE, SIDE].

    Returns
    -------
    np.ndarray
        float32 [GUIDANCE_CHANNELS, SIDE, SIDE], without strokes.
    """
    away = min(abs(example - index) for example in prompt.encoded) * prompt.step
    guidance = torch.zeros(GUIDANCE_CHANNELS, SIDE, SIDE)
    guidance[PRIOR] = prior_channel(bounded_distances(torch.from_numpy(expected)), SIDE)
    guidance[DISTANCE] = distance_channel(torch.tensor(away), SIDE)
    return guidance.numpy()
