"""Trials of a segment's examples: each is predicted from the others, and trust follows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from core.network.engine import Engine
from core.network.overlap import dice
from core.proposals.examples import neighbours
from core.proposals.interpolation import between_examples
from core.proposals.mixing import interpolation_score, network_score
from core.proposals.network_opinion import ImagesOf, predict_logits
from core.proposals.second_pass import second_answers
from core.proposals.segment_state import SegmentWork, blended, score
from core.proposals.trust import Trial, advise, compare

MOST_TRIALS = 6
"""Examples predicted from the others at most: more say little that is new, and take time."""

_WORTH_OF_SECOND_LOOK = 0.01
"""Dice by which trials must come out better without the second look to give it up."""

Answers = tuple[np.ndarray, np.ndarray] | None
"""Logits of a slice, float32 [SIDE, SIDE]: the network's first answer, and the second."""


def on_trial(work: SegmentWork) -> list[int]:
    """Choose the examples to predict from the others: those nearest to what was proposed."""
    present = [index for index, mask in sorted(work.examples.items()) if mask.any()]
    if len(present) < 2:
        return []

    def apart(index: int) -> int:
        return min((abs(index - other) for other in work.found), default=0)

    nearest = sorted(apart(index) for index in present)[:MOST_TRIALS][-1]
    near = [index for index in present if apart(index) <= nearest]
    return [
        near[int(place)] for place in np.linspace(0, len(near) - 1, min(len(near), MOST_TRIALS))
    ]


def trials(
    work: SegmentWork, engine: Engine | None, images_of: ImagesOf
) -> Iterator[tuple[int, Answers]]:
    """Predict examples from the others, one by one, as any slice.

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
    int, Answers
        Each of `on_trial` with its answers, first and second; None without a network.
    """
    for index in on_trial(work):
        if work.taught is None or engine is None:
            yield index, None
            continue
        first = predict_logits(engine, work.taught, images_of, [index])[0]
        ((_, second),) = second_answers(work, [index], {index: first}, engine, images_of)
        yield index, (first, second)


def settle_trust(work: SegmentWork, answered: Mapping[int, Answers]) -> None:
    """Learn from trials whom to trust; what was found between examples changes with it.

    Parameters
    ----------
    work : SegmentWork
        The segment.
    answered : mapping of int to Answers
        From `trials`.
    """
    work.second_share = _second_share(work, answered)
    advice = advise([_trial(work, index, answers) for index, answers in answered.items()])
    work.trust = replace(advice, fixed=work.trust.fixed)
    for index in work.found:
        if between_examples(work.distances, index) is not None:
            work.found[index] = score(work, index) > 0


def _second_share(work: SegmentWork, answered: Mapping[int, Answers]) -> float:
    """Follow the second answers unless trials between other examples came out better without."""
    enclosed_by = {
        index: answers
        for index, answers in answered.items()
        if answers is not None and None not in neighbours(work.examples, index)
    }

    def merit(share: float) -> float:
        results = [
            dice(network_score(work.crop, blended(*answers, share)) > 0, work.examples[index])
            for index, answers in enclosed_by.items()
        ]
        return float(np.mean(results)) + _WORTH_OF_SECOND_LOOK * share if results else share

    return max((1.0, 0.5, 0.0), key=merit)


def _trial(work: SegmentWork, index: int, answers: Answers) -> Trial:
    """Compare what was predicted for an example with the example."""
    distance = between_examples(work.distances, index)
    return compare(
        index,
        {other: mask for other, mask in work.examples.items() if other != index},
        work.examples[index],
        None if answers is None else network_score(work.crop, blended(*answers, work.second_share)),
        None if distance is None else interpolation_score(work.crop, distance),
    )
