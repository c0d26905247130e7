"""Finished series that teach the one that is open: which they are, and asking for proposals."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.annotation.records import StoreError
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.taught_masks import series_that_taught
from core.dicom.errors import DicomError
from core.dicom.progressive import SeriesReading
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, recall_series
from core.home.teaching_choices import TeachingChoice
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
from core.stored_proposals.trained_networks import series_trained_on
from pages.session.chosen_series import may_look_into
from pages.session.model import known_weights
from pages.session.opening import source_files
from pages.session.proposal_jobs import (
    asked_jobs,
    running_job,
    start_taught,
    start_training,
    stop_training,
    training_job,
)
from pages.session.teaching_choice import choose_teaching, teaching_choice
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
    """The reading for which this tab has asked other series by itself, or need not."""

    reading: SeriesReading | None = None


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

    Where they have proposed before, go on with training the network on them instead.

    Readings that are to be compared with another one are left to their readers: what both of them
    began with would make them look more alike than they are.

    Parameters
    ----------
    work : Work
        Series that was opened.
    """
    begun = work.memory.part(_Begun)
    if begun.reading is work.reading or work.reason_against_editing:
        return
    begun.reading = work.reading
    with suppress(StoreError):
        annotation = work.store.annotation(work.annotation_key)
        if any(one.state is SliceState.PROPOSED for one in annotation.values()):
            train(work, by_itself=True)
        elif not annotation and not _is_read_twice(work):
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
    choice = teaching_choice(work)
    # Series are read once more for it, so not where they are too few in any case.
    trains = choice.trains and min(choice.most, len(chosen)) >= LEAST_TEACHERS
    start_taught(work, _finding(work, chosen, choice.most), trains=trains, by_itself=by_itself)


def train(work: Work, *, by_itself: bool = False) -> None:
    """Have the network trained on the series that the person chose, of those that have proposed.

    Nothing happens where that was done, is not wanted, or where they are too few.

    Parameters
    ----------
    work : Work
        Series being worked on.
    by_itself : bool
        As `start_training` takes it.
    """
    choice, chosen = teaching_choice(work), chosen_teachers(work)
    if not choice.asks_trained:
        return
    proposing = next((one.job for one in asked_jobs(work) if one.wanted is None), None)
    if proposing is None:
        taught = series_that_taught(work.store, work.annotation_key)
        have_proposed = {uid for uids in taught.values() for uid in uids}
        chosen = [one for one in chosen if one.opened.uid in have_proposed]
    if min(choice.most, len(chosen)) >= LEAST_TEACHERS and not trained_on(work):
        find = _finding(work, chosen, choice.most)
        start_training(work, find, after=proposing, by_itself=by_itself)


def trained_on(work: Work) -> tuple[str, ...]:
    """Series Instance UIDs of the series that a network was trained on which may be asked."""
    weights = known_weights(work.entrance.settings)
    return series_trained_on(work.store, work.annotation_key, weights)


def unchosen_among(work: Work, uids: Collection[str]) -> int:
    """Count the series, named by Series Instance UIDs, that do not teach as things are now."""
    return len({*uids} - {one.opened.uid for one in chosen_teachers(work)})


def change_teaching(work: Work, choice: TeachingChoice) -> None:
    """Keep the person's choice, and train the network as it says from now on, or no more.

    Training that is under way goes on where the same series teach by the new choice.
    """
    before = _taught_by(work)
    choose_teaching(work, choice)
    running = training_job(work)
    if running is not None and not running.job.cancelled and _taught_by(work) == before:
        return
    stop_training(work)
    if not work.reason_against_editing:
        train(work)


def _taught_by(work: Work) -> tuple[bool, int, tuple[str, ...]]:
    """Whether the network is trained by the person's choice, on how many series, and on which."""
    choice = teaching_choice(work)
    keys = tuple(one.key for one in chosen_teachers(work))
    return choice.asks_trained, min(choice.most, len(keys)), keys


def _finding(
    work: Work, chosen: list[Teacher], most: int
) -> Callable[[Callable[[], bool]], Teachers]:
    """Make what finds the teachers of a job when it begins."""
    home = work.entrance.settings.home
    # The person may not see them any more when the job begins: the store asks again.
    store, learner, item, person = work.store, work.series, work.item, work.person
    candidates = [
        AnnotatedSeries(
            one.annotation_key, partial(_summary, home, one.opened), one.opened.leave_out_damaged
        )
        for one in chosen
    ]
    known = store.segments(work.annotation_key)

    def find(is_over: Callable[[], bool]) -> Teachers:
        # The job may have waited: whoever was returned meanwhile teaches nothing any more.
        finished = None if item is None else _finished_in(store, item.project_key, person)
        able = [one for one in candidates if finished is None or one.annotation_key in finished]
        return read_stored_teachers(store, able, learner, known, most, is_over)

    return find


def _finished_in(store: AnnotationStore, project_key: str, person: str) -> set[str]:
    """Annotations of a project that are finished now, of those that a person may see."""
    return {one.annotation_key for one in finished_readings(store, project_key, person)}


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
