"""Leave-one-out: each example is predicted from the others, and the weights are fitted to that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.network.cores import on_cores
from core.network.overlap import dice
from core.proposals.examples import neighbours, neighbours_overlap
from core.proposals.expected_dice import Signs, calibration_offset, signs_of
from core.proposals.mixing import interpolation_score, mixed, network_score
from core.proposals.network_opinion import SUPPORT, predict_logits
from core.proposals.network_weight import NetworkWeight
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

Answer = np.ndarray | None
"""The network's logits of a slice, float32 [SIDE, SIDE]; None without a network."""


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


def leave_one_out(segment: PreparedSegment, left_out: Sequence[int]) -> dict[int, Answer]:
    """Predict examples from the others, each as any slice.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    left_out : sequence of int
        From `examples_to_leave_out`.

    Returns
    -------
    dict of int to Answer
        By slice index.

    Raises
    ------
    Cancelled
        If the steps of the segment's prompt were cancelled.
    """
    prompt = segment.prompt
    if prompt is None:
        return dict.fromkeys(left_out)

    def answer(index: int) -> Answer:
        logits: np.ndarray = predict_logits(prompt, [index])[0]
        prompt.steps.done(SUPPORT)
        return logits

    return dict(zip(left_out, on_cores(answer, left_out), strict=True))


def looks_to_leave_out(segment: PreparedSegment, left_out: Sequence[int]) -> int:
    """Count the steps that `leave_one_out` takes."""
    if segment.prompt is None:
        return 0
    gaps = [neighbours(segment.examples, index) for index in left_out]
    return SUPPORT * len(left_out) + sum(
        segment.prompt.looks_between(below, above)
        for below, above in gaps
        if below is not None and above is not None
    )


def fit_network_weight(segment: PreparedSegment, answers: Mapping[int, Answer]) -> NetworkWeight:
    """Choose how far to follow the network.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    answers : mapping of int to Answer
        From `leave_one_out`.

    Returns
    -------
    NetworkWeight
        Calibrated with the Dice of the left-out examples.
    """
    compared = [_left_out(segment, index, known) for index, known in answers.items()]
    weight = NetworkWeight(best_shift(compared), segment.weight.fixed)
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


def _left_out(segment: PreparedSegment, index: int, answer: Answer) -> LeftOut:
    """Compare what was predicted for an example with the example."""
    distance = segment.distance_between(index)
    return compare(
        index,
        {other: mask for other, mask in segment.examples.items() if other != index},
        segment.examples[index],
        None if answer is None else network_score(segment.crop, answer),
        None if distance is None else interpolation_score(segment.crop, distance),
    )
