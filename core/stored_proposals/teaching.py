"""Proposing a series from others that are annotated in the store, and storing the result.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.annotation.adapted_networks import KeptNetwork, keep_network
from core.annotation.open_segments import segments_to_propose
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import SliceAnnotation, StoreError
from core.annotation.retries import patiently
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_weights
from core.annotation.versions import SliceKey
from core.dicom.errors import DicomError
from core.dicom.series import Series
from core.proposal_jobs import requests
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job, Origin
from core.proposal_jobs.requests import ProposalTask
from core.proposals.adapted_network import LEARNING_STEPS, AdaptedNetwork
from core.proposals.examples import SegmentExamples
from core.proposals.teachers import (
    ReferenceSeries,
    Teachers,
    examples_with_absence,
    is_same_plane,
    numbered_like,
    teachers_for,
    teachers_showing,
)
from core.segments.matching import matched_numbers
from core.segments.segment import Segment
from core.stored_proposals.annotated_series import AnnotatedSeries
from core.stored_proposals.proposing import confirmed_masks, proposal_task


def learns_from_teachers(annotation: Mapping[SliceKey, SliceAnnotation]) -> bool:
    """Whether proposals come from other series alone: until anything is drawn on the series itself.

    From then on its own slices are asked, and what teachers said is heard beside them
    (docs/proposals.md).

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    """
    return not segments_to_propose(annotation)


def read_stored_teachers(
    store: AnnotationStore,
    candidates: Iterable[AnnotatedSeries],
    learner: Series,
    known: Sequence[Segment],
    most: int,
    is_over: Callable[[], bool] = lambda: False,
) -> Teachers:
    """Read what is confirmed on other series, as far as it may teach this one.

    Those of another modality or plane are left out, and those that cannot be read or seen: the
    store decides within its transactions whether whoever asks may see an annotation.

    Parameters
    ----------
    store : AnnotationStore
        As the person may use it who asks.
    candidates : iterable of AnnotatedSeries
        In order of preference.
    learner : Series
        Is to be proposed; it does not teach itself, whoever annotated it.
    known : sequence of Segment
        Of the learner. With any, only these are taught.
    most : int
        Series that teach.
    is_over : callable
        Asked before every series; what was read so far is returned once it is true.

    Returns
    -------
    Teachers
        Perhaps without any series. Segments have the numbers of `known`, or else are numbered
        from 1.
    """
    found: list[tuple[ReferenceSeries, str]] = []
    segments = list(known)
    for candidate in candidates:
        if len(found) == most or is_over():
            break
        with suppress(DicomError, StoreError):
            shown = _shown(store, candidate.annotation_key, segments, only_known=bool(known))
            series = _series_like(candidate, learner) if shown else None
            if series is None:
                continue
            taught = {segment.number for segment in segments}
            segments += [one for one, _ in shown if one.number not in taught]
            found.append((reference_series(series, shown), series.summary.uid))
    return teachers_showing(found, segments)


def submit_taught(
    backend: ProposalBackend,
    store: AnnotationStore,
    annotation_key: str,
    series: Series,
    find_teachers: Callable[[Callable[[], bool]], Teachers],
    *,
    person: str,
    segments: int,
    adapting: bool = False,
    learning: bool = False,
    is_unwanted: Callable[[], bool] = lambda: False,
    when_finished: Callable[[Job], None] = lambda job: None,
) -> Job:
    """Have a series proposed from others, and the proposals stored as one step.

    Segments that it does not have are added before it is proposed. What a person draws meanwhile
    stays.

    Parameters
    ----------
    backend : ProposalBackend
        Where proposals are made.
    store : AnnotationStore
        In which the annotation is known.
    annotation_key : str
        Key of the annotation.
    series : Series
        With its pixels.
    find_teachers : callable
        Called in the background when the job begins, with a function that says whether it was
        cancelled.
    person : str
        Who asks for them.
    segments : int
        About how many segments are taught.
    adapting : bool
        Whether the network is adapted to these series before.
    learning : bool
        Have a network learn from these series instead, while nobody waits for it: it is stored, and
        asked as soon as something is proposed from what is drawn on the series itself. No segment
        is added, and it is asked about none that was removed or renamed meanwhile.
    is_unwanted : callable
        As `ProposalBackend.submit` takes it.
    when_finished : callable
        Called in the background with the job, whatever became of it.

    Returns
    -------
    Job
        It fails where no series teaches, or the store refuses. One that was cancelled does not.

    Raises
    ------
    QueueFull
        If too many jobs of the person are not finished.
    """
    asked = len(series.volume) * max(1, segments)
    named: list[str] = []
    taught: list[Segment] = []
    handed_in: list[Job] = []

    def is_over() -> bool:
        # Between two series others have their turn.
        return bool(handed_in) and handed_in[0].is_to_stop()

    def prepare() -> ProposalTask:
        # A second reader's series is not proposed from what the first one drew on it.
        summary, axes = series.summary, series.geometry.axes
        teachers = teachers_for(find_teachers(is_over), summary.uid, summary.kind_of_values, axes)
        if is_over():
            return proposal_task(series, person=person, slices_asked=asked)
        if not teachers.references:
            raise ValueError(
                f"None of the other series is {summary.kind_of_values} in the same plane and shows "
                "these segments; draw on a few slices instead."
            )
        named.extend(teachers.series_uids)
        if learning:
            numbered = numbered_like(store.segments(annotation_key), teachers)
        else:
            numbered = _numbered(store, annotation_key, teachers, person)
        taught.extend(numbered.segments)
        return _task(
            series,
            numbered,
            person=person,
            slices_asked=asked,
            adapting=adapting,
            learning_steps=LEARNING_STEPS if learning else 0,
        )

    def deliver(job: Job) -> None:
        if learning:
            if (network := job.adapted) is not None:
                patiently(lambda: _keep(store, annotation_key, network, taught, named))
            return
        # While the store is locked or its server is gone, this waits.
        patiently(
            lambda: store_proposals(
                store,
                annotation_key,
                # One without pixels takes the place of what earlier teachers proposed.
                job.proposals,
                person=person,
                weights=job.weights,
                teachers=named,
            )
        )

    job = backend.submit(
        prepare,
        person=person,
        slices=asked,
        series=annotation_key,
        is_background=learning,
        is_unwanted=is_unwanted,
        origin=lambda job, _: Origin(job.weights, tuple(named)),
        deliver=deliver,
        when_finished=when_finished,
    )
    handed_in.append(job)
    return job


def _shown(
    store: AnnotationStore, annotation_key: str, segments: Sequence[Segment], *, only_known: bool
) -> list[tuple[Segment, dict[int, NDArray[np.bool_]]]]:
    """What people confirmed of the segments that are taught, numbered as these are."""
    own = store.segments(annotation_key)
    numbers = matched_numbers(segments, own)
    wanted = {segment.number for segment in segments}
    masks = confirmed_masks(store.annotation(annotation_key))
    shown: dict[int, tuple[Segment, dict[int, NDArray[np.bool_]]]] = {}
    for segment in own:
        number, of_segment = numbers[segment.number], masks.get(segment.number, {})
        if any(mask.any() for mask in of_segment.values()) and (number in wanted or not only_known):
            # Of two segments of one name, the first is taught.
            shown.setdefault(number, (replace(segment, number=number), of_segment))
    return list(shown.values())


def _series_like(candidate: AnnotatedSeries, learner: Series) -> Series | None:
    """Read a series of the same modality and plane; None for another one."""
    summary = candidate.find()
    if (
        summary.uid == learner.summary.uid
        or summary.kind_of_values != learner.summary.kind_of_values
    ):
        return None
    if not is_same_plane(summary.geometry.axes, learner.geometry.axes):
        return None
    return candidate.read(summary)


def reference_series(
    series: Series, shown: Sequence[tuple[Segment, dict[int, NDArray[np.bool_]]]]
) -> ReferenceSeries:
    """Make a teacher of a series and the masks that are confirmed on it.

    Parameters
    ----------
    series : Series
        With its pixels.
    shown : sequence of (Segment, dict of int to numpy.ndarray)
        Segments that have a pixel, and their masks by slice index.
    """
    examples = []
    for segment, masks in shown:
        present = {index: mask for index, mask in masks.items() if mask.any()}
        known = examples_with_absence(present, series.volume.shape)
        examples.append(SegmentExamples(segment.number, {**known, **masks}))
    geometry, modality = series.geometry, series.summary.kind_of_values
    return ReferenceSeries(
        series.volume, geometry.spacing, modality, tuple(examples), geometry.axes
    )


def _numbered(
    store: AnnotationStore, annotation_key: str, teachers: Teachers, person: str
) -> Teachers:
    """Number what is taught as the annotation does, and add to it what it does not have."""
    present = store.segments(annotation_key)
    known = {one.number for one in present}
    numbered = numbered_like(present, teachers)
    for segment in numbered.segments:
        if segment.number not in known:
            store.save_segment(annotation_key, segment, person)
    return numbered


def _keep(
    store: AnnotationStore,
    annotation_key: str,
    network: AdaptedNetwork,
    taught: Sequence[Segment],
    teachers: Sequence[str],
) -> None:
    """Store a network for those segments that the annotation still has as they were learned."""
    present = store.segments(annotation_key)
    known, numbers = {one.number for one in present}, matched_numbers(present, taught)
    learned = tuple(one for one in network.segments if one in known and numbers[one] == one)
    if learned:
        check_weights(network.name)  # what it proposes is stored with it
        kept = KeptNetwork(network.base, learned, tuple(teachers), network.content())
        keep_network(store, annotation_key, kept)


def _task(series: Series, teachers: Teachers, **request: Any) -> ProposalTask:
    """Ask for proposals from other series; see `proposal_task`."""
    taught = [
        requests.Teacher(
            requests.series_data(one.volume, one.spacing, one.modality, one.axes),
            requests.segment_data(one.segments),
        )
        for one in teachers.references
    ]
    task = proposal_task(
        series,
        exclusive=tuple(one.number for one in teachers.segments if one.exclusive),
        teachers=tuple(taught),
        **request,
    )
    volumes = {
        one.series.volume: reference.volume
        for one, reference in zip(taught, teachers.references, strict=True)
    }
    return replace(task, volumes={**task.volumes, **volumes})
