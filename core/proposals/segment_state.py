"""A segment being proposed: what is known of it beforehand, and what the passes found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from torch import Tensor

from core.network.overlap import dice
from core.proposals.crop import Crop, crop_around
from core.proposals.examples import SegmentExamples, neighbours
from core.proposals.expected_dice import expected_dice, signs_of
from core.proposals.extent import reach
from core.proposals.extrapolation import outline_towards_end, trend_of
from core.proposals.interpolation import between_examples, example_distances
from core.proposals.joint_engine import Predictor
from core.proposals.methods import MethodName, uses_network
from core.proposals.network_prompt import ImagesOf, NetworkPrompt, encode_examples
from core.proposals.recent_examples import OfSeries
from core.proposals.scores import LIMIT, interpolation_score, network_score
from core.proposals.steps import Steps
from core.segments.ends import UNSTATED, Ends

PENALTY_PER_SLICE = 0.05
"""Log-odds by which a structure beyond the examples grows less likely with every slice."""


@dataclass(frozen=True, eq=False)
class PreparedSegment:
    """What is known of a segment before anything is proposed.

    Attributes
    ----------
    number : int
        Segment number.
    crop : Crop
        The structure's neighbourhood; masks and distances here are on the pixels of its window.
    examples : mapping of int to np.ndarray
        bool [row, column] by slice index.
    distances : mapping of int to np.ndarray or None
        Signed distance to each example's outline in mm; None where the structure is absent.
    prompt : NetworkPrompt or None
        The examples as the network takes them; None for a method without the network.
    reach : int
        Slices to follow the structure beyond its examples at most, unless it stays certain.
    ends : Ends
        First and last slice that show the structure, where a person has stated them.
    beyond : frozenset of int
        Those of `examples` that nobody confirmed: slices next to the stated ends, without the
        structure.
    """

    number: int
    crop: Crop
    examples: Mapping[int, np.ndarray]
    distances: Mapping[int, np.ndarray | None]
    prompt: NetworkPrompt | None
    reach: int
    ends: Ends = UNSTATED
    beyond: frozenset[int] = frozenset()

    @cached_property
    def areas(self) -> dict[int, int]:
        """Pixels of every example by slice index."""
        return {index: int(mask.sum()) for index, mask in self.examples.items()}

    def gap(self, index: int) -> int:
        """Slices to the nearest example that a person confirmed."""
        return min(abs(index - known) for known in self.examples.keys() - self.beyond)

    def agreement(self, index: int) -> float | None:
        """How well the examples around a slice agree (`Signs`); None beyond the outermost."""
        below, above = neighbours(self.examples, index)
        if below is None or above is None:
            return None
        if self.prompt is None or not self.prompt.engine.guidance_channels:
            return dice(self.examples[below], self.examples[above])
        return float(self.prompt.opinions(below, above).agreement[0])

    def is_between_examples(self, index: int) -> bool:
        """Whether there are examples, other than the slice itself, on both sides of it."""
        return None not in neighbours(self.examples, index)

    def slice_behind_end(self, index: int) -> int | None:
        """Slice behind a stated end, where no example lies between it and an index."""
        return next((one for one in neighbours(self.examples, index) if one in self.beyond), None)

    def reaches_series_end(self, direction: int) -> bool:
        """Whether the structure is stated to reach the end of the series in a direction (−1, 1).

        Only to be asked beyond the outermost examples, among which is the slice behind an end.
        """
        return (self.ends.last if direction > 0 else self.ends.first) is not None

    def distance_between(self, index: int) -> np.ndarray | None:
        """Signed distance in mm to the outline between two examples, or an example and an end."""
        absent = self.slice_behind_end(index)
        if absent is None:
            return between_examples(self.distances, index)
        return outline_towards_end(self.distances, self.areas, index, absent)

    def end_penalty(self, index: int) -> float:
        """Log-odds by which the structure is less likely, because it ends somewhere near."""
        below, above = neighbours(self.examples, index)
        if self.slice_behind_end(index) is not None:
            return 0.0
        if below is None or above is None:
            if self.reaches_series_end(1 if above is None else -1):
                return 0.0
            return PENALTY_PER_SLICE * self.gap(index) + self._pixels_behind_end(index)
        present = [place for place in (below, above) if self.distances[place] is not None]
        if len(present) != 1:
            return 0.0
        # It may end anywhere on the way to an example without it, with the same chance.
        way = abs(index - present[0]) / (above - below)
        return max(0.0, float(np.log(way / (1 - way))))

    def _pixels_behind_end(self, index: int) -> float:
        """How far a slice lies behind the end that the areas let expect, in pixels of the network.

        Log-odds fall by 1 for each, as they do beside an outline (`interpolation_score`).
        """
        trend = trend_of(self.areas, index)
        if trend is None or self.prompt is None:
            return 0.0
        return trend.slices_behind_end(index) * self.prompt.step


@dataclass(frozen=True, eq=False)
class FirstAnswer:
    """What the first pass found on a slice.

    Attributes
    ----------
    mask : np.ndarray
        bool [row, column] of the crop's window.
    logits : np.ndarray or None
        The network's answer, float32 [SIDE, SIDE], kept so that another weight is cheap.
    carried : Tensor or None
        Beyond the examples, the outline of the outermost one carried to this slice: signed
        distance in pixels of the network, float32 [SIDE, SIDE].
    """

    mask: np.ndarray
    logits: np.ndarray | None = None
    carried: Tensor | None = None


@dataclass(frozen=True, eq=False)
class SegmentState:
    """A segment after the passes.

    Attributes
    ----------
    segment : PreparedSegment
        What was known beforehand.
    first : mapping of int to FirstAnswer
        Findings of the first pass by slice index.
    tiled : dict of int to np.ndarray
        Log-odds of slices that were asked again in tiles, the mean of both answers: float16 on
        the crop's window.
    """

    segment: PreparedSegment
    first: Mapping[int, FirstAnswer]
    tiled: dict[int, np.ndarray] = field(default_factory=dict)

    def opinion(self, index: int) -> np.ndarray:
        """Log-odds of the structure on a slice, whether it was followed there or not."""
        return score(self.segment, index, self.first[index].logits, self.tiled.get(index))

    def log_odds(self, index: int) -> np.ndarray:
        """Log-odds of the proposal: float32 on the crop's window, minus infinity outside of it."""
        opinion = self.opinion(index)
        is_between = self.segment.is_between_examples(index)
        found = opinion > 0 if is_between else self.first[index].mask
        return np.where(found, opinion, np.float32(-np.inf))

    def expected_dice(self, index: int, log_odds: np.ndarray) -> float | None:
        """Dice to expect of a proposal with these log-odds, in [0, 1]; None for an empty one."""
        if not (log_odds > -np.inf).any():
            return None
        bounded = np.where(log_odds > -np.inf, log_odds, -LIMIT)
        agreement = self.segment.agreement(index)
        return expected_dice(signs_of(bounded, agreement, self.segment.gap(index)))


def prepare_segment(
    examples: SegmentExamples,
    spacing: tuple[float, float, float],
    engine: Predictor | None,
    method: MethodName,
    images_of: ImagesOf,
    beyond: Collection[int] = (),
    steps: Steps | None = None,
    recent: OfSeries[NetworkPrompt] | None = None,
) -> PreparedSegment:
    """Make a segment's examples ready.

    Parameters
    ----------
    examples : SegmentExamples
        At least one mask not empty.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    engine : Predictor or None
        The network, if the method uses it.
    method : MethodName
        How to propose.
    images_of : callable
        Gives prepared images.
    beyond : collection of int
        Slices next to the stated ends, from `SegmentExamples.beyond_ends`.
    steps : Steps, optional
        Told how far the work is, and asked whether to go on with it.
    recent : OfSeries, optional
        Keeps what was worked out about examples of the series.

    Returns
    -------
    PreparedSegment
        For the passes.
    """
    crop = crop_around(examples.masks.values(), spacing)
    nothing = np.zeros_like(next(iter(examples.masks.values())))
    known = {**examples.masks, **dict.fromkeys(beyond, nothing)}
    masks = {index: mask[crop.window] for index, mask in known.items()}
    prompt = None
    if engine is not None and uses_network(method):
        prompt = encode_examples(
            engine, crop, images_of, known, spacing[0], steps=steps, recent=recent
        )
    return PreparedSegment(
        number=examples.number,
        crop=crop,
        examples=masks,
        distances=example_distances(masks, crop.pixel_spacing),
        prompt=prompt,
        reach=reach(examples.masks, spacing[0], crop),
        ends=examples.enclosing_ends,
        beyond=frozenset(beyond),
    )


def score(
    segment: PreparedSegment,
    index: int,
    logits: np.ndarray | None,
    tiled: np.ndarray | None = None,
) -> np.ndarray:
    """Say how likely the structure is on a slice.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    index : int
        The slice; between examples if the network was not asked.
    logits : np.ndarray or None
        The network's answer, float32 [SIDE, SIDE]; without it, the examples' shapes decide.
    tiled : np.ndarray, optional
        Of a slice that was asked again in tiles, on the crop's window: counts instead of `logits`.

    Returns
    -------
    np.ndarray
        Log-odds of the structure, float32 on the crop's window.
    """
    if tiled is not None:
        opinion = tiled.astype(np.float32)
    elif logits is not None:
        opinion = network_score(segment.crop, logits)
    else:
        opinion = _shape_score(segment, index)
    if segment.slice_behind_end(index) is not None and opinion.max() <= 0:
        # The structure is known to reach its end, so where nothing is found its shape has to do.
        return _shape_score(segment, index)
    return opinion - segment.end_penalty(index)


def _shape_score(segment: PreparedSegment, index: int) -> np.ndarray:
    """Log-odds that the examples' shapes suggest; the lowest where they suggest nothing."""
    distance = segment.distance_between(index)
    if distance is None:
        return np.full(next(iter(segment.examples.values())).shape, -LIMIT, np.float32)
    return interpolation_score(segment.crop, distance)
