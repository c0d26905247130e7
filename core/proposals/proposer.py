"""Proposals for the slices of a series that nobody drew, streamed as they are ready."""

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from core.network.engine import Engine
from core.proposals.examples import Method, Proposal, SegmentExamples, check_examples
from core.proposals.intensity import scale, value_range
from core.proposals.leave_one_out import on_trial, settle_trust, trials
from core.proposals.network_opinion import BATCH, ImagesOf
from core.proposals.overlaps import settle
from core.proposals.second_pass import enclosed, look_again
from core.proposals.segment_state import (
    SegmentWork,
    Visit,
    begin,
    claim,
    expected,
    first_visits,
    look,
    next_visit,
)

__all__ = ["Method", "Proposal", "SegmentExamples", "propose"]


@dataclass(frozen=True, eq=False)
class _Setting:
    """What stays the same while a series is being proposed."""

    work: Mapping[int, SegmentWork]
    drawn: Mapping[int, Mapping[int, np.ndarray]]
    exclusive: frozenset[int]
    engine: Engine | None
    images_of: ImagesOf
    shape: tuple[int, int, int]
    slices: frozenset[int]
    cancelled: Callable[[], bool]
    progress: Callable[[int, int], None]


def propose(
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    segments: Sequence[SegmentExamples],
    *,
    engine: Engine | None,
    method: Method = "auto",
    exclusive: Collection[int] | None = None,
    wanted: Collection[int] | None = None,
    slices: Collection[int] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Proposal]:
    """Propose masks for the slices that are no examples, those nearest to examples first.

    Every slice where a structure may be is proposed as soon as it is known. Then doubtful slices
    are looked at again, the examples are compared with what would have been proposed for them, and
    every slice is proposed once more, mixed as this advises and with the Dice to expect: the newest
    proposal of a segment and slice counts. An empty mask says that the structure was looked for and
    not found.

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
        The two mixed as the examples advise, or one alone.
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
    if method not in get_args(Method):
        raise ValueError(f"method: got {method!r}; expected one of {', '.join(get_args(Method))}")
    if engine is None and method != "interpolation":
        raise ValueError(f'engine: got None; expected one for the method "{method}"')
    limits = value_range(volume, modality)

    def images_of(slices: Sequence[int]) -> np.ndarray:
        return scale(volume[list(slices)], limits)

    work = {
        segment.number: begin(segment, spacing, engine, method, images_of)
        for segment in segments
        if (wanted is None or segment.number in wanted)
        and any(mask.any() for mask in segment.masks.values())
    }
    numbers = [segment.number for segment in segments]
    setting = _Setting(
        work=work,
        drawn={segment.number: segment.masks for segment in segments},
        exclusive=frozenset(numbers if exclusive is None else exclusive),
        engine=engine,
        images_of=images_of,
        shape=volume.shape,
        slices=frozenset(range(len(volume)) if slices is None else slices),
        cancelled=cancelled,
        progress=progress,
    )
    yield from _look_everywhere(setting)
    if not cancelled():
        yield from _compare_and_settle(setting)


def _look_everywhere(setting: _Setting) -> Iterator[Proposal]:
    """Propose every slice for the first time, nearest to examples first."""
    slices = setting.shape[0]
    visits = [
        visit
        for work in setting.work.values()
        for visit in first_visits(work, slices)
        if visit.slice in setting.slices
    ]
    heapq.heapify(visits)
    done, later = 0, _comparisons(setting)
    while visits and not setting.cancelled():
        batch = _next_batch(visits)
        work = setting.work[batch[0].segment]
        look(work, batch, setting.engine, setting.images_of)
        for visit in batch:
            following = next_visit(work, visit, slices)
            if following is not None and following.slice in setting.slices:
                heapq.heappush(visits, following)
        for visit in batch:
            done += 1
            setting.progress(done, done + len(visits) + later)
            yield _newcomer(setting, work, visit.slice)


def _compare_and_settle(setting: _Setting) -> Iterator[Proposal]:
    """Look at doubtful slices again, find out whom to trust, and propose every slice for good."""
    done = sum(len(work.found) for work in setting.work.values())
    again = sum(len(enclosed(work)) for work in setting.work.values())
    total = done + again + _comparisons(setting)
    for work in setting.work.values():
        if setting.engine is not None and work.taught is not None:
            for _ in look_again(work, setting.engine, setting.images_of):
                done += 1
                setting.progress(done, total)
                if setting.cancelled():
                    return
        answered = {}
        for index, answers in trials(work, setting.engine, setting.images_of):
            answered[index] = answers
            done += 1
            setting.progress(done, total)
            if setting.cancelled():
                return
        settle_trust(work, answered)
    setting.progress(total, total)
    gaps: dict[int, int] = {}
    for work in setting.work.values():
        for index in work.found:
            gaps[index] = min(work.gap(index), gaps.get(index, setting.shape[0]))
    for index in sorted(gaps, key=lambda index: (gaps[index], index)):
        if setting.cancelled():
            return
        here = [work for work in setting.work.values() if index in work.found]
        masks = settle(
            {work.number: claim(work, index) for work in here},
            _drawn_pixels(setting, index),
            setting.exclusive,
        )
        for work in here:
            yield Proposal(
                work.number,
                index,
                masks[work.number],
                expected(work, index),
                work.network_share(index),
            )


def _comparisons(setting: _Setting) -> int:
    """Count the examples that will be predicted from the others."""
    return sum(len(on_trial(work)) for work in setting.work.values())


def _next_batch(visits: list[Visit]) -> list[Visit]:
    """Take visits of one segment from the heap that are equally near to examples."""
    batch = [heapq.heappop(visits)]
    while visits and len(batch) < BATCH and _alike(visits[0], batch[0]):
        batch.append(heapq.heappop(visits))
    return batch


def _alike(first: Visit, second: Visit) -> bool:
    return (first.gap, first.segment) == (second.gap, second.segment)


def _newcomer(setting: _Setting, work: SegmentWork, index: int) -> Proposal:
    """Propose a slice without taking pixels from anyone who was there before."""
    mask = work.crop.whole(work.found[index])
    if work.number in setting.exclusive:
        taken = _drawn_pixels(setting, index)
        for other in setting.work.values():
            if other is not work and other.number in setting.exclusive and index in other.found:
                taken |= other.crop.whole(other.found[index])
        mask &= ~taken
    return Proposal(work.number, index, mask, None, work.network_share(index))


def _drawn_pixels(setting: _Setting, index: int) -> np.ndarray:
    """Pixels of a slice that examples of exclusive segments own: bool [row, column]."""
    taken = np.zeros(setting.shape[1:], bool)
    for number in setting.exclusive & set(setting.drawn):
        if index in setting.drawn[number]:
            taken |= setting.drawn[number][index]
    return taken
