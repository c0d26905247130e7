"""Leave-one-out: examples are predicted from the others, which says how good proposals are."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from core.network.cores import on_cores
from core.network.overlap import dice
from core.proposals.examples import neighbours, neighbours_overlap
from core.proposals.expected_dice import Signs, calibration_offset, signs_of
from core.proposals.network_opinion import SUPPORT, divided, is_answered, predict_logits
from core.proposals.scores import interpolation_score, network_score
from core.proposals.segment_state import PreparedSegment

MOST_LEFT_OUT = 6
"""Examples predicted from the others at most: more add little, and take time."""

ENOUGH_EXAMPLES = 3
"""With fewer examples of a structure none can be left out and still lie between others."""

Answer = np.ndarray | None
"""The network's logits of a slice, float32 [SIDE, SIDE]; None without a network."""


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

    def answer(part: Sequence[int]) -> np.ndarray:
        logits = predict_logits(prompt, part)
        prompt.steps.done(SUPPORT * len(part))
        return logits

    answers = on_cores(answer, divided(prompt, left_out))
    return dict(zip(left_out, (one for part in answers for one in part), strict=True))


def looks_to_leave_out(segment: PreparedSegment, left_out: Sequence[int]) -> int:
    """Count the steps that `leave_one_out` takes."""
    if segment.prompt is None:
        return 0
    new = [index for index in left_out if not is_answered(segment.prompt, index)]
    gaps = [neighbours(segment.examples, index) for index in new]
    return SUPPORT * len(left_out) + sum(
        segment.prompt.looks_between(below, above)
        for below, above in gaps
        if below is not None and above is not None
    )


def calibrated(segment: PreparedSegment, answers: Mapping[int, Answer]) -> float | None:
    """Measure how much better the left-out examples came out than is usual.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    answers : mapping of int to Answer
        From `leave_one_out`.

    Returns
    -------
    float or None
        From `core.proposals.expected_dice.calibration_offset`; None where the examples are too few.
    """
    if len(answers) < ENOUGH_EXAMPLES:
        return None
    compared = (_compared(segment, index, known) for index, known in answers.items())
    return calibration_offset([result for result in compared if result is not None])


def _compared(segment: PreparedSegment, index: int, answer: Answer) -> tuple[Signs, float] | None:
    """Compare what is predicted for an example between others with the example."""
    others = {other: mask for other, mask in segment.examples.items() if other != index}
    overlap = neighbours_overlap(others, index)
    if overlap is None:
        return None
    mask = segment.examples[index]
    if answer is not None:
        log_odds = network_score(segment.crop, answer)
    elif (distance := segment.distance_between(index)) is not None:
        log_odds = interpolation_score(segment.crop, distance)
    else:
        log_odds = np.full(mask.shape, -1.0, np.float32)
    gap = min(abs(other - index) for other in others)
    return signs_of(log_odds, overlap, gap), dice(log_odds > 0, mask)
