"""Finished series that teach the one that is open: which they are, and asking for proposals."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.annotation.records import StoreError
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, recall_series
from core.home.teaching_choices import TeachingChoice, recall_teaching, remember_teaching
from core.projects.finished_readings import finished_readings
from core.projects.readings import name_where_several
from core.projects.records import WorkItem
from core.proposals.adapted_network import LEAST_TEACHERS
from core.proposals.teachers import Teachers
from core.stored_proposals.annotated_series import AnnotatedSeries
from core.stored_proposals.teaching import (
    learns_from_teachers,
    read_stored_teachers,
)
from pages.session.chosen_series import may_look_into
from pages.session.opening import source_files
from pages.session.proposal_jobs import running_job, start_taught
from pages.session.work import Work


@dataclass(frozen=True)
class Teacher:
    """A series that may teach.

    Attributes
    ----------
    key : str
        Names it in a `TeachingChoice`.
    title : str
        What it is, for people; blank outside projects, where the Series page names it.
    annotation_key : str
        Key of its annotation in the store.
    opened : OpenedSeries
        Where its files are.
    """

    key: str
    title: str
    annotation_key: str
    opened: OpenedSeries


@dataclass
class _Begun:
    """Whether this tab has asked for proposals from other series by itself, or need not."""

    done: bool = False


def teaching_choice(work: Work) -> TeachingChoice:
    """What the person chose for the project of this series, or for series outside projects."""
    return recall_teaching(work.entrance.settings.home, work.person, _project_key(work))


def choose_teaching(work: Work, choice: TeachingChoice) -> None:
    """Keep the person's choice."""
    remember_teaching(work.entrance.settings.home, work.person, _project_key(work), choice)


def possible_teachers(work: Work) -> list[Teacher]:
    """Series that may teach this one, as far as their headers need not be read to know that.

    In a project, all of its finished series that the person may see, the newest first; else those
    that the person chose on the Series page. Never the series itself, whoever read it.

    Parameters
    ----------
    work : Work
        Series being worked on.
    """
    home = work.entrance.settings.home
    if work.item is not None:
        items = finished_readings(work.store, work.item.project_key, work.person)
        found = [
            Teacher(item.annotation_key, f"{item.number} · {item.title}", item.annotation_key, of)
            for item in items
            if (of := recall_series(home, item.opened_key)) is not None
        ]
    else:
        opened = [recall_series(home, key) for key in teaching_choice(work).series]
        found = [Teacher(one.key, "", one.uid, one) for one in opened if one is not None]
        found = [one for one in found if not one.opened.project_key]
    return [
        one
        for one in found
        if one.opened.uid != work.uid
        and one.opened.source.exists()
        and may_look_into(work.entrance, one.opened.source)
    ]


def chosen_teachers(work: Work) -> list[Teacher]:
    """Those of `possible_teachers` that the person wants, none where teaching is off."""
    choice = teaching_choice(work)
    return chosen_among(possible_teachers(work), choice) if choice.most else []


def chosen_among(possible: list[Teacher], choice: TeachingChoice) -> list[Teacher]:
    """Those that a choice allows."""
    if not choice.most:
        return []
    return [one for one in possible if not choice.series or one.key in choice.series]


def may_be_taught(work: Work) -> bool:
    """Whether the person may ask for proposals from other series now."""
    if work.reason_against_editing or running_job(work) is not None:
        return False
    return learns_from_teachers(work.store.annotation(work.annotation_key))


def begin_teaching(work: Work) -> None:
    """Ask for proposals from other series by itself, once, where nothing was done here before.

    Readings that are to be compared with another one are left to their readers: what both of them
    began with would make them look more alike than they are.

    Parameters
    ----------
    work : Work
        Series that was opened.
    """
    begun = work.memory.part(_Begun)
    if begun.done or work.reason_against_editing:
        return
    begun.done = True
    with suppress(StoreError):
        if _is_read_twice(work) or work.store.annotation(work.annotation_key):
            return
        teach(work, by_itself=True)


def teach(work: Work, *, by_itself: bool = False) -> None:
    """Have the series proposed from those that the person chose.

    Parameters
    ----------
    work : Work
        Series being worked on.
    by_itself : bool
        Whether nobody asked for it: then it is tried once as long as the server runs, and what
        goes wrong is not shown.
    """
    chosen = chosen_teachers(work)
    if not chosen:
        return
    home, choice = work.entrance.settings.home, teaching_choice(work)
    # The person may not see them any more when the job begins: the store asks again.
    store, learner = work.store, work.series
    candidates = [
        AnnotatedSeries(
            one.annotation_key, partial(_summary, home, one.opened), one.opened.leave_out_damaged
        )
        for one in chosen
    ]
    known = store.segments(work.annotation_key)

    def find(is_over: Callable[[], bool]) -> Teachers:
        # The job may have waited: whoever was returned meanwhile teaches nothing any more.
        finished = _still_finished(work)
        able = [one for one in candidates if finished is None or one.annotation_key in finished]
        return read_stored_teachers(store, able, learner, known, choice.most, is_over)

    # Series are read once more for it, so not where they are too few in any case.
    trains = choice.trains and min(choice.most, len(chosen)) >= LEAST_TEACHERS
    start_taught(work, find, trains=trains, by_itself=by_itself)


def _still_finished(work: Work) -> set[str] | None:
    """Annotations of the project that are finished now; None outside projects."""
    if work.item is None:
        return None
    readings = finished_readings(work.store, work.item.project_key, work.person)
    return {one.annotation_key for one in readings}


def _summary(home: Path, opened: OpenedSeries) -> SeriesSummary:
    for summary in find_series(source_files(home, opened.source)):
        if summary.uid == opened.uid:
            return summary
    raise DicomError("The files of this series are not there any more.")


def _is_read_twice(work: Work) -> bool:
    item: WorkItem | None = work.item
    if item is None:
        return False
    return bool(name_where_several(work.store, item.annotation_key, work.person))


def _project_key(work: Work) -> str:
    return work.item.project_key if work.item is not None else ""
