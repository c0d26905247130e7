"""The first pass: every slice where a structure may be, those nearest to examples first."""

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from torch import Tensor

from core.network.cores import on_cores
from core.proposals.examples import neighbours
from core.proposals.extent import between, outward
from core.proposals.network_opinion import (
    SUPPORT,
    carried_beyond,
    divided,
    is_answered,
    learn_between,
    predict_logits,
    slices_at_once,
)
from core.proposals.network_prompt import NetworkPrompt
from core.proposals.scores import LIMIT, sureness
from core.proposals.segment_state import FirstAnswer, PreparedSegment, score
from core.proposals.steps import Steps

LEAST_SURENESS = 0.6
"""Beyond the examples, a structure that is less certain than this has ended."""

SURE_TO_GO_ON = 0.8
"""A structure this certain is followed beyond its reach. With 0.65, a larynx, sarcomas and a
hippocampus lost 0.04 to 0.15 beyond ends that nobody knew; with 0.85, a spinal cord loses 0.09."""


@dataclass(frozen=True, order=True)
class Visit:
    """A slice to predict, ordered by its distance in slices to the nearest example.

    Attributes
    ----------
    gap : int
        That distance.
    segment, slice : int
        Segment number and slice index.
    direction : int
        0 between examples; −1 or 1 where it leads away from the outermost.
    """

    gap: int
    segment: int
    slice: int
    direction: int = 0

    @property
    def leads_away(self) -> bool:
        """Whether the slice lies beyond the outermost examples."""
        return self.direction != 0


@dataclass(frozen=True, eq=False)
class Finding:
    """An answer of the first pass.

    Attributes
    ----------
    segment, slice : int
        Segment number and slice index.
    answer : FirstAnswer
        What was found.
    """

    segment: int
    slice: int
    answer: FirstAnswer


def first_pass(
    segments: Mapping[int, PreparedSegment], slices: int, wanted: Collection[int], steps: Steps
) -> Iterator[Finding]:
    """Predict every slice for the first time.

    Parameters
    ----------
    segments : mapping of int to PreparedSegment
        By segment number.
    slices : int
        Slices of the series.
    wanted : collection of int
        Slices to predict.
    steps : Steps
        Told how far the work is, and asked whether to go on with it.

    Yields
    ------
    Finding
        Slices between examples, and those beyond up to the structure's end.

    Raises
    ------
    Cancelled
        If the steps were cancelled.
    """
    answers: dict[int, dict[int, FirstAnswer]] = {number: {} for number in segments}
    visits = [visit for segment in segments.values() for visit in first_visits(segment, slices)]
    visits = [visit for visit in visits if visit.slice in wanted]
    steps.expect(sum(_looks(segments[visit.segment], [visit]) for visit in visits))
    for prompt, below, above in _gaps(segments, visits):
        steps.expect(prompt.looks_between(below, above))
    heapq.heapify(visits)
    while visits:
        steps.done()
        # The first answer comes alone, so that somebody who waits sees one as soon as possible.
        batch = _next_batch(visits, slices_at_once() if any(answers.values()) else 1)
        learn_between(_gaps(segments, batch))
        parts = [
            part
            for number, group in groupby(batch, lambda visit: visit.segment)
            for part in divided(segments[number].prompt, list(group))
        ]

        def answer(part: Sequence[Visit]) -> dict[int, FirstAnswer]:
            number = part[0].segment
            return answer_visits(segments[number], part, answers[number])

        found = on_cores(answer, parts)
        for part, of_part in zip(parts, found, strict=True):
            answers[part[0].segment].update(of_part)
            steps.done(_looks(segments[part[0].segment], part))
        following = [
            next_visit(segments[visit.segment], visit, answers[visit.segment][visit.slice], slices)
            for visit in batch
        ]
        for visit in following:
            if visit is not None and visit.slice in wanted:
                steps.expect(SUPPORT)
                heapq.heappush(visits, visit)
        for visit in batch:
            yield Finding(visit.segment, visit.slice, answers[visit.segment][visit.slice])


def first_visits(segment: PreparedSegment, slices: int) -> list[Visit]:
    """List the slices to predict before anything was found.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    slices : int
        Slices of the series.

    Returns
    -------
    list of Visit
        All slices between examples, and the first beyond them if the network is used, which
        finds where the structure ends.
    """
    visits = [
        Visit(segment.gap(index), segment.number, index) for index in between(segment.examples)
    ]
    if segment.prompt is not None:
        visits += [
            Visit(1, segment.number, index + direction, direction)
            for index, direction in outward(segment.examples, slices)
        ]
    return visits


def next_visit(
    segment: PreparedSegment, visit: Visit, answer: FirstAnswer, slices: int
) -> Visit | None:
    """Choose the slice that follows beyond the examples.

    The structure is followed while it is found, up to its reach, and farther while it stays
    certain; to the end of the series where that is stated to be its end.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    visit : Visit
        The slice before.
    answer : FirstAnswer
        What was found there.
    slices : int
        Slices of the series.

    Returns
    -------
    Visit or None
        None between examples, and where the structure has ended.
    """
    following = visit.slice + visit.direction
    if not visit.leads_away or not 0 <= following < slices:
        return None
    if not segment.reaches_series_end(visit.direction):
        if not answer.mask.any():
            return None
        if visit.gap >= segment.reach:
            opinion = score(segment, visit.slice, answer.logits)
            if sureness(np.clip(opinion, -LIMIT, LIMIT)) < SURE_TO_GO_ON:
                return None
    return Visit(visit.gap + 1, visit.segment, following, visit.direction)


def answer_visits(
    segment: PreparedSegment, visits: Sequence[Visit], before: Mapping[int, FirstAnswer]
) -> dict[int, FirstAnswer]:
    """Find the structure on some slices.

    Parameters
    ----------
    segment : PreparedSegment
        The segment.
    visits : sequence of Visit
        Slices of this segment.
    before : mapping of int to FirstAnswer
        What was found on other slices so far.

    Returns
    -------
    dict of int to FirstAnswer
        By slice index.
    """
    carried: dict[int, Tensor] = {}
    logits: dict[int, np.ndarray] = {}
    if segment.prompt is not None:
        indices = [visit.slice for visit in visits]
        carried = _carried_beyond(segment.prompt, visits, before)
        answers = predict_logits(segment.prompt, indices, beyond=carried)
        logits = dict(zip(indices, answers, strict=True))
        logits |= _towards_ends(segment, logits)
    found: dict[int, FirstAnswer] = {}
    for visit in visits:
        index = visit.slice
        opinion = score(segment, index, logits.get(index))
        mask = opinion > 0
        if visit.leads_away and not segment.reaches_series_end(visit.direction):
            mask = mask & (sureness(opinion) >= LEAST_SURENESS)
        found[index] = FirstAnswer(mask, logits.get(index), carried.get(index))
    return found


def _looks(segment: PreparedSegment, visits: Sequence[Visit]) -> int:
    """Count the examples that the network compares: before a stated end it is asked twice."""
    twice = sum(segment.slice_behind_end(visit.slice) is not None for visit in visits)
    return SUPPORT * (len(visits) + twice)


def _towards_ends(
    segment: PreparedSegment, logits: Mapping[int, np.ndarray]
) -> dict[int, np.ndarray]:
    """Average answers before a stated end with those of a network that follows the structure.

    Shown the slice behind the end, the network lets every structure taper off; following it from
    the outermost example, it lets none. Some end at once and some do not.
    """
    prompt = segment.prompt
    before_end = [index for index in logits if segment.slice_behind_end(index) is not None]
    if prompt is None or not before_end:
        return {}
    carried = {}
    if prompt.engine.guidance_channels:
        carried = {index: _carried_from_example(segment, prompt, index) for index in before_end}
    said = predict_logits(prompt, before_end, beyond=carried, without=segment.beyond)
    return {
        index: (np.clip(logits[index], -LIMIT, LIMIT) + np.clip(followed, -LIMIT, LIMIT)) / 2
        for index, followed in zip(before_end, said, strict=True)
    }


def _carried_from_example(segment: PreparedSegment, prompt: NetworkPrompt, index: int) -> Tensor:
    """Outline of the outermost example, carried to a slice before the stated end."""
    below, above = neighbours(segment.examples, index)
    assert below is not None and above is not None
    said = prompt.opinions(below, above)
    from_example = said.from_below if above in segment.beyond else said.from_above
    return from_example[0, index - below - 1].float()


def _carried_beyond(
    prompt: NetworkPrompt, visits: Sequence[Visit], before: Mapping[int, FirstAnswer]
) -> dict[int, Tensor]:
    """Carry the outermost outlines one slice farther, to the visits beyond the examples."""
    carried = {}
    for visit in visits:
        if visit.leads_away:
            inner = visit.slice - visit.direction
            known = before[inner].carried if inner in before else None
            carried[visit.slice] = carried_beyond(prompt, visit.slice, inner, known)
    return carried


def _gaps(
    segments: Mapping[int, PreparedSegment], visits: Sequence[Visit]
) -> list[tuple[NetworkPrompt, int, int]]:
    """List the pairs of examples around visits that guidance has to know of to be answered."""
    gaps = {}
    for visit in visits:
        segment = segments[visit.segment]
        prompt = segment.prompt
        below, above = neighbours(segment.examples, visit.slice)
        if prompt is None or not prompt.engine.guidance_channels:
            continue
        if below is not None and above is not None and not is_answered(prompt, visit.slice):
            gaps[visit.segment, below, above] = (prompt, below, above)
    return list(gaps.values())


def _next_batch(visits: list[Visit], most: int) -> list[Visit]:
    """Take visits from the heap that are equally near to examples."""
    batch = [heapq.heappop(visits)]
    while visits and len(batch) < most and visits[0].gap == batch[0].gap:
        batch.append(heapq.heappop(visits))
    return batch
