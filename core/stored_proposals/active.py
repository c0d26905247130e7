"""Proposing over a cohort in which every finished series teaches the others, and what to do next.

Which series are finished and what was proposed before is known from the store, so whoever asks
again after a series is finished sees by how much the others gained, and nothing is done twice.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.errors import DicomError
from core.dicom.slice_names import slice_names
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job
from core.proposals.teachers import ReferenceSeries, Teachers, joined_teachers
from core.proposals.teaching_order import (
    SeriesLooks,
    likeness_of_series,
    looks_of_series,
    teaching_order,
)
from core.stored_proposals.annotated_series import AnnotatedSeries
from core.stored_proposals.cohort import Outcome, SeriesReport, propose_over
from core.stored_proposals.stored_teachers import is_finished, stored_teachers

_MOST_TEACHERS = 8
"""Finished series that teach at once: those that the others are most like."""


@dataclass(frozen=True)
class ActiveReport:
    """A series of the cohort that is not finished.

    Attributes
    ----------
    place : int or None
        In the order in which to annotate, from 1; None where it was refused.
    report : SeriesReport
        What was done with it.
    before, after : float or None
        Dice to expect of what is proposed on it, by area, before and now; None where unknown.
    """

    place: int | None
    report: SeriesReport
    before: float | None
    after: float | None


@dataclass(frozen=True)
class ActiveRound:
    """What was done after a series was finished.

    Attributes
    ----------
    finished : int
        Finished series that can be used.
    reports : tuple of ActiveReport
        Series that are not finished, most informative first, those that cannot be used last.
    silent : tuple of SeriesReport
        Finished series that cannot be used, and why.
    """

    finished: int
    reports: tuple[ActiveReport, ...]
    silent: tuple[SeriesReport, ...]


def propose_actively(
    store: AnnotationStore,
    cohort: Sequence[AnnotatedSeries],
    finished: Collection[str] | None,
    backend: ProposalBackend,
    *,
    person: str,
    given: Teachers | None = None,
    adapting: bool = False,
    progress: Callable[[Job], None] = lambda job: None,
    when_known: Callable[[], object] = lambda: None,
) -> ActiveRound:
    """Propose on all series that are not finished from those that are, and order them.

    Parameters
    ----------
    store : AnnotationStore
        Where the annotations are.
    cohort : sequence of AnnotatedSeries
        All series, finished or not.
    finished : collection of str or None
        Keys of the annotations that are finished; None for those on which all is reviewed.
    backend : ProposalBackend
        Where proposals are made.
    person : str
        Who asked for them.
    given : Teachers, optional
        Further series that teach.
    adapting : bool
        Whether the network is adapted to the teachers before.
    progress : callable
        Told every moment of a job that is at work.
    when_known : callable
        Called once for every series of the cohort, when it is known what became of it.

    Returns
    -------
    ActiveRound
        What was done, and what to annotate next.
    """
    known, refused = _known_series(store, cohort)
    if finished is None:
        finished = {one.key for one in known if is_finished(store, one.key, one.slices)}
    looks = [one.looks for one in known]
    looks += [] if given is None else [_looks_of(one) for one in given.references]
    likeness = likeness_of_series(looks)
    teaching = [place for place, one in enumerate(known) if one.key in finished]
    waiting = [place for place, one in enumerate(known) if one.key not in finished]
    usual = likeness[waiting][:, teaching].sum(axis=0)
    nearest = np.argsort(-usual, kind="stable")[:_MOST_TEACHERS]
    chosen = [known[teaching[int(place)]].series for place in nearest]
    before = {known[place].key: _expected(store, known[place].key) for place in waiting}
    reports: dict[str, SeriesReport] = {}
    for _ in range(len(cohort) - len(waiting)):
        when_known()
    for report in propose_over(
        store,
        [known[place].series for place in waiting],
        backend,
        person=person,
        teachers=_joined(store, chosen, given),
        renewed_since=_last_change(store, chosen),
        adapting=adapting,
        progress=progress,
    ):
        reports[report.annotation_key] = report
        when_known()
    order = teaching_order(likeness, [*teaching, *range(len(known), len(looks))])
    usable = [
        ActiveReport(place, reports[key], before[key], _expected(store, key))
        for place, key in enumerate((known[index].key for index in order), start=1)
    ]
    left_out = [one for one in refused if one.annotation_key not in finished]
    unusable = [ActiveReport(None, one, None, None) for one in left_out]
    silent = tuple(one for one in refused if one.annotation_key in finished)
    return ActiveRound(len(teaching), (*usable, *unusable), silent)


@dataclass(frozen=True, eq=False)
class _KnownSeries:
    """A series that can be used, and what it looks like."""

    series: AnnotatedSeries
    slices: int
    looks: SeriesLooks

    @property
    def key(self) -> str:
        return self.series.annotation_key


def _known_series(
    store: AnnotationStore, cohort: Sequence[AnnotatedSeries]
) -> tuple[list[_KnownSeries], list[SeriesReport]]:
    """Describe every series that can be used; with reports of the others."""
    known, refused = [], []
    for one in cohort:
        key = one.annotation_key
        try:
            summary = one.find()
            store.open_annotation(key, slice_names(summary), summary.rows, summary.columns)
            series = one.read(summary)
            spacing = series.geometry.spacing
            looks = looks_of_series(series.volume, spacing, summary.kind_of_values)
            known.append(_KnownSeries(one, summary.slices, looks))
        except (DicomError, ValueError) as error:
            refused.append(SeriesReport(key, Outcome.REFUSED, reason=str(error)))
    return known, refused


def _looks_of(reference: ReferenceSeries) -> SeriesLooks:
    return looks_of_series(reference.volume, reference.spacing, reference.modality)


def _joined(
    store: AnnotationStore, finished: Sequence[AnnotatedSeries], given: Teachers | None
) -> Teachers | None:
    """Put the finished series and the given teachers together."""
    teachers = given
    for one in finished:
        found = stored_teachers(store, one.annotation_key, one.read(one.find()))
        if found is not None:
            teachers = found if teachers is None else joined_teachers(teachers, found)
    return teachers


def _last_change(store: AnnotationStore, finished: Sequence[AnnotatedSeries]) -> datetime | None:
    """When anything was last drawn or confirmed on some series."""
    times = [
        version.time
        for one in finished
        for version in store.annotation(one.annotation_key).values()
        if version.time is not None
    ]
    return max(times, default=None)


def _expected(store: AnnotationStore, annotation_key: str) -> float | None:
    """Dice to expect of what is proposed on a series, by area; None where unknown."""
    proposed = [
        (one.expected_dice, one.pixels)
        for one in store.annotation(annotation_key).values()
        if one.state is SliceState.PROPOSED and one.expected_dice is not None
    ]
    pixels = sum(size for _, size in proposed)
    return sum(expected * size for expected, size in proposed) / pixels if pixels else None
