"""One segment being proposed: its examples made ready, and what was found so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.network.engine import Engine
from core.proposals.crop import Crop, crop_around
from core.proposals.evidence import (
    Trial,
    Trust,
    advise,
    compare,
    neighbours_overlap,
)
from core.proposals.examples import Method, SegmentExamples
from core.proposals.expectation import Signs
from core.proposals.extent import between, continued, outward, reach
from core.proposals.mixture import LIMIT, interpolation_score, mixed, network_score, sureness
from core.proposals.shape_interpolation import between_examples, example_distances
from core.proposals.taught import (
    ImagesOf,
    TaughtSegment,
    bounded_distances,
    predict_logits,
    teach,
    walked_priors,
)

DOUBTFUL_OVERLAP = 0.3
"""Below this Dice of two neighbouring examples with one another, shapes alone mislead."""

SURER_BY = 0.04
"""Another answer replaces the first only if the network is surer of it by this: on development
volumes an answer that followed a wrong lead was a little too sure of itself, too."""

LEAST_SURENESS = 0.6
"""Beyond the examples, a structure the network is less sure of than this has ended."""

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
    logits : dict of int to np.ndarray
        The network's answers, float32 [SIDE, SIDE], kept so that a change of trust is cheap.
    found : dict of int to np.ndarray
        bool [row, column] of every visited slice.
    """

    number: int
    method: Method
    crop: Crop
    examples: Mapping[int, np.ndarray]
    distances: Mapping[int, np.ndarray | None]
    taught: TaughtSegment | None
    reach: int
    trust: Trust
    logits: dict[int, np.ndarray] = field(default_factory=dict)
    found: dict[int, np.ndarray] = field(default_factory=dict)

    def gap(self, index: int) -> int:
        """Slices to the nearest example."""
        return min(abs(index - known) for known in self.examples)

    def network_share(self, index: int) -> float:
        """Weight of the network on a slice, in [0, 1]."""
        return self.trust.network_share(neighbours_overlap(self.examples, index))


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
        logits = predict_logits(engine, work.taught, images_of, indices)
        work.logits.update(zip(indices, logits, strict=True))
    for visit in visits:
        mask = score(work, visit.slice) > 0
        if visit.direction != INWARD:
            previous = visit.slice - visit.direction
            before = {**work.examples, **work.found}[previous]
            sure = sureness(work.logits[visit.slice]) >= LEAST_SURENESS
            mask = continued(mask, before, work.crop) & sure
        work.found[visit.slice] = mask


def doubtful(work: SegmentWork) -> list[int]:
    """List the visited slices between examples too unlike each other for their shapes to lead."""
    if work.taught is None:
        return []
    overlaps = {index: neighbours_overlap(work.examples, index) for index in work.found}
    return sorted(
        index
        for index, overlap in overlaps.items()
        if overlap is not None and overlap < DOUBTFUL_OVERLAP
    )


def look_again(work: SegmentWork, engine: Engine, images_of: ImagesOf) -> Iterator[int]:
    """Look at doubtful slices twice more, led by a random walk and from slice to slice.

    The network's first answer stays unless it is clearly surer of another.

    Parameters
    ----------
    work : SegmentWork
        A segment that was taught, with all slices visited.
    engine : Engine
        The network that was taught.
    images_of : callable
        Gives prepared images.

    Yields
    ------
    int
        The slice that was looked at: two times each of `doubtful`.
    """
    assert work.taught is not None
    indices = doubtful(work)
    priors = walked_priors(work.taught, images_of, indices)
    for index in indices:
        if index in priors:
            _ask_again(work, index, priors[index], engine, images_of)
        yield index
    # From the examples inwards: each slice is expected to look like those beside it.
    known = dict(work.taught.distances)
    for index in sorted(indices, key=lambda index: (work.gap(index), index)):
        beside = [known[near] for near in (index - 1, index + 1) if near in known]
        answer = _ask_again(work, index, np.mean(beside, axis=0), engine, images_of)
        known[index] = bounded_distances(answer > 0)
        yield index
    for index in indices:
        work.found[index] = score(work, index) > 0


def _ask_again(
    work: SegmentWork, index: int, prior: np.ndarray, engine: Engine, images_of: ImagesOf
) -> np.ndarray:
    """Ask the network with another prior, and keep its answer if it is clearly surer of it."""
    assert work.taught is not None
    answer = predict_logits(engine, work.taught, images_of, [index], priors={index: prior})[0]
    if sureness(answer) > sureness(work.logits[index]) + SURER_BY:
        work.logits[index] = answer
    return answer


def next_visit(work: SegmentWork, visit: Visit, slices: int) -> Visit | None:
    """Go on beyond the examples while the structure does, the reach lasts and there are slices."""
    following = visit.slice + visit.direction
    goes_on = visit.direction != INWARD and bool(work.found[visit.slice].any())
    if not goes_on or visit.gap >= work.reach or not 0 <= following < slices:
        return None
    return Visit(visit.gap + 1, visit.segment, following, visit.direction)


def score(work: SegmentWork, index: int) -> np.ndarray:
    """Log-odds of the structure on a slice that was looked at: float32 on the crop's window."""
    logits, distance = work.logits.get(index), between_examples(work.distances, index)
    return mixed(
        None if logits is None else network_score(work.crop, logits),
        None if distance is None else interpolation_score(work.crop, distance),
        work.network_share(index),
    )


def expected(work: SegmentWork, index: int) -> float | None:
    """Dice to expect of what was found on a slice.

    None where nothing was found, and where too few examples tell.
    """
    if not work.found[index].any():
        return None
    bounded = np.where(work.found[index], score(work, index), -LIMIT)
    overlap = neighbours_overlap(work.examples, index)
    return work.trust.expected_dice(Signs(sureness(bounded), overlap))


def claim(work: SegmentWork, index: int) -> np.ndarray:
    """Log-odds on a whole slice: float32 [row, column], minus infinity where nothing was found."""
    canvas = np.full(work.crop.shape, -np.inf, np.float32)
    canvas[work.crop.window] = np.where(work.found[index], score(work, index), -np.inf)
    return canvas


def trials(work: SegmentWork, engine: Engine | None, images_of: ImagesOf) -> Iterator[Trial]:
    """Predict each example from the others, one by one.

    Parameters
    ----------
    work : SegmentWork
        The segment.
    engine : Engine or None
        The network that was taught.
    images_of : callable
        Gives prepared images.

    Yields
    ------
    Trial
        One per example with the structure, where others have it, too.
    """
    present = [index for index, mask in work.examples.items() if mask.any()]
    if len(present) < 2:
        return
    for index in present:
        network = None
        if work.taught is not None and engine is not None:
            network = network_score(work.crop, _without(work, index, engine, images_of))
        distance = between_examples(work.distances, index)
        yield compare(
            index,
            {other: mask for other, mask in work.examples.items() if other != index},
            work.examples[index],
            network,
            None if distance is None else interpolation_score(work.crop, distance),
        )


def _without(work: SegmentWork, index: int, engine: Engine, images_of: ImagesOf) -> np.ndarray:
    """Predict an example from the others: logits, float32 [SIDE, SIDE]."""
    assert work.taught is not None
    answer = predict_logits(engine, work.taught, images_of, [index])[0]
    others = {other: mask for other, mask in work.examples.items() if other != index}
    overlap = neighbours_overlap(others, index)
    if overlap is not None and overlap < DOUBTFUL_OVERLAP:
        priors = walked_priors(work.taught, images_of, [index], frozenset({index}))
        if priors:
            again = predict_logits(engine, work.taught, images_of, [index], priors=priors)[0]
            if sureness(again) > sureness(answer) + SURER_BY:
                answer = again
    return answer


def settle_trust(work: SegmentWork, evidence: Sequence[Trial]) -> None:
    """Take the advice of trials; what was found between examples changes with it.

    Parameters
    ----------
    work : SegmentWork
        The segment.
    evidence : sequence of Trial
        From `trials`.
    """
    advice = advise(evidence)
    work.trust = replace(advice, fixed=work.trust.fixed)
    for index in work.found:
        if between_examples(work.distances, index) is not None:
            work.found[index] = score(work, index) > 0
