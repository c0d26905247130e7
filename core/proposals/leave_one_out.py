"""Leave-one-out: each example is predicted from the others, and the weights are fitted to that."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.network.overlap import dice
from core.proposals.examples import neighbours_overlap
from core.proposals.expected_dice import Signs, calibration_offset, signs_of
from core.proposals.interpolation import between_examples
from core.proposals.mixing import blended, interpolation_score, mixed, network_score
from core.proposals.network_opinion import predict_logits
from core.proposals.network_weight import NetworkWeight
from core.proposals.second_pass import second_answers
from core.proposals.segment_state import PreparedSegment

MOST_LEFT_OUT = 6
"""Examples predicted from the others at most: more add little, and take time."""

ENOUGH_EXAMPLES = 3
"""With fewer examples of a structure none can be left out and still lie between others."""

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the network that are compared."""

_SHIFTS = (-0.5, -0.25, 0.0, 0.25, 0.5)
"""What leaving examples out may add to the usual weight."""

_COST_OF_SHIFT = 0.05
"""Dice, summed over left-out examples, that a shift by 1 must gain to be applied."""

_GAIN_OF_SECOND_ANSWERS = 0.01
"""Dice by which left-out examples must be better without second answers to give these up."""

Answers = tuple[np.ndarray, np.ndarray] | None
"""Logits of a slice, float32 [SIDE, SIDE]: the network's first answer, and the second."""


@dataclass(frozen=True)
class LeftOut:
    """An example compared with its prediction from the others.

    Attributes
    ----------
    overlap : float or None
        Dice of the two neighbours with one another; None where others lie on one side only.
    dice : tuple of float
        Dice with each of `SHARES`; equal where only the network has an opinion.
    signs : tuple of Signs
        What the prediction showed of its own quality, with each of `SHARES`.
    """

    overlap: float | None
    dice: tuple[float, ...]
    signs: tuple[Signs, ...]


def examples_to_leave_out(segment: PreparedSegment, proposed: Collection[int]) -> list[int]:
    """Choose the examples to predict from the others.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    proposed : collection of int
        Slices that were proposed; the examples nearest to them are chosen.

    Returns
    -------
    list of int
        At most `MOST_LEFT_OUT`, all with the structure; none of a single one.
    """
    present = [index for index, mask in sorted(segment.examples.items()) if mask.any()]
    if len(present) < 2:
        return []

    def apart(index: int) -> int:
        return min((abs(index - other) for other in proposed), default=0)

    nearest = sorted(apart(index) for index in present)[:MOST_LEFT_OUT][-1]
    near = [index for index in present if apart(index) <= nearest]
    count = min(len(near), MOST_LEFT_OUT)
    return [near[int(place)] for place in np.linspace(0, len(near) - 1, count)]


def leave_one_out(
    segment: PreparedSegment, proposed: Collection[int]
) -> Iterator[tuple[int, Answers]]:
    """Predict examples from the others, one by one, as any slice.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    proposed : collection of int
        Slices that were proposed.

    Yields
    ------
    int, Answers
        Each of `examples_to_leave_out` with its answers, first and second; None without a network.
    """
    for index in examples_to_leave_out(segment, proposed):
        if segment.prompt is None:
            yield index, None
            continue
        first = predict_logits(segment.prompt, [index])[0]
        ((_, second),) = second_answers(segment, [index], {index: first})
        yield index, (first, second)


def fit_network_weight(segment: PreparedSegment, answers: Mapping[int, Answers]) -> NetworkWeight:
    """Choose how far to follow the network and its second answers.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    answers : mapping of int to Answers
        From `leave_one_out`.

    Returns
    -------
    NetworkWeight
        Calibrated with the Dice of the left-out examples.
    """
    second_share = _best_second_share(segment, answers)
    compared = [_left_out(segment, index, known, second_share) for index, known in answers.items()]
    weight = NetworkWeight(best_shift(compared), segment.weight.fixed, second_share)
    return replace(weight, calibration=calibrated(compared, weight))


def compare(
    index: int,
    others: Mapping[int, np.ndarray],
    mask: np.ndarray,
    network: np.ndarray | None,
    interpolation: np.ndarray | None,
) -> LeftOut:
    """Compare predictions of an example with the example.

    Parameters
    ----------
    index : int
        The example.
    others : mapping of int to np.ndarray
        The examples it was predicted from, bool [row, column] by slice index.
    mask : np.ndarray
        bool [row, column]: the example.
    network, interpolation : np.ndarray or None
        Scores of the two, float32 [row, column]; None where one has no opinion.

    Returns
    -------
    LeftOut
        The comparison; Dice 0 where neither has an opinion.
    """
    overlap = neighbours_overlap(others, index)
    if network is None and interpolation is None:
        scores = [np.full(mask.shape, -1.0, np.float32)] * len(SHARES)
    else:
        scores = [mixed(network, interpolation, share) for share in SHARES]
    gap = min(abs(other - index) for other in others)
    return LeftOut(
        overlap=overlap,
        dice=tuple(dice(score > 0, mask) for score in scores),
        signs=tuple(signs_of(score, overlap, gap) for score in scores),
    )


def best_shift(compared: Sequence[LeftOut]) -> float:
    """Correct the usual weight of the network where that improves left-out examples.

    Leaving one of few examples out doubles the gap, so what is fitted is not a weight but by how
    much the usual one is too small or too large, and few examples cannot overrule it.

    Parameters
    ----------
    compared : sequence of LeftOut
        One per example with the structure; those beyond all others are ignored.

    Returns
    -------
    float
        What to add to the usual weight; between equals, the smallest correction.
    """

    def merit(shift: float) -> float:
        weight = NetworkWeight(shift)
        gained = sum(
            float(np.interp(weight.network_share(example.overlap), SHARES, example.dice))
            for example in compared
            if example.overlap is not None
        )
        return gained - _COST_OF_SHIFT * abs(shift)

    return max(sorted(_SHIFTS, key=abs), key=merit)


def calibrated(compared: Sequence[LeftOut], weight: NetworkWeight) -> float | None:
    """Measure how much better the left-out examples came out than usual; None of too few."""
    if len(compared) < ENOUGH_EXAMPLES:
        return None
    results = []
    for example in compared:
        if example.overlap is not None:
            apart = np.abs(np.array(SHARES) - weight.network_share(example.overlap))
            chosen = int(np.argmin(apart))
            results.append((example.signs[chosen], example.dice[chosen]))
    return calibration_offset(results)


def _best_second_share(segment: PreparedSegment, answers: Mapping[int, Answers]) -> float:
    """Follow the second answers unless examples between others came out better without."""
    inner = {
        index: known
        for index, known in answers.items()
        if known is not None and segment.is_between_examples(index)
    }

    def merit(share: float) -> float:
        results = [
            dice(network_score(segment.crop, blended(*known, share)) > 0, segment.examples[index])
            for index, known in inner.items()
        ]
        return float(np.mean(results)) + _GAIN_OF_SECOND_ANSWERS * share if results else share

    return max((1.0, 0.5, 0.0), key=merit)


def _left_out(
    segment: PreparedSegment, index: int, answers: Answers, second_share: float
) -> LeftOut:
    """Compare what was predicted for an example with the example."""
    distance = between_examples(segment.distances, index)
    return compare(
        index,
        {other: mask for other, mask in segment.examples.items() if other != index},
        segment.examples[index],
        None if answers is None else network_score(segment.crop, blended(*answers, second_share)),
        None if distance is None else interpolation_score(segment.crop, distance),
    )
