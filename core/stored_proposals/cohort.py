"""Proposing over many annotated series, one after the other, as often as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from core.annotation.open_segments import is_reviewed, segments_to_propose
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import SliceAnnotation
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.versions import SliceKey
from core.dicom.errors import DicomError
from core.dicom.reading import read_series
from core.dicom.series import Series, SeriesSummary
from core.dicom.slice_names import slice_names
from core.segments.segment import Segment
from core.stored_proposals.proposing import propose_and_store

if TYPE_CHECKING:
    from core.network.engine import Engine
    from core.proposals.from_other_series import ReferenceSeries

Progress = Callable[[int, int], None]
"""Called with steps done and steps in all."""


class Outcome(StrEnum):
    """What became of a series."""

    PROPOSED = "proposed"
    UP_TO_DATE = "up to date"
    NOTHING_DRAWN = "nothing drawn"
    REFUSED = "refused"


@dataclass(frozen=True)
class CohortSeries:
    """A series, and the annotation of it that is meant.

    Attributes
    ----------
    annotation_key : str
        Key of the annotation.
    find : callable
        Returns the summary of the series; raises DicomError where its files cannot be used.
    """

    annotation_key: str
    find: Callable[[], SeriesSummary]


@dataclass(frozen=True, eq=False)
class Teacher:
    """An annotated series from which others are proposed where nothing is drawn on them.

    Attributes
    ----------
    reference : ReferenceSeries
        Its pixels and examples.
    segments : tuple of Segment
        What its examples show, by the same numbers.
    """

    reference: ReferenceSeries
    segments: tuple[Segment, ...]


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
    cohort: Iterable[CohortSeries],
    engine: Engine,
    *,
    person: str,
    teacher: Teacher | None = None,
    progress: Progress = lambda done, total: None,
) -> Iterator[SeriesReport]:
    """Propose for one series after the other, leaving out those that need nothing.

    What is done is known from the store, so that whoever starts again carries on. Examples drawn on
    a series itself are used alone where there are any; else those of the teacher.

    Parameters
    ----------
    store : AnnotationStore
        Where the annotations are.
    cohort : iterable of CohortSeries
        The series.
    engine : Engine
        The network.
    person : str
        Who asked for them.
    teacher : Teacher, optional
        For series on which nothing is drawn.
    progress : callable
        Told of the series that is at work.

    Yields
    ------
    SeriesReport
        Once a series is done or left out. A series that cannot be used ends no other.
    """
    for one in cohort:
        try:
            yield _propose(store, one, engine, person, teacher, progress)
        except (DicomError, ValueError) as error:
            yield SeriesReport(one.annotation_key, Outcome.REFUSED, reason=str(error))


def _propose(
    store: AnnotationStore,
    one: CohortSeries,
    engine: Engine,
    person: str,
    teacher: Teacher | None,
    progress: Progress,
) -> SeriesReport:
    key = one.annotation_key
    summary = one.find()
    store.open_annotation(key, slice_names(summary), summary.rows, summary.columns)
    annotation = store.annotation(key)
    weights = engine.weights.name
    if segments_to_propose(annotation):
        if is_up_to_date(annotation, weights):
            return SeriesReport(key, Outcome.UP_TO_DATE)
        proposals = propose_and_store(
            store, key, read_series(summary), engine, person=person, progress=progress
        )
        newest = {(found.segment, found.slice): found.mask.any() for found in proposals}
        return SeriesReport(key, Outcome.PROPOSED, sum(map(bool, newest.values())))
    if teacher is None:
        return SeriesReport(key, Outcome.NOTHING_DRAWN)
    if any(version.weights == weights and version.pixels for version in annotation.values()):
        return SeriesReport(key, Outcome.UP_TO_DATE)
    slices = _propose_from_teacher(
        store, key, read_series(summary), engine, person, teacher, progress
    )
    return SeriesReport(key, Outcome.PROPOSED, slices)


def is_up_to_date(annotation: Mapping[SliceKey, SliceAnnotation], weights: str) -> bool:
    """Whether every segment is reviewed, or has proposals newer than all that was drawn of it.

    Parameters
    ----------
    annotation : mapping
        What `AnnotationStore.annotation` returned.
    weights : str
        Name of the weights; proposals of others do not count.
    """
    for number in segments_to_propose(annotation):
        versions = [one for (segment, _), one in annotation.items() if segment == number]
        if is_reviewed(versions):
            continue
        proposed = [
            one.time
            for one in versions
            if one.state is SliceState.PROPOSED and one.weights == weights and one.time
        ]
        drawn = EXAMPLE_STATES - {SliceState.ACCEPTED}
        changed = [one.time for one in versions if one.state in drawn and one.time]
        if not proposed or max(proposed) < max(changed, default=max(proposed)):
            return False
    return True


def _propose_from_teacher(
    store: AnnotationStore,
    annotation_key: str,
    series: Series,
    engine: Engine,
    person: str,
    teacher: Teacher,
    progress: Progress,
) -> int:
    """Propose where nothing is drawn; returns how many slices of segments were proposed."""
    from core.proposals.from_other_series import propose_from_reference

    numbers = _matched_segments(store.segments(annotation_key), teacher.segments)
    found = list(
        propose_from_reference(
            teacher.reference,
            series.volume,
            series.geometry.spacing,
            series.summary.modality,
            engine=engine,
            exclusive=frozenset(one.number for one in teacher.segments if one.exclusive),
            progress=progress,
        )
    )
    known = {one.number for one in store.segments(annotation_key)}
    for segment in teacher.segments:
        if numbers[segment.number] not in known:
            added = replace(segment, number=numbers[segment.number])
            store.save_segment(annotation_key, added, person)
    numbered = [replace(one, segment=numbers[one.segment]) for one in found if one.mask.any()]
    store_proposals(store, annotation_key, numbered, person=person, weights=engine.weights.name)
    return len(numbered)


def _matched_segments(known: Sequence[Segment], taught: Sequence[Segment]) -> dict[int, int]:
    """Number in the annotation for every segment of the teacher: that of the same name and code."""
    numbers = {_meaning(one): one.number for one in known}
    following = max(numbers.values(), default=0) + 1
    found = {}
    for segment in taught:
        found[segment.number] = numbers.get(_meaning(segment), following)
        following += _meaning(segment) not in numbers
    return found


def _meaning(segment: Segment) -> tuple[str, ...]:
    side = segment.type_modifier
    codes = (segment.type, side) if side is not None else (segment.type,)
    return (
        segment.label.casefold(),
        *(part for code in codes for part in (code.value, code.scheme)),
    )
