"""One segment being proposed: its examples made ready, and what was found so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np

from core.network.engine import Engine
from core.proposals.crop import Crop, crop_around
from core.proposals.examples import Method, SegmentExamples, neighbours, neighbours_overlap
from core.proposals.expected_dice import Signs
from core.proposals.extent import between, continued, outward, reach
from core.proposals.extrapolation import outline_beyond, trend_of
from core.proposals.interpolation import between_examples, example_distances
from core.proposals.mixing import (
    LIMIT,
    interpolation_score,
    mixed,
    network_score,
    sureness,
)
from core.proposals.network_opinion import (
    ImagesOf,
    TaughtSegment,
    predict_logits,
    teach,
)
from core.proposals.optical_flow import MotionOf, carry, flow_between
from core.proposals.trust import Trust

LEAST_SURENESS = 0.6
"""Beyond the examples, a structure that is less sure than this has ended."""

SURE_TO_GO_ON = 0.65
"""A structure this sure is followed beyond the reach of its examples, up to `FARTHEST` of it."""

FARTHEST = 4
"""Reaches to follow a structure that stays sure."""

FADING = 0.05
"""Log-odds by which a structure beyond the examples grows less likely with every slice."""

FADING_BEHIND_END = 0.6
"""The same behind the place where the areas of the examples let it end, in addition."""

INWARD = 0
"""Direction of a visit to a slice between examples; −1 and 1 lead away from the outermost."""


@dataclass(frozen=True, order=True)
class Visit:
    """A slice to look at, ordered by its distance in slices to the nearest example."""

    gap: int
    segment: int
    slice: int
    direction: int


@dataclass(eq=False)
class SegmentWork:
    """A segment with its examples and findings.

    Attributes
    ----------
    number : int
        Segment number.
    method : Method
        How to propose.
    crop : Crop
        The structure's neighbourhood; masks and distances here are on the pixels of its window.
    slice_mm : float
        Distance between slices in mm.
    examples : mapping of int to np.ndarray
        bool [row, column] by slice index.
    distances : mapping of int to np.ndarray or None
        Signed distance to each example's outline in mm; None where the structure is absent.
    taught : TaughtSegment or None
        The examples as the network takes them; None for the method "interpolation".
    reach : int
        Slices to follow the structure beyond its examples at most.
    trust : Trust
        How far to follow the network.
    second_share : float
        How far to follow the second answers, in [0, 1].
    logits : dict of int to np.ndarray
        The network's answers, float32 [SIDE, SIDE], kept so that a change of trust is cheap.
    second : dict of int to np.ndarray
        The same where there was a second look.
    found : dict of int to np.ndarray
        bool [row, column] of every visited slice.
    carried : dict of int to np.ndarray
        Outlines of the outermost examples carried beyond them, as far as was looked: signed
        distances in pixels of the network, float32 [SIDE, SIDE].
    motions : dict of (int, int) to np.ndarray
        Flow from one slice to another beside it, as far as it was needed.
    """

    number: int
    method: Method
    crop: Crop
    slice_mm: float
    examples: Mapping[int, np.ndarray]
    distances: Mapping[int, np.ndarray | None]
    taught: TaughtSegment | None
    reach: int
    trust: Trust
    second_share: float = 1.0
    logits: dict[int, np.ndarray] = field(default_factory=dict)
    second: dict[int, np.ndarray] = field(default_factory=dict)
    found: dict[int, np.ndarray] = field(default_factory=dict)
    carried: dict[int, np.ndarray] = field(default_factory=dict)
    motions: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    @cached_property
    def areas(self) -> dict[int, int]:
        """Pixels of every example by slice index."""
        return {index: int(mask.sum()) for index, mask in self.examples.items()}

    def gap(self, index: int) -> int:
        """Slices to the nearest example."""
        return min(abs(index - known) for known in self.examples)

    def network_share(self, index: int) -> float:
        """Weight of the network on a slice, in [0, 1]; 1 where shapes alone tell nothing."""
        if self.shape(index) is None:
            return 1.0
        return self.trust.network_share(neighbours_overlap(self.examples, index))

    def shape(self, index: int) -> np.ndarray | None:
        """Signed distance in mm that the examples' shapes alone tell of a slice, if any."""
        trend = trend_of(self.areas, index)
        if trend is None:
            return between_examples(self.distances, index)
        return outline_beyond(self.distances, index, trend)

    def doubt(self, index: int) -> float:
        """Log-odds by which the structure is less likely, because it ends somewhere near."""
        below, above = neighbours(self.examples, index)
        if below is None or above is None:
            trend = trend_of(self.areas, index)
            behind = 0.0 if trend is None else trend.slices_behind_end(index)
            return FADING * self.gap(index) + FADING_BEHIND_END * behind
        present = [place for place in (below, above) if self.distances[place] is not None]
        if len(present) != 1:
            return 0.0
        # It may end anywhere on the way to an example without it, with the same chance.
        way = abs(index - present[0]) / (above - below)
        return max(0.0, float(np.log(way / (1 - way))))


def begin(
    segment: SegmentExamples,
    spacing: tuple[float, float, float],
    engine: Engine | None,
    method: Method,
    images_of: ImagesOf,
) -> SegmentWork:
    """Make a segment's examples ready.

    Parameters
    ----------
    segment : SegmentExamples
        At least one mask not empty.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    engine : Engine or None
        The network, unless the method is "interpolation".
    method : Method
        How to propose.
    images_of : callable
        Gives prepared images.

    Returns
    -------
    SegmentWork
        Nothing found yet.
    """
    crop = crop_around(segment.masks.values(), spacing)
    examples = {index: mask[crop.window] for index, mask in segment.masks.items()}
    taught = None
    if engine is not None and method != "interpolation":
        taught = teach(engine, crop, images_of, segment.masks, spacing[0])
    fixed = {"auto": None, "network": 1.0, "interpolation": 0.0}[method]
    return SegmentWork(
        number=segment.number,
        method=method,
        crop=crop,
        slice_mm=spacing[0],
        examples=examples,
        distances=example_distances(examples, crop.pixel_spacing),
        taught=taught,
        reach=reach(examples, spacing[0], crop),
        trust=Trust(fixed=fixed),
    )


def first_visits(work: SegmentWork, slices: int) -> list[Visit]:
    """List the slices to look at before anything was found.

    Parameters
    ----------
    work : SegmentWork
        The segment.
    slices : int
        Slices of the series.

    Returns
    -------
    list of Visit
        All slices between examples, and the first beyond them if the network is there to tell
        where the structure ends.
    """
    visits = [
        Visit(work.gap(index), work.number, index, INWARD) for index in between(work.examples)
    ]
    if work.taught is not None:
        visits += [
            Visit(1, work.number, index + direction, direction)
            for index, direction in outward(work.examples, slices)
        ]
    return visits


def look(
    work: SegmentWork, visits: Sequence[Visit], engine: Engine | None, images_of: ImagesOf
) -> None:
    """Find the structure on some slices.

    Parameters
    ----------
    work : SegmentWork
        The segment; what is found is added to it.
    visits : sequence of Visit
        Slices of this segment.
    engine : Engine or None
        The network that was taught.
    images_of : callable
        Gives prepared images.
    """
    indices = [visit.slice for visit in visits]
    if work.taught is not None and engine is not None:
        priors = _carried_beyond(work, visits, images_of)
        logits = predict_logits(engine, work.taught, images_of, indices, priors=priors)
        work.logits.update(zip(indices, logits, strict=True))
    for visit in visits:
        opinion = score(work, visit.slice)
        mask = opinion > 0
        if visit.direction != INWARD:
            previous = visit.slice - visit.direction
            before = {**work.examples, **work.found}[previous]
            sure = sureness(opinion) >= LEAST_SURENESS
            mask = continued(mask, before, work.crop) & sure
        work.found[visit.slice] = mask


def _carried_beyond(
    work: SegmentWork, visits: Sequence[Visit], images_of: ImagesOf
) -> dict[int, np.ndarray]:
    """Carry the outermost outlines one slice farther, to the visits beyond the examples."""
    assert work.taught is not None
    motion = motion_of(work, images_of)
    outward_bound = [visit for visit in visits if visit.direction != INWARD]
    for visit in outward_bound:
        before = visit.slice - visit.direction
        distance = work.carried.get(before, work.taught.distances.get(before))
        assert distance is not None
        work.carried[visit.slice] = carry(distance, motion(visit.slice, before))
    return {visit.slice: work.carried[visit.slice] for visit in outward_bound}


def motion_of(work: SegmentWork, images_of: ImagesOf) -> MotionOf:
    """Give what finds the flow between two slices of a segment that was taught, each time once."""

    @cache
    def picture(index: int) -> np.ndarray:
        assert work.taught is not None
        return work.taught.pictures(images_of([index]))[0]

    def motion(index: int, other: int) -> np.ndarray:
        if (index, other) not in work.motions:
            work.motions[index, other] = flow_between(picture(index), picture(other))
        return work.motions[index, other]

    return motion


def next_visit(work: SegmentWork, visit: Visit, slices: int) -> Visit | None:
    """Go on beyond the examples while the structure does, and the reach, unless it stays sure."""
    following = visit.slice + visit.direction
    goes_on = visit.direction != INWARD and bool(work.found[visit.slice].any())
    if not goes_on or not 0 <= following < slices:
        return None
    if visit.gap >= work.reach:
        sure = sureness(np.clip(score(work, visit.slice), -LIMIT, LIMIT)) >= SURE_TO_GO_ON
        if not sure or visit.gap >= work.reach * FARTHEST:
            return None
    return Visit(visit.gap + 1, visit.segment, following, visit.direction)


def score(work: SegmentWork, index: int) -> np.ndarray:
    """Log-odds of the structure on a slice that was looked at: float32 on the crop's window."""
    logits, distance = work.logits.get(index), work.shape(index)
    if logits is not None:
        logits = blended(logits, work.second.get(index), work.second_share)
    opinion = mixed(
        None if logits is None else network_score(work.crop, logits),
        None if distance is None else interpolation_score(work.crop, distance),
        work.network_share(index),
    )
    return opinion - work.doubt(index)


def expected(work: SegmentWork, index: int) -> float | None:
    """Dice to expect of what was found on a slice.

    None where nothing was found, and where too few examples tell.
    """
    if not work.found[index].any():
        return None
    bounded = np.where(work.found[index], score(work, index), -LIMIT)
    overlap = neighbours_overlap(work.examples, index)
    return work.trust.expected_dice(Signs(sureness(bounded), overlap, work.gap(index)))


def claim(work: SegmentWork, index: int) -> np.ndarray:
    """Log-odds on a whole slice: float32 [row, column], minus infinity where nothing was found."""
    canvas = np.full(work.crop.shape, -np.inf, np.float32)
    canvas[work.crop.window] = np.where(work.found[index], score(work, index), -np.inf)
    return canvas


def blended(first: np.ndarray, second: np.ndarray | None, share: float) -> np.ndarray:
    """Follow a second answer, if there is one, as far as its share in [0, 1]; all are logits."""
    if second is None:
        return first
    return (1 - share) * np.clip(first, -LIMIT, LIMIT) + share * second
