"""Proposals for the undrawn slices of a series, streamed as they are ready."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from core.network.cores import on_cores
from core.proposals.examples import Proposal, SegmentExamples, check_examples
from core.proposals.first_pass import Finding, first_pass
from core.proposals.heard_state import HeardState, joined_log_odds
from core.proposals.intensity import scale
from core.proposals.joint_engine import Predictor
from core.proposals.methods import METHODS, MethodName, uses_network
from core.proposals.network_opinion import slices_at_once
from core.proposals.network_prompt import NetworkPrompt, range_of
from core.proposals.overlaps import resolve_overlaps
from core.proposals.parts import joined_parts, numbered_apart
from core.proposals.recent_examples import OfSeries
from core.proposals.segment_state import (
    FirstAnswer,
    PreparedSegment,
    SegmentState,
    prepare_segment,
    score,
)
from core.proposals.steps import Cancelled, Steps
from core.proposals.taught import TaughtSegment, heard
from core.proposals.tiles import ask_in_tiles, doubtful_slices

__all__ = ["Proposal", "SegmentExamples", "propose"]


@dataclass(frozen=True, eq=False)
class _Exclusive:
    """Segments that do not overlap one another, and what is drawn of all segments.

    `numbers` holds the segments' own numbers, and those of their parts.
    """

    numbers: frozenset[int]
    drawn: Mapping[int, Mapping[int, np.ndarray]]
    shape: tuple[int, int]

    def drawn_pixels(self, index: int) -> np.ndarray:
        """Pixels of a slice that examples of exclusive segments own: bool [row, column]."""
        taken = np.zeros(self.shape, bool)
        for number in self.numbers & set(self.drawn):
            if index in self.drawn[number]:
                taken |= self.drawn[number][index]
        return taken

    def divided(self, whole: Mapping[int, int]) -> "_Exclusive":
        """Have parts of a segment exclude what the segment does."""
        parts = {part for part, number in whole.items() if number in self.numbers}
        return replace(self, numbers=self.numbers | parts)


def propose(
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    segments: Sequence[SegmentExamples],
    *,
    engine: Predictor | None,
    method: MethodName = "auto",
    exclusive: Collection[int] | None = None,
    wanted: Collection[int] | None = None,
    slices: Collection[int] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
    recent: OfSeries[NetworkPrompt] | None = None,
    taught: Sequence[TaughtSegment] = (),
    engines: Mapping[int, Predictor] = MappingProxyType({}),
) -> Iterator[Proposal]:
    """Propose masks for the slices that are no examples, those nearest to examples first.

    Every slice where a structure may be is proposed as soon as the network has answered. Then
    doubtful slices are asked again in tiles, and every slice is proposed once more, with the Dice
    to expect: the newest proposal of a segment and slice counts. An empty mask means that the
    structure was searched for and not found. Where a segment's ends are stated, it is followed as
    far as they are and nothing is proposed beyond them.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        As `core.proposals.intensity.prepare` takes it.
    segments : sequence of SegmentExamples
        Examples of all segments. One without any pixel gets no proposals.
    engine : Predictor or None
        The network; may be None for the method "interpolation".
    method : {"auto", "interpolation"}
        The network, or the interpolation of shapes.
    exclusive : collection of int, optional
        Numbers of the segments that do not overlap one another; all by default.
    wanted : collection of int, optional
        Numbers of the segments to propose; all by default. Others only keep their pixels.
    slices : collection of int, optional
        Slices to propose; all by default. Proposals beyond the examples need those before them.
    cancelled : callable
        Asked between predictions; the proposals end when it returns True.
    progress : callable
        Called with steps done and steps in all, as far as they are known.
    recent : OfSeries, optional
        Keeps what was worked out about examples of this volume for other calls.
    taught : sequence of TaughtSegment
        What other series said of segments, which is heard beside the examples.
    engines : mapping of int to Predictor, optional
        By segment number, what is asked about a segment instead of the network: one that was
        adapted to other series, for example.

    Yields
    ------
    Proposal
        Never for an example.

    Raises
    ------
    ValueError
        If examples do not fit the volume, or the method needs an engine and there is none.
    """
    check_examples(volume, segments)
    if method not in METHODS:
        raise ValueError(f"method: got {method!r}; expected one of {', '.join(METHODS)}")
    if engine is None and uses_network(method):
        raise ValueError(f'engine: got None; expected one for the method "{method}"')
    asked = frozenset(range(len(volume)) if slices is None else slices)
    steps = Steps(cancelled, progress)
    exclude = _Exclusive(
        frozenset(one.number for one in segments) if exclusive is None else frozenset(exclusive),
        {segment.number: segment.masks for segment in segments},
        (volume.shape[1], volume.shape[2]),
    )
    chosen = [
        segment
        for segment in segments
        if (wanted is None or segment.number in wanted)
        and any(mask.any() for mask in segment.masks.values())
        and not {index for index in asked if segment.enclosing_ends.encloses(index)}
        <= segment.masks.keys()
    ]
    by_segment = {one.number: engines.get(one.number, engine) for one in chosen}
    with suppress(Cancelled):
        if chosen:
            heard_beside = heard(taught, chosen)
            # What teachers said is not divided into parts, so neither are the examples.
            parts, whole = numbered_apart(
                [one for one in chosen if one.number not in heard_beside],
                [one.number for one in segments],
                spacing,
                len(volume),
            )
            parts += [one for one in chosen if one.number in heard_beside]
            whole |= {number: number for number in heard_beside}
            asked_of = {part: by_segment[number] for part, number in whole.items()}
            prepared = _prepared(volume, spacing, modality, parts, asked_of, method, steps, recent)
            exclude = exclude.divided(whole)
            found = _run_passes(prepared, heard_beside, exclude, len(volume), asked, steps)
            yield from joined_parts(found, whole)
        else:
            steps.finish()


def _prepared(
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    segments: Sequence[SegmentExamples],
    engines: Mapping[int, Predictor | None],
    method: MethodName,
    steps: Steps,
    recent: OfSeries[NetworkPrompt] | None,
) -> dict[int, PreparedSegment]:
    """Make the examples of segments ready, by segment number."""
    limits = range_of(volume, modality, recent)

    def images_of(slices: Sequence[int]) -> np.ndarray:
        return scale(volume[list(slices)], limits)

    return {
        segment.number: prepare_segment(
            segment,
            spacing,
            engines[segment.number],
            method,
            images_of,
            segment.beyond_ends(len(volume)),
            steps,
            recent,
        )
        for segment in segments
    }


def _run_passes(
    segments: Mapping[int, PreparedSegment],
    taught: Mapping[int, TaughtSegment],
    exclusive: _Exclusive,
    slices: int,
    wanted: frozenset[int],
    steps: Steps,
) -> Iterator[Proposal]:
    """Propose in passes: answers, doubtful slices in tiles, final proposals."""
    first: dict[int, dict[int, FirstAnswer]] = {number: {} for number in segments}
    steps.expect(len(segments))  # their final proposals, so that nothing seems done before
    for finding in first_pass(segments, slices, wanted, steps):
        first[finding.segment][finding.slice] = finding.answer
        yield _first_proposal(finding, segments, taught.get(finding.segment), first, exclusive)

    states = [SegmentState(segment, first[number]) for number, segment in segments.items()]
    for state in states:
        state.tiled.update(ask_in_tiles(state, doubtful_slices(state), steps))
    steps.finish()
    heard_states = [HeardState(state, taught.get(state.segment.number), wanted) for state in states]
    yield from _final_proposals(heard_states, exclusive, steps)


def _first_proposal(
    finding: Finding,
    segments: Mapping[int, PreparedSegment],
    taught: TaughtSegment | None,
    first: Mapping[int, Mapping[int, FirstAnswer]],
    exclusive: _Exclusive,
) -> Proposal:
    """Propose a slice without taking pixels from segments that were proposed there before."""
    segment, index = segments[finding.segment], finding.slice
    mask = segment.crop.whole(finding.answer.mask)
    if taught is not None:
        own = score(segment, index, finding.answer.logits)
        mask = joined_log_odds(segment, taught, index, own) > 0
    if segment.number in exclusive.numbers:
        taken = exclusive.drawn_pixels(index)
        for number, answers in first.items():
            if number != segment.number and number in exclusive.numbers and index in answers:
                taken |= segments[number].crop.whole(answers[index].mask)
        mask &= ~taken
    return Proposal(segment.number, index, mask)


def _final_proposals(
    states: Sequence[HeardState], exclusive: _Exclusive, steps: Steps
) -> Iterator[Proposal]:
    """Propose every slice for good, those nearest to an example of any segment first."""
    gaps: dict[int, int] = {}
    for state in states:
        for index in state.slices:
            gap = state.gap(index)
            gaps[index] = min(gap, gaps.get(index, gap))
    order = sorted(gaps, key=lambda index: (gaps[index], index))
    batch = slices_at_once()
    for start in range(0, len(order), batch):
        steps.done()
        part = order[start : start + batch]
        for proposals in on_cores(
            lambda index: _final_proposals_of(index, states, exclusive), part
        ):
            yield from proposals


def _final_proposals_of(
    index: int, states: Sequence[HeardState], exclusive: _Exclusive
) -> list[Proposal]:
    """Propose one slice of all segments for good."""
    here = {state.number: state for state in states if index in state.slices}
    log_odds = {number: state.log_odds(index) for number, state in here.items()}
    masks = resolve_overlaps(log_odds, exclusive.drawn_pixels(index), exclusive.numbers)
    return [
        Proposal(number, index, masks[number], state.expected_dice(index, log_odds[number]))
        for number, state in here.items()
    ]
