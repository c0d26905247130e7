"""Proposals for the undrawn slices of a series, streamed as they are ready."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from core.network.engine import Engine
from core.proposals.examples import Proposal, SegmentExamples, check_examples
from core.proposals.first_pass import Finding, first_pass
from core.proposals.intensity import scale, value_range
from core.proposals.leave_one_out import examples_to_leave_out, fit_network_weight, leave_one_out
from core.proposals.methods import METHODS, MethodName
from core.proposals.overlaps import resolve_overlaps
from core.proposals.segment_state import (
    FirstAnswer,
    PreparedSegment,
    SegmentState,
    network_share,
    prepare_segment,
)
from core.proposals.tiles import ask_in_tiles, doubtful_slices

__all__ = ["Proposal", "SegmentExamples", "propose"]

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, eq=False)
class _Exclusive:
    """Segments that do not overlap one another, and what is drawn of all segments."""

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


class _Steps:
    """Counts steps and reports them; ends early when asked to.

    Parameters
    ----------
    done, total : int
        Steps so far, and in all.
    cancelled, progress : callable
        See `propose`.
    """

    def __init__(
        self,
        done: int,
        total: int,
        cancelled: Callable[[], bool],
        progress: Callable[[int, int], None],
    ) -> None:
        self._done, self._total = done, total
        self._cancelled, self._progress = cancelled, progress

    def expect(self, more: int) -> None:
        """Say that more steps follow."""
        self._total += more

    def finish(self) -> None:
        """Report that all steps are done."""
        self._progress(self._total, self._total)

    def counted(self, answers: Iterable[_Answer]) -> Iterator[_Answer]:
        """Pass answers on, each of which is a step, until cancelled."""
        if self._cancelled():
            return
        for answer in answers:
            yield answer
            self._done += 1
            self._progress(self._done, self._total)
            if self._cancelled():
                return


def propose(
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    segments: Sequence[SegmentExamples],
    *,
    engine: Engine | None,
    method: MethodName = "auto",
    exclusive: Collection[int] | None = None,
    wanted: Collection[int] | None = None,
    slices: Collection[int] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Proposal]:
    """Propose masks for the slices that are no examples, those nearest to examples first.

    Every slice where a structure may be is proposed as soon as the network has answered. Then
    each example is predicted from the others, and every slice is proposed once more, with the
    weights fitted to that and with the Dice to expect:
    the newest proposal of a segment and slice counts. An empty mask means that the structure was
    searched for and not found. Where a segment's ends are stated, it is followed as far as they are
    and nothing is proposed beyond them.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        DICOM Modality (0008,0060).
    segments : sequence of SegmentExamples
        Examples of all segments. One without any pixel gets no proposals.
    engine : Engine or None
        The network; may be None for the method "interpolation".
    method : {"auto", "network", "interpolation"}
        Network and interpolation mixed as the examples suggest, or one alone.
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
    if engine is None and METHODS[method].uses_network:
        raise ValueError(f'engine: got None; expected one for the method "{method}"')
    limits = value_range(volume, modality)
    asked = frozenset(range(len(volume)) if slices is None else slices)

    def images_of(slices: Sequence[int]) -> np.ndarray:
        return scale(volume[list(slices)], limits)

    prepared = {
        segment.number: prepare_segment(
            segment, spacing, engine, method, images_of, segment.beyond_ends(len(volume))
        )
        for segment in segments
        if (wanted is None or segment.number in wanted)
        and any(mask.any() for mask in segment.masks.values())
        and not {index for index in asked if segment.enclosing_ends.encloses(index)}
        <= segment.masks.keys()
    }
    drawn = {segment.number: segment.masks for segment in segments}
    numbers = frozenset(drawn if exclusive is None else exclusive)
    yield from _run_passes(
        prepared,
        _Exclusive(numbers, drawn, (volume.shape[1], volume.shape[2])),
        len(volume),
        asked,
        cancelled,
        progress,
    )


def _run_passes(
    segments: Mapping[int, PreparedSegment],
    exclusive: _Exclusive,
    slices: int,
    wanted: frozenset[int],
    cancelled: Callable[[], bool],
    progress: Callable[[int, int], None],
) -> Iterator[Proposal]:
    """Propose in passes: answers, leave-one-out, doubtful slices in tiles, final proposals."""
    first: dict[int, dict[int, FirstAnswer]] = {number: {} for number in segments}
    to_leave_out = sum(len(examples_to_leave_out(segment, ())) for segment in segments.values())
    done = 0
    for finding in first_pass(segments, slices, wanted, cancelled):
        first[finding.segment][finding.slice] = finding.answer
        done += 1
        progress(done, done + finding.waiting + to_leave_out)
        yield _first_proposal(finding, segments, first, exclusive)

    total = done + sum(
        len(examples_to_leave_out(segment, first[number])) for number, segment in segments.items()
    )
    steps = _Steps(done, total, cancelled, progress)
    states = []
    for number, segment in segments.items():
        left_out = dict(steps.counted(leave_one_out(segment, first[number])))
        weight = fit_network_weight(segment, left_out)
        states.append(SegmentState(segment, first[number], weight))
    doubtful = [doubtful_slices(state) for state in states]
    steps.expect(sum(map(len, doubtful)))
    for state, indices in zip(states, doubtful, strict=True):
        state.tiled.update(steps.counted(ask_in_tiles(state, indices, cancelled)))
    if cancelled():
        return
    steps.finish()
    yield from _final_proposals(states, exclusive, cancelled)


def _first_proposal(
    finding: Finding,
    segments: Mapping[int, PreparedSegment],
    first: Mapping[int, Mapping[int, FirstAnswer]],
    exclusive: _Exclusive,
) -> Proposal:
    """Propose a slice without taking pixels from segments that were proposed there before."""
    segment, index = segments[finding.segment], finding.slice
    mask = segment.crop.whole(finding.answer.mask)
    if segment.number in exclusive.numbers:
        taken = exclusive.drawn_pixels(index)
        for number, answers in first.items():
            if number != segment.number and number in exclusive.numbers and index in answers:
                taken |= segments[number].crop.whole(answers[index].mask)
        mask &= ~taken
    share = network_share(segment, index, segment.weight)
    return Proposal(segment.number, index, mask, None, share)


def _final_proposals(
    states: Sequence[SegmentState], exclusive: _Exclusive, cancelled: Callable[[], bool]
) -> Iterator[Proposal]:
    """Propose every slice for good, those nearest to an example of any segment first."""
    gaps: dict[int, int] = {}
    for state in states:
        for index in state.first:
            gap = state.segment.gap(index)
            gaps[index] = min(gap, gaps.get(index, gap))
    for index in sorted(gaps, key=lambda index: (gaps[index], index)):
        if cancelled():
            return
        here = {state.segment.number: state for state in states if index in state.first}
        log_odds = {number: state.log_odds(index) for number, state in here.items()}
        masks = resolve_overlaps(
            {
                number: here[number].segment.crop.whole(values, outside=-np.inf)
                for number, values in log_odds.items()
            },
            exclusive.drawn_pixels(index),
            exclusive.numbers,
        )
        for number, state in here.items():
            expected = state.expected_dice(index, log_odds[number])
            yield Proposal(number, index, masks[number], expected, state.network_share(index))
