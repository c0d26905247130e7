"""Proposing over many annotated series, as often as it takes."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.annotation.ends import stated_ends
from core.annotation.open_segments import needs_nothing, segments_to_propose
from core.annotation.records import SliceAnnotation, StatedEnds
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey
from core.dicom.errors import DicomError
from core.dicom.series import Series, SeriesSummary
from core.dicom.slice_names import slice_names
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job
from core.proposals.adapted_network import base_of
from core.proposals.teachers import Teachers, teachers_for
from core.stored_proposals.annotated_series import AnnotatedSeries
from core.stored_proposals.proposing import submit_stored
from core.stored_proposals.teaching import learns_from_teachers, submit_taught

_MOST_AT_ONCE = 8
"""Series that are in memory at once."""

_LOOK_EVERY_S = 0.2


class Outcome(StrEnum):
    """What became of a series."""

    PROPOSED = "proposed"
    UP_TO_DATE = "up to date"
    NOTHING_DRAWN = "nothing drawn"
    REFUSED = "refused"


@dataclass(frozen=True)
class SeriesReport:
    """What was done with one series.

    Attributes
    ----------
    annotation_key : str
        Key of the annotation.
    outcome : Outcome
        What became of it.
    slices : int
        How many slices of segments were proposed.
    reason : str
        Why it was refused, in a sentence; else blank.
    """

    annotation_key: str
    outcome: Outcome
    slices: int = 0
    reason: str = ""


def propose_over(
    store: AnnotationStore,
    cohort: Iterable[AnnotatedSeries],
    backend: ProposalBackend,
    *,
    person: str,
    teachers: Teachers | None = None,
    renewed_since: datetime | None = None,
    adapting: bool = False,
    progress: Callable[[Job], None] = lambda job: None,
) -> Iterator[SeriesReport]:
    """Propose for as many series at once as are computed at once, and leave out what needs nothing.

    What is done is known from the store, so that whoever starts again carries on. Series with
    examples of their own are proposed from these; others from the teachers.

    Parameters
    ----------
    store : AnnotationStore
        Where the annotations are.
    cohort : iterable of AnnotatedSeries
        The series.
    backend : ProposalBackend
        Where proposals are made.
    person : str
        Who asked for them.
    teachers : Teachers, optional
        For series on which nothing is drawn.
    renewed_since : datetime, optional
        When the teachers last changed, in UTC: what was proposed from teachers before is made anew.
    adapting : bool
        Whether the network is adapted to the teachers before, and another one learns from them for
        what is proposed once something is drawn.
    progress : callable
        Told every moment of a job that is at work.

    Yields
    ------
    SeriesReport
        Once a series is done or left out. A series that cannot be used ends no other.
    """
    run = _Run(
        store, backend, backend.weights(), person, teachers, renewed_since, adapting, progress
    )
    pool = ThreadPoolExecutor(min(backend.places, _MOST_AT_ONCE), "cohort")
    try:
        waiting = [pool.submit(run.report, one) for one in cohort]
        for done in as_completed(waiting):
            yield done.result()
    finally:
        run.is_over.set()
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, eq=False)
class _Run:
    """What all series of one call have in common."""

    store: AnnotationStore
    backend: ProposalBackend
    weights: str
    person: str
    teachers: Teachers | None
    renewed_since: datetime | None
    adapting: bool
    progress: Callable[[Job], None]
    is_over: threading.Event = field(default_factory=threading.Event)

    def report(self, one: AnnotatedSeries) -> SeriesReport:
        """Deal with one series."""
        try:
            return self._propose(one)
        except (DicomError, ValueError) as error:
            return SeriesReport(one.annotation_key, Outcome.REFUSED, reason=str(error))

    def _propose(self, one: AnnotatedSeries) -> SeriesReport:
        key, store = one.annotation_key, self.store
        summary = one.find()
        store.open_annotation(key, slice_names(summary), summary.rows, summary.columns)
        annotation = store.annotation(key)
        teachers = self.teachers
        is_taught = learns_from_teachers(annotation)
        if not is_taught:
            ends = stated_ends(store, key)
            if is_up_to_date(annotation, self.weights, summary.slices, ends):
                return SeriesReport(key, Outcome.UP_TO_DATE)
            series = one.read(summary)
            job = submit_stored(self.backend, store, key, series, person=self.person)
        elif teachers is None:
            return SeriesReport(key, Outcome.NOTHING_DRAWN)
        elif self._is_taught(annotation, summary, teachers):
            return SeriesReport(key, Outcome.UP_TO_DATE)
        else:
            series = one.read(summary)
            job = self._taught(key, series, teachers, adapting=self.adapting)
        self._follow(job)
        if is_taught and self.adapting and teachers is not None:
            with suppress(ValueError):  # what is proposed is stored all the same
                self._follow(self._taught(key, series, teachers, learning=True))
        slices = sum(bool(found.mask.any()) for found in job.proposals)
        return SeriesReport(key, Outcome.PROPOSED, slices)

    def _taught(
        self,
        key: str,
        series: Series,
        teachers: Teachers,
        *,
        adapting: bool = False,
        learning: bool = False,
    ) -> Job:
        return submit_taught(
            self.backend,
            self.store,
            key,
            series,
            lambda is_over: teachers,
            person=self.person,
            segments=len(teachers.segments),
            adapting=adapting,
            learning=learning,
        )

    def _is_taught(
        self,
        annotation: Mapping[SliceKey, SliceAnnotation],
        summary: SeriesSummary,
        teachers: Teachers,
    ) -> bool:
        """Whether these teachers proposed already, with these weights."""
        modality, axes = summary.kind_of_values, summary.geometry.axes
        suitable = teachers_for(teachers, summary.uid, modality, axes)
        teaching = set(suitable.series_uids)
        return bool(teaching) and any(
            base_of(one.weights) == self.weights
            and one.pixels
            and set(one.teachers) == teaching
            and (self.renewed_since is None or (one.time or datetime.min) > self.renewed_since)
            for one in annotation.values()
        )

    def _follow(self, job: Job) -> None:
        """Wait for a job.

        Raises
        ------
        ValueError
            If it failed.
        """
        while not job.wait(_LOOK_EVERY_S):
            if self.is_over.is_set():
                job.cancel()
            self.progress(job)
        if job.error is not None:
            raise ValueError(job.error)


def is_up_to_date(
    annotation: Mapping[SliceKey, SliceAnnotation],
    weights: str,
    slices: int,
    ends: Mapping[int, StatedEnds],
) -> bool:
    """Whether every segment needs nothing, or has proposals newer than all that was drawn of it.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    weights : str
        Name of the weights; proposals of others do not count.
    slices : int
        Of the series.
    ends : mapping of int to StatedEnds
        By segment number, as far as any are stated.
    """
    for number in segments_to_propose(annotation):
        if needs_nothing(annotation, number, slices, ends):
            continue
        versions = [one for (segment, _), one in annotation.items() if segment == number]
        proposed = [
            one.time
            for one in versions
            if one.state is SliceState.PROPOSED and base_of(one.weights) == weights and one.time
        ]
        drawn = EXAMPLE_STATES - {SliceState.ACCEPTED}
        changed = [one.time for one in versions if one.state in drawn and one.time]
        if not proposed or max(proposed) < max(changed, default=max(proposed)):
            return False
    return True
