"""Proposing from what people have drawn in the store, and storing the result for their review.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.annotation.adapted_networks import kept_network
from core.annotation.ends import stated_ends
from core.annotation.open_segments import segments_to_propose
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import StatedEnds
from core.annotation.retries import patiently
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore, SliceAnnotation
from core.annotation.taught_masks import JOINED_TOOL, PROPOSING_TOOL, taught_masks
from core.annotation.versions import SliceKey
from core.dicom.series import Series
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job, Origin
from core.proposal_jobs.packed_masks import packed
from core.proposal_jobs.requests import (
    Hints,
    ProposalRequest,
    ProposalTask,
    segment_data,
    series_data,
    taught_data,
)
from core.proposals.adapted_network import AdaptedNetwork, packed_network
from core.proposals.examples import SegmentExamples
from core.proposals.taught import TaughtSegment, heard
from core.stored_proposals.trained_networks import segments_to_ask_about


@dataclass(frozen=True)
class Wanted:
    """What to propose: every segment with open work by default, or some slices of one segment.

    Attributes
    ----------
    segment : int, optional
        Number of the segment.
    slices : tuple of int, optional
        Indices of the slices.
    """

    segment: int | None = None
    slices: tuple[int, ...] | None = None


@dataclass
class _Sources:
    """What takes part beside the examples; known once the job has begun.

    Attributes
    ----------
    numbers : list of int
        Segments to propose.
    examples : dict of int to tuple of int
        Slices that take part as examples, by segment number.
    heard : dict of int to tuple of str
        Series whose masks are heard, by segment number.
    network : AdaptedNetwork or None
        Is asked as well, where its weights are those that propose.
    learned_from : tuple of str
        Series that it learned from.
    """

    numbers: list[int] = field(default_factory=list)
    examples: dict[int, tuple[int, ...]] = field(default_factory=dict)
    heard: dict[int, tuple[str, ...]] = field(default_factory=dict)
    network: AdaptedNetwork | None = None
    learned_from: tuple[str, ...] = ()

    def origin(self, job: Job, number: int) -> Origin:
        """Name the weights and the other series that take part in a segment."""
        heard, network = self.heard.get(number, ()), self.network
        if network is None or network.base != job.weights or number not in network.segments:
            return Origin(job.weights, heard)
        return Origin(network.name, tuple(dict.fromkeys((*heard, *self.learned_from))))


def confirmed_masks(
    annotation: Mapping[SliceKey, SliceAnnotation],
) -> dict[int, dict[int, NDArray[np.bool_]]]:
    """Collect the masks that people drew or confirmed, by segment number and slice index.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    """
    masks: dict[int, dict[int, NDArray[np.bool_]]] = {}
    for (number, index), version in annotation.items():
        if version.state in EXAMPLE_STATES:
            masks.setdefault(number, {})[index] = version.mask
    return masks


def stored_examples(
    store: AnnotationStore, annotation_key: str, annotation: Mapping[SliceKey, SliceAnnotation]
) -> list[SegmentExamples]:
    """Collect what people drew or confirmed, with the ends that they stated.

    Parameters
    ----------
    store : AnnotationStore
        Where the ends are.
    annotation_key : str
        Key of the annotation.
    annotation : mapping
        What `AnnotationStore.annotation` returned for it.
    """
    stated = stated_ends(store, annotation_key)
    return [
        SegmentExamples(
            number,
            of_segment,
            stated.get(number, StatedEnds()).ends,
            frozenset(
                index
                for index in of_segment
                if annotation[number, index].state is SliceState.ACCEPTED
            ),
        )
        for number, of_segment in confirmed_masks(annotation).items()
    ]


def submit_stored(
    backend: ProposalBackend,
    store: AnnotationStore,
    annotation_key: str,
    series: Series,
    *,
    person: str,
    wanted: Wanted = Wanted(),
    asks_trained: bool = True,
    when_finished: Callable[[Job], None] = lambda job: None,
) -> Job:
    """Have proposals made from what is drawn when the job begins, and stored as one step.

    What other series said of a segment before is heard as well, and they are named, unless
    somebody took it back or the examples show that it is not to be trusted. The network that was
    trained on them is asked as well, unless that is not wanted.

    They are stored once all are made; what was made before a cancellation is stored, too. Those of
    a segment of which an example was taken back meanwhile are left out, and the job fails then.

    Parameters
    ----------
    backend : ProposalBackend
        Where they are made.
    store : AnnotationStore
        In which the annotation is known.
    annotation_key : str
        Key of the annotation.
    series : Series
        With its pixels.
    person : str
        Who asks for them.
    wanted : Wanted
        What to propose.
    asks_trained : bool
        Whether the network that was trained on other series is asked, where there is one.
    when_finished : callable
        Called in the background with the job, whatever became of it.

    Returns
    -------
    Job
        It fails where examples do not fit the series or were taken back, or the store refuses.

    Raises
    ------
    QueueFull
        If too many jobs of the person are not finished.
    """
    slices = _slices_asked(store, annotation_key, wanted, series.summary.slices)
    sources = _Sources()

    def prepare() -> ProposalTask:
        annotation = store.annotation(annotation_key)
        numbers = sources.numbers = (
            segments_to_propose(annotation) if wanted.segment is None else [wanted.segment]
        )
        examples = stored_examples(store, annotation_key, annotation)
        sources.examples = {one.number: tuple(one.masks) for one in examples}
        said = taught_masks(store, annotation_key)
        beside = heard(
            [
                TaughtSegment(number, said[number].masks, said[number].expected)
                for number in numbers
                if number in said
            ],
            examples,
        )
        sources.heard = {number: said[number].teachers for number in beside}
        kept = kept_network(store, annotation_key) if asks_trained else None
        taught = {number: said[number].teachers for number in numbers if number in said}
        if kept is not None and (learned := segments_to_ask_about(kept, taught)):
            sources.network = packed_network(kept.base, learned, kept.content)
            sources.learned_from = kept.teachers
        return proposal_task(
            series,
            person=person,
            slices_asked=slices,
            segments=segment_data(examples),
            exclusive=tuple(one.number for one in store.segments(annotation_key) if one.exclusive),
            wanted=tuple(numbers),
            slices=wanted.slices,
            taught=taught_data(list(beside.values())),
            adapted=sources.network,
        )

    def deliver(job: Job) -> None:
        asked = wanted.slices if wanted.slices is not None else range(len(series.volume))
        # While the store is locked or its server is gone, this waits.
        patiently(lambda: _store(store, annotation_key, job, sources, asked, person))

    return backend.submit(
        prepare,
        person=person,
        slices=slices,
        series=annotation_key,
        origin=sources.origin,
        deliver=deliver,
        when_finished=when_finished,
    )


def _store(
    store: AnnotationStore,
    annotation_key: str,
    job: Job,
    sources: _Sources,
    asked: Collection[int],
    person: str,
) -> None:
    """Store what a job proposed, except for segments whose examples are none any more.

    Raises
    ------
    ValueError
        When there are such segments; the others are stored.
    """
    outdated = _segments_taken_back(store, annotation_key, sources)
    kept = [number for number in sources.numbers if number not in outdated]
    origins = {number: job.origin_of(number) for number in kept}
    teachers = {number: one.teachers for number, one in origins.items()}
    store_proposals(
        store,
        annotation_key,
        [one for one in job.proposals if one.segment not in outdated],
        person=person,
        tool=JOINED_TOOL if any(teachers.values()) else PROPOSING_TOOL,
        weights={number: one.weights for number, one in origins.items()},
        teachers=teachers,
        searched={} if job.cancelled else dict.fromkeys(kept, asked),
    )
    if outdated:
        raise ValueError(
            "A slice that proposals were made from was taken back meanwhile, so they were left "
            "out; propose again."
        )


def _segments_taken_back(
    store: AnnotationStore, annotation_key: str, sources: _Sources
) -> set[int]:
    """Return the proposed segments of which a slice that took part is no example any more."""
    annotation = store.annotation(annotation_key)
    present = {segment.number for segment in store.segments(annotation_key)}
    examples = {place for place, one in annotation.items() if one.state in EXAMPLE_STATES}
    return {
        number
        for number in present.intersection(sources.numbers)
        if any((number, index) not in examples for index in sources.examples.get(number, ()))
    }


def hint_task(
    series: Series,
    segment: SegmentExamples,
    index: int,
    mask: NDArray[np.bool_],
    added: NDArray[np.bool_],
    removed: NDArray[np.bool_],
    *,
    person: str,
) -> ProposalTask:
    """Ask for the correction of one slice by strokes.

    Parameters
    ----------
    series : Series
        With its pixels.
    segment : SegmentExamples
        Examples on other slices.
    index : int
        The slice.
    mask, added, removed : numpy.ndarray
        bool [row, column]: the mask to correct, and what strokes mark as inside and as outside.
    person : str
        Who waits for it.
    """
    return proposal_task(
        series,
        person=person,
        slices_asked=0,
        segments=segment_data([segment]),
        hints=Hints(index, packed(mask), packed(added), packed(removed)),
    )


def proposal_task(series: Series, **request: Any) -> ProposalTask:
    """Ask for proposals on a series.

    Parameters
    ----------
    series : Series
        With its pixels.
    **request
        What else `core.proposal_jobs.requests.ProposalRequest` takes.
    """
    geometry = series.geometry
    data = series_data(
        series.volume, geometry.spacing, series.summary.kind_of_values, geometry.axes
    )
    return ProposalTask(ProposalRequest(series=data, **request), {data.volume: series.volume})


def _slices_asked(store: AnnotationStore, annotation_key: str, wanted: Wanted, slices: int) -> int:
    """About how many slices of segments are to be proposed."""
    if wanted.slices is not None:
        return len(wanted.slices)
    return len(segments_to_propose(store.annotation(annotation_key))) * slices
