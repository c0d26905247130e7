"""Which finished series teach the one that is open, and when they do so by themselves."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.adapted_networks import KeptNetwork, keep_network
from core.annotation.proposal_storing import store_proposals
from core.annotation.store import AnnotationStore, StoreError
from core.dicom.progressive import SeriesReading
from core.dicom.series import SeriesSummary
from core.home.opened_series import OpenedSeries, remember_series
from core.home.settings import read_settings
from core.home.teaching_choices import TeachingChoice
from core.projects.guarding import store_for
from core.projects.members import remove_member, set_roles
from core.projects.moves import move
from core.projects.projects import change_project, create_project
from core.projects.records import Role, WorkItem, WorkState
from core.projects.second_readings import is_read_twice
from core.projects.visibility import require_seeing
from core.projects.work_items import add_series
from core.proposal_jobs.job import nothing
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal
from core.proposals.teachers import Teachers
from core.stored_proposals.annotated_series import AnnotatedSeries
from pages.session import teaching
from pages.session.gate import Entrance
from pages.session.memory import PageMemory
from pages.session.proposal_jobs import AskedJob
from pages.session.teaching import (
    begin_teaching,
    change_teaching,
    chosen_teachers,
    possible_teachers,
    trained_on,
    unchosen_among,
)
from pages.session.teaching_choice import choose_teaching
from pages.session.work import Work
from tests.support.pages import PERSON
from tests.support.project_series import OTHER, series_to_add
from tests.support.queued_work import submit
from tests.support.segments import LIVER_SEGMENT
from tests.support.stored_series import put_mask

SHARE = 0.5


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Annotations that were asked about, instead of having them proposed."""
    found: list[Any] = []
    monkeypatch.setattr(
        teaching, "start_taught", lambda work, find, **options: found.append(work.annotation_key)
    )
    return found


@pytest.fixture
def project_key(store: AnnotationStore, demo_summary: SeriesSummary) -> str:
    """Project in which half of the series would be read twice, and this one among them."""
    while True:
        key = create_project(store, "Livers", OTHER).key
        if is_read_twice(key, demo_summary.uid, SHARE):
            break
    set_roles(store, key, PERSON, {Role.ANNOTATE}, OTHER)
    return key


@dataclass
class Trainings:
    """What was done of training, instead of doing it: by itself or not, and "stopped"."""

    done: list[bool | str] = field(default_factory=list)

    def start(self, work: Work, find: object, *, after: object, by_itself: bool) -> None:
        assert after is None
        self.done.append(by_itself)

    def taken(self) -> list[bool | str]:
        done, self.done = self.done, []
        return done


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    trainings = Trainings()
    monkeypatch.setattr(teaching, "start_training", trainings.start)
    monkeypatch.setattr(teaching, "stop_training", lambda work: trainings.done.append("stopped"))
    monkeypatch.setattr(teaching, "known_weights", lambda settings: "small")
    return trainings


def put_in(
    store: AnnotationStore, home: Path, project_key: str, uid: str, summary: SeriesSummary
) -> WorkItem:
    """Put a series of this name into a project, and have the person take it."""
    opened = remember_series(home, uid, home / "demo", project_key=project_key)
    item = add_series(store, project_key, series_to_add(opened, summary, "CT"), OTHER)[0]
    move(store, item.annotation_key, WorkState.IN_PROGRESS, PERSON)
    return item


def work_on(
    store: AnnotationStore, opened: OpenedSeries, summary: SeriesSummary, item: WorkItem | None
) -> Work:
    entrance = Entrance(read_settings(os.environ), PERSON, arrived=False)
    guarded = store_for(store, PERSON)
    current = require_seeing(store, item.annotation_key, PERSON) if item is not None else None
    memory = PageMemory(opened.key)
    return Work(entrance, opened, SeriesReading(summary), guarded, memory, current)


@pytest.fixture
def learner(
    store: AnnotationStore, home: Path, project_key: str, demo_summary: SeriesSummary
) -> Work:
    """A series in a project beside another that is handed in and never read twice."""
    taught = next(
        uid for number in count() if not is_read_twice(project_key, uid := f"1.2.{number}", SHARE)
    )
    finished = put_in(store, home, project_key, taught, demo_summary)
    move(store, finished.annotation_key, WorkState.TO_REVIEW, PERSON)
    item = put_in(store, home, project_key, demo_summary.uid, demo_summary)
    opened = remember_series(home, demo_summary.uid, home / "demo", project_key=project_key)
    return work_on(store, opened, demo_summary, item)


def test_what_is_handed_in_teaches_the_others_of_its_project_by_itself_and_once(
    learner: Work, asked: list[Any]
) -> None:
    assert [one.title for one in possible_teachers(learner)] == ["1 · CT"]
    for _ in range(2):
        begin_teaching(learner)
    assert asked == [learner.annotation_key]


def test_a_person_may_turn_it_off_or_choose(learner: Work, asked: list[Any]) -> None:
    (finished,) = possible_teachers(learner)
    for choice, wanted in (
        (TeachingChoice(0), []),
        (TeachingChoice(4, ("another",)), []),
        (TeachingChoice(1, (finished.key,)), [finished]),
    ):
        choose_teaching(learner, choice)
        assert chosen_teachers(learner) == wanted
    choose_teaching(learner, TeachingChoice(0))
    begin_teaching(learner)
    assert asked == []


def test_nothing_is_asked_where_something_was_done_or_nothing_may_be(
    learner: Work, store: AnnotationStore, asked: list[Any], demo_summary: SeriesSummary
) -> None:
    key = learner.annotation_key
    move(store, key, WorkState.TO_REVIEW, PERSON)
    begin_teaching(learner)
    move(store, key, WorkState.IN_PROGRESS, PERSON)
    store.save_segment(key, LIVER_SEGMENT, PERSON)
    put_mask(store, key, 1, 3, mask=_disk(demo_summary), person=PERSON)
    begin_teaching(learner)
    assert asked == []


def test_a_series_that_is_read_twice_does_not_begin_with_proposals_by_itself(
    learner: Work, store: AnnotationStore, project_key: str, asked: list[Any]
) -> None:
    change_project(store, project_key, OTHER, second_reading_share=SHARE)
    begin_teaching(learner)
    assert asked == []
    assert len(chosen_teachers(learner)) == 1  # the reader may ask for it


def test_what_one_of_two_readers_handed_in_teaches_nobody(
    learner: Work, store: AnnotationStore, project_key: str
) -> None:
    change_project(store, project_key, OTHER, second_reading_share=1.0)
    assert possible_teachers(learner) == []


@pytest.mark.parametrize("happens", ["taken back", "left the project", "files deleted"])
def test_a_teacher_that_is_lost_before_the_job_begins_teaches_nothing(
    learner: Work,
    store: AnnotationStore,
    project_key: str,
    demo_summary: SeriesSummary,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: str,
) -> None:
    (teacher,) = possible_teachers(learner)
    asked: list[Callable[[Callable[[], bool]], Teachers]] = []
    read: list[list[str]] = []

    def read_teachers(_store: Any, candidates: list[AnnotatedSeries], *_: Any) -> None:
        read.append([one.annotation_key for one in candidates])

    monkeypatch.setattr(teaching, "start_taught", lambda work, find, **options: asked.append(find))
    monkeypatch.setattr(teaching, "read_stored_teachers", read_teachers)
    teaching.teach(learner)
    (find,) = asked
    find(lambda: False)
    assert read == [[teacher.annotation_key]]
    if happens == "taken back":
        move(store, teacher.annotation_key, WorkState.IN_PROGRESS, PERSON)
        find(lambda: False)
        assert read[1:] == [[]]
    elif happens == "left the project":
        remove_member(store, project_key, PERSON, OTHER)
        with pytest.raises(StoreError):
            find(lambda: False)
        assert read[1:] == []
    else:
        shutil.rmtree(home / "demo")
        assert possible_teachers(learner) == []


def test_outside_projects_only_chosen_series_teach_and_none_of_a_project(
    learner: Work, store: AnnotationStore, home: Path, demo_summary: SeriesSummary
) -> None:
    opened = remember_series(home, demo_summary.uid, home / "demo")
    other = remember_series(home, "1.2.3", home / "demo")
    work = work_on(store, opened, demo_summary, None)
    assert possible_teachers(work) == []
    of_project = possible_teachers(learner)[0].opened.key
    choose_teaching(work, TeachingChoice(4, (opened.key, other.key, of_project, "0" * 24)))
    assert [one.opened.key for one in possible_teachers(work)] == [other.key]


@pytest.fixture
def taught_by_three(
    learner: Work, store: AnnotationStore, home: Path, project_key: str, demo_summary: SeriesSummary
) -> tuple[str, ...]:
    """Three series are handed in, whose names are given, and have proposed the learner."""
    uids = tuple(f"1.3.{number}" for number in range(3))
    for uid in uids:
        finished = put_in(store, home, project_key, uid, demo_summary)
        move(store, finished.annotation_key, WorkState.TO_REVIEW, PERSON)
    key = learner.annotation_key
    store.save_segment(key, LIVER_SEGMENT, PERSON)
    proposals = [Proposal(1, 3, _disk(demo_summary), 0.8)]
    store_proposals(store, key, proposals, person=PERSON, teachers=uids)
    return uids


def test_training_goes_on_where_a_series_is_opened_again(
    learner: Work,
    taught_by_three: tuple[str, ...],
    asked: list[Any],
    trainings: Trainings,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
) -> None:
    for _ in range(2):
        begin_teaching(learner)
    assert trainings.taken() == [True] and asked == []
    # The tab was away for so long that the series was dropped from memory.
    begin_teaching(replace(learner, reading=SeriesReading(demo_summary)))
    assert trainings.taken() == [True]
    keep_network(
        store, learner.annotation_key, KeptNetwork("small", (1,), taught_by_three, b"learned")
    )
    begin_teaching(replace(learner, reading=SeriesReading(demo_summary)))
    assert trainings.taken() == []
    assert trained_on(learner) == taught_by_three


def test_what_is_trained_follows_the_choice(
    learner: Work, taught_by_three: tuple[str, ...], trainings: Trainings, store: AnnotationStore
) -> None:
    three = [one.key for one in possible_teachers(learner) if one.opened.uid in taught_by_three]
    for choice, done in (
        (TeachingChoice(trains=False), ["stopped"]),
        (TeachingChoice(trains=True), ["stopped", False]),
        (TeachingChoice(0), ["stopped"]),
        (TeachingChoice(2), ["stopped"]),
        (TeachingChoice(4, tuple(three)), ["stopped", False]),
        # Another one than those that have proposed would not be asked.
        (TeachingChoice(4, (*three[:2], _others_key(learner, three))), ["stopped"]),
    ):
        change_teaching(learner, choice)
        assert trainings.taken() == done, choice
    kept = KeptNetwork("small", (1,), taught_by_three, b"learned")
    keep_network(store, learner.annotation_key, kept)
    change_teaching(learner, TeachingChoice())
    assert trainings.taken() == ["stopped"]  # that is done
    keep_network(store, learner.annotation_key, replace(kept, base="other weights"))
    change_teaching(learner, TeachingChoice())
    assert trainings.taken() == ["stopped", False]


def test_training_goes_on_while_the_same_series_teach(
    learner: Work,
    taught_by_three: tuple[str, ...],
    trainings: Trainings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = AskedJob(submit(Turns(), nothing), None, PERSON, is_training=True)
    monkeypatch.setattr(teaching, "training_job", lambda work: running)
    everyone = [one.key for one in possible_teachers(learner)]
    for choice, done in (
        (TeachingChoice(8), []),
        (TeachingChoice(4), []),
        (TeachingChoice(4, tuple(everyone)), []),
        (TeachingChoice(3, tuple(everyone)), ["stopped", False]),
        (TeachingChoice(3, tuple(everyone[:3])), ["stopped", False]),
        (TeachingChoice(5, tuple(everyone[:3])), []),
        # Too few of these have proposed.
        (TeachingChoice(5, tuple(everyone[1:])), ["stopped"]),
        (TeachingChoice(5, tuple(everyone[1:]), trains=False), ["stopped"]),
    ):
        change_teaching(learner, choice)
        assert trainings.taken() == done, choice
    assert len(everyone) == 4


def test_series_that_taught_and_are_not_chosen_any_more_are_counted(
    learner: Work, taught_by_three: tuple[str, ...]
) -> None:
    assert unchosen_among(learner, taught_by_three) == 0
    keys = [one.key for one in possible_teachers(learner) if one.opened.uid in taught_by_three]
    choose_teaching(learner, TeachingChoice(4, (keys[0],)))
    assert unchosen_among(learner, taught_by_three) == 2


def _others_key(work: Work, keys: list[str]) -> str:
    return next(one.key for one in possible_teachers(work) if one.key not in keys)


def _disk(summary: SeriesSummary) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: summary.rows, : summary.columns]
    return np.asarray((rows - 100) ** 2 + (columns - 100) ** 2 < 400)
