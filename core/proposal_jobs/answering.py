"""From a request to proposals: the same function wherever they are computed."""

import hashlib
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from core.network.engine import Engine
from core.proposal_jobs.job import Progress
from core.proposal_jobs.packed_masks import PackedMask
from core.proposal_jobs.requests import (
    Hints,
    ProposalRequest,
    ProposalTask,
    SegmentData,
    SeriesData,
)
from core.proposal_jobs.volumes import Volume
from core.proposals.adaptation import AdaptedEngines
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.correction import ReadySlice, correct_slice, ready_slice
from core.proposals.examples import Proposal
from core.proposals.from_other_series import propose_from_teachers
from core.proposals.joint_engine import JointEngine, JointEngines
from core.proposals.learning import learn_to_complete
from core.proposals.network_prompt import NetworkPrompt
from core.proposals.proposer import propose
from core.proposals.recent_examples import RecentExamples
from core.proposals.recently_used import RecentlyUsed
from core.proposals.teachers import ReferenceSeries

_LESSONS = 8
"""Networks that learned from other series and are kept, of 1 MB each."""

_SLICES_READY = 8
"""Slices that are kept ready for more strokes, 12 MB each."""


class Answering:
    """Answers requests, and keeps ready what is likely to be asked for next.

    Parameters
    ----------
    engine : Engine
        The network.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._ready: RecentlyUsed[_Question, _Kept] = RecentlyUsed(_SLICES_READY)
        self._recent: RecentExamples[NetworkPrompt] = RecentExamples()
        self._adapted = AdaptedEngines()
        self._joint = JointEngines(engine)
        self._lessons: RecentlyUsed[bytes, AdaptedNetwork] = RecentlyUsed(_LESSONS)

    def answer(
        self,
        task: ProposalTask,
        cancelled: Callable[[], bool],
        progress: Progress,
        tell_adapted: Callable[[AdaptedNetwork], None] = lambda network: None,
    ) -> Iterator[Proposal]:
        """Make the proposals that are asked for.

        Parameters
        ----------
        task : ProposalTask
            The request, and its volumes.
        cancelled, progress : callable
            As `core.proposals.proposer.propose` takes them.
        tell_adapted : callable
            Called with the network that learned, where that was asked for and enough taught it.

        Yields
        ------
        Proposal
            The newest of a segment and slice counts. The same request gives the same ones in the
            same order.

        Raises
        ------
        ValueError
            If examples do not fit the series, or an adapted network is damaged.
        """
        request = task.request
        if cancelled():
            return
        volume = task.volumes[request.series.volume]
        if request.hints is not None:
            yield self._corrected(request, request.hints, volume)
        elif request.learning_steps > 0:
            network = self._learned(task, cancelled, progress)
            if network is not None:
                tell_adapted(network)
        elif request.teachers:
            yield from self._taught(task, cancelled, progress)
        else:
            yield from propose(
                volume,
                request.series.spacing,
                request.series.modality,
                [one.examples() for one in request.segments],
                engine=self.engine,
                exclusive=request.exclusive,
                wanted=request.wanted,
                slices=request.slices,
                cancelled=cancelled,
                progress=progress,
                recent=self._recent.of(request.series.volume, volume),
                taught=[one.segment() for one in request.taught],
                engines=self._engines(request.adapted),
            )

    def _engines(self, network: AdaptedNetwork | None) -> dict[int, JointEngine]:
        """By number of the segments that a network learned, it and the usual one as one.

        None where it was adapted from other weights than those that propose now.
        """
        if network is None or network.base != self.engine.weights.name:
            return {}
        return dict.fromkeys(network.segments, self._joint.of(network))

    def _learned(
        self, task: ProposalTask, cancelled: Callable[[], bool], progress: Progress
    ) -> AdaptedNetwork | None:
        """Have a network learn, or take the one that learned the same before."""
        lesson = _lesson(task.request)
        network = self._lessons.get(lesson) or learn_to_complete(
            _teachers(task),
            task.request.series.modality,
            engine=self.engine,
            axes=_axes(task.request.series),
            gradient_steps=task.request.learning_steps,
            cancelled=cancelled,
            progress=progress,
        )
        if network is not None:
            self._lessons.keep(lesson, network)
        return network

    def _taught(
        self, task: ProposalTask, cancelled: Callable[[], bool], progress: Progress
    ) -> Iterator[Proposal]:
        request = task.request
        return propose_from_teachers(
            _teachers(task),
            task.volumes[request.series.volume],
            request.series.spacing,
            request.series.modality,
            engine=self.engine,
            axes=_axes(request.series),
            exclusive=frozenset(request.exclusive),
            adapted=self._adapted,
            adapting=request.adapting,
            cancelled=cancelled,
            progress=progress,
        )

    def _corrected(self, request: ProposalRequest, hints: Hints, volume: Volume) -> Proposal:
        (segment,) = request.segments
        mask = correct_slice(
            self._ready_slice(request, segment, hints, volume),
            hints.added.unpacked(),
            hints.removed.unpacked(),
        )
        return Proposal(segment.number, hints.slice, mask)

    def _ready_slice(
        self, request: ProposalRequest, segment: SegmentData, hints: Hints, volume: Volume
    ) -> ReadySlice:
        """Make the slice ready for strokes, or take what was made for the stroke before."""
        question = _question(request, segment, hints)
        kept = self._ready.get(question)
        if kept is not None and kept.volume() is volume:
            return kept.ready
        ready = ready_slice(
            volume,
            request.series.spacing,
            request.series.modality,
            segment.examples(),
            hints.slice,
            hints.mask.unpacked(),
            self.engine,
            self._recent.of(request.series.volume, volume),
        )
        self._ready.keep(question, _Kept(volume, ready))
        return ready


def _teachers(task: ProposalTask) -> list[ReferenceSeries]:
    return [
        ReferenceSeries(
            task.volumes[teacher.series.volume],
            teacher.series.spacing,
            teacher.series.modality,
            tuple(one.examples() for one in teacher.segments),
            _axes(teacher.series),
        )
        for teacher in task.request.teachers
    ]


def _lesson(request: ProposalRequest) -> bytes:
    """Name all that a network learns from."""
    axes = _axes(request.series)
    # Of where the series lies only how teachers are turned: no two patients lie quite alike.
    turned = [
        None if axes is None or own is None else (np.sum(own * axes, axis=1) < 0).tolist()
        for own in (_axes(one.series) for one in request.teachers)
    ]
    series = replace(request.series, volume=str(turned), spacing=(0.0, 0.0, 0.0), axes=None)
    taught = replace(request, person="", slices_asked=0, series=series)
    return hashlib.blake2b(taught.to_json(), digest_size=20).digest()


_Question = tuple[str, int, int, PackedMask, tuple[tuple[int, PackedMask], ...]]
"""What a slice that is ready was made from."""


def _question(request: ProposalRequest, segment: SegmentData, hints: Hints) -> _Question:
    examples = tuple(sorted(segment.masks.items(), key=lambda one: one[0]))
    return request.series.volume, segment.number, hints.slice, hints.mask, examples


class _Kept:
    """A slice that is ready; it keeps no volume in memory that nobody else uses."""

    def __init__(self, volume: Volume, ready: ReadySlice) -> None:
        self.volume = weakref.ref(volume)
        self.ready = ready


def _axes(series: SeriesData) -> np.ndarray | None:
    return None if series.axes is None else np.array(series.axes)
