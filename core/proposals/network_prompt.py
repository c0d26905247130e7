"""A segment's examples as the network takes them, encoded once, and what lies between them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from core.network.cores import on_cores
from core.network.engine import EncodedExample
from core.network.outlines import between_outlines
from core.proposals.crop import SIDE, Crop
from core.proposals.examples import neighbours
from core.proposals.intensity import contrast_around, scale, value_range
from core.proposals.joint_engine import Predictor
from core.proposals.motion import Motion
from core.proposals.opinions import Opinions, bounded_distances, opinions_between
from core.proposals.optical_flow import AT_ONCE
from core.proposals.recent_examples import OfSeries, digest_of_masks
from core.proposals.steps import Steps

_PICTURES_KEPT = 256
"""Slices of a segment that are kept as the network sees them, 64 KiB each."""

ImagesOf = Callable[[Sequence[int]], np.ndarray]
"""Gives the prepared images of slices: float32 [slices, row, column], values in [0, 1]."""


@dataclass(frozen=True, eq=False)
class NetworkPrompt:
    """A segment's examples as the network takes them, ready for queries.

    Attributes
    ----------
    engine : Predictor
        The network that encoded the examples.
    images_of : callable
        Gives prepared images.
    crop : Crop
        What the network sees of every slice.
    slice_mm : float
        Distance between slices in mm.
    contrast : tuple of float
        Values of prepared images that the network sees as 0 and as 1.
    is_turned : bool
        Whether the network is shown everything turned by 180°; nothing here is.
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
    flows : dict of (int, int) to Tensor
        Optical flow between slices so far; see `core.proposals.motion.Motion`.
    answers : dict of Hashable to np.ndarray
        What the network has said so far, float32 [SIDE, SIDE], by all that was asked.
    steps : Steps
        Told how far the work is, and asked whether to go on with it.
    recent : OfSeries or None
        Keeps this, and what else is worked out about these examples, for other requests.
    """

    engine: Predictor
    images_of: ImagesOf
    crop: Crop
    slice_mm: float
    contrast: tuple[float, float]
    is_turned: bool
    encoded: Mapping[int, EncodedExample]
    labels: Mapping[int, Tensor]
    distances: Mapping[int, Tensor]
    between: dict[tuple[int, int], Opinions] = field(default_factory=dict)
    outlines: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    flows: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    answers: dict[Hashable, np.ndarray] = field(default_factory=dict)
    steps: Steps = field(default_factory=Steps)
    recent: "OfSeries[NetworkPrompt] | None" = None

    @property
    def nbytes(self) -> int:
        """Bytes of all that was found out so far, without pictures."""
        opinions = [
            part
            for one in list(self.between.values())
            for part in (one.from_below, one.from_above, one.walked)
        ]
        examples = [*self.labels.values(), *self.distances.values()]
        # These grow meanwhile, in other threads.
        found = [*list(self.outlines.values()), *list(self.flows.values())]
        encoded = sum(one.nbytes for one in self.encoded.values())
        answers = sum(one.nbytes for one in list(self.answers.values()))
        return encoded + answers + sum(int(one.nbytes) for one in [*opinions, *examples, *found])

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
        return Motion(self.pictures, self.engine.device, self.flows)

    def looks_between(self, below: int, above: int) -> int:
        """Count the steps of finding out what lies between two examples.

        For every slice flows, outlines carried there, the random walk, and the interpolation;
        none of what is known already.
        """
        inner = above - below - 1
        looks = 0 if (below, above) in self.outlines else inner
        if (below, above) not in self.between:
            looks += len(self.motion.missing(below, above)) + 2 * inner
        return looks

    def unfollowed(self, below: int, above: int) -> list[Sequence[tuple[int, int]]]:
        """List the steps whose flows are missing between two slices, in parts for `follow`."""
        missing = self.motion.missing(below, above)
        on_processor = self.engine.device.type == "cpu"
        most = AT_ONCE // 2 if on_processor else max(1, len(missing))
        return [missing[start : start + most] for start in range(0, len(missing), most)]

    def follow(self, steps: Sequence[tuple[int, int]]) -> None:
        """Compute the flows of some steps from slice to slice."""
        self.steps.done()
        self.motion.compute(steps)
        self.steps.done(len(steps))

    def opinions(self, below: int, above: int) -> Opinions:
        """Ask every method about the slices between two examples; neighbours are remembered."""
        known = self.between.get((below, above))
        if known is not None:
            return known
        for step in self.unfollowed(below, above):
            self.follow(step)
        device = self.engine.device
        found = opinions_between(
            torch.from_numpy(self.pictures(range(below, above + 1)))[None].to(device),
            self.labels[below][None].to(device),
            self.labels[above][None].to(device),
            torch.tensor([self.step], device=device),
            flows=self.motion.along(below, above).to(device),
            done=self.steps.done,
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

        def interpolate(part: Tensor) -> Tensor:
            size = (len(part), -1, -1)
            outlines = between_outlines(first.expand(size), last.expand(size), part)
            self.steps.done(len(part))
            return outlines.clamp(-SIDE / 4, SIDE / 4).half()

        found = torch.cat(on_cores(interpolate, shares.split(AT_ONCE)))
        if neighbours(self.encoded, below)[1] == above:
            self.outlines[below, above] = found
        return found


def encode_examples(
    engine: Predictor,
    crop: Crop,
    images_of: ImagesOf,
    masks: Mapping[int, np.ndarray],
    slice_mm: float,
    contrast: tuple[float, float] | None = None,
    is_turned: bool = False,
    steps: Steps | None = None,
    recent: OfSeries[NetworkPrompt] | None = None,
) -> NetworkPrompt:
    """Crop and encode the examples of one segment.

    Parameters
    ----------
    engine : Predictor
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
    is_turned : bool
        Whether the network is to be shown everything turned by 180°.
    steps : Steps, optional
        Told how far the work is, and asked whether to go on with it.
    recent : OfSeries, optional
        Keeps what was worked out about examples of the series whose images these are.

    Returns
    -------
    NetworkPrompt
        For `predict_logits`.
    """
    if recent is not None:
        key = (engine, crop, slice_mm, contrast, is_turned, digest_of_masks(masks))
        kept = recent.get(key)
        if kept is None:
            prompt = encode_examples(
                engine, crop, images_of, masks, slice_mm, contrast, is_turned, steps
            )
            kept = replace(prompt, images_of=_no_images, steps=Steps())
        recent.keep(key, kept)
        return replace(kept, images_of=images_of, steps=steps or Steps(), recent=recent)
    known, watched = sorted(masks), steps or Steps()

    def cropped(index: int) -> tuple[np.ndarray, np.ndarray, Tensor]:
        watched.done()
        label = crop.masks(masks[index])
        return crop.images(images_of([index]))[0], label, bounded_distances(torch.from_numpy(label))

    images, labels, distances = zip(*on_cores(cropped, known), strict=True)
    pictures, masks_shown = np.stack(images), np.stack(labels)
    if is_turned:
        pictures, masks_shown = turned(pictures), turned(masks_shown)
    encoded, contrast = encode_with_contrast(engine, pictures, masks_shown, contrast)
    return NetworkPrompt(
        engine=engine,
        images_of=images_of,
        crop=crop,
        slice_mm=slice_mm,
        contrast=contrast,
        is_turned=is_turned,
        encoded=dict(zip(known, encoded, strict=True)),
        labels=dict(zip(known, map(torch.from_numpy, labels), strict=True)),
        distances=dict(zip(known, distances, strict=True)),
        steps=watched,
    )


def turned(maps: np.ndarray) -> np.ndarray:
    """Turn maps [..., row, column] by 180°."""
    return maps[..., ::-1, ::-1]


def range_of(
    volume: np.ndarray, modality: str, recent: OfSeries[NetworkPrompt] | None
) -> tuple[float, float]:
    """Choose the values of a series that become 0 and 1, or remember them."""
    if recent is None:
        return value_range(volume, modality)
    return recent.value_range(modality, lambda: value_range(volume, modality))


def _no_images(slices: Sequence[int]) -> np.ndarray:
    """Stand for the images of a series that nobody may have open any more."""
    raise AssertionError("what is kept is given the images of a series before it is used")


def encode_with_contrast(
    engine: Predictor,
    images: np.ndarray,
    labels: np.ndarray,
    contrast: tuple[float, float] | None = None,
) -> tuple[list[EncodedExample], tuple[float, float]]:
    """Encode examples as the network is shown them: in the structure's own range of intensities.

    Parameters
    ----------
    engine : Predictor
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
