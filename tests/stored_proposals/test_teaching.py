"""Series in the store that teach another one, and what is stored there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from core.annotation.actions import accept, confirm_empty, save_drawing
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.annotation.taught_masks import JOINED_TOOL, PROPOSING_TOOL, taught_masks
from core.dicom.errors import DicomError
from core.dicom.reading import read_series
from core.dicom.series import Series, SeriesSummary
from core.dicom.slice_names import slice_names
from core.network.engine import load_engine
from core.projects.guarding import store_for
from core.projects.members import set_roles
from core.projects.moves import move
from core.projects.projects import change_project, create_project
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import Role, WorkState
from core.projects.work_items import SeriesToAdd, add_series
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.in_process import InProcess
from core.proposal_jobs.turns import Turns
from core.proposals.teachers import Teachers
from core.segments.segment import Segment, default_color
from core.stored_proposals.annotated_series import AnnotatedSeries
from core.stored_proposals.proposing import stored_examples, submit_stored
from core.stored_proposals.teaching import (
    learns_from_teachers,
    read_stored_teachers,
    submit_taught,
)
from tests.stored_proposals.conftest import PATIENCE_S, finished, opened, teacher
from tests.support.bright_balls import SEGMENT, ball, draw
from tests.support.segments import ANATOMY, SPLEEN

_OTHER = Segment(1, "Spleen", default_color(2), ANATOMY, SPLEEN)


@pytest.fixture(scope="module")
def backend() -> Iterator[ProposalBackend]:
    engine = load_engine("default", "cpu")
    with closing(ProposalBackend(InProcess(lambda: engine), Turns())) as backend:
        yield backend


def read(
    store: AnnotationStore, balls: list[SeriesSummary], known: list[Segment], most: int = 8
) -> Teachers:
    """Read the first two as teachers of the third."""
    candidates = [teacher(one) for one in balls[:2]]
    return read_stored_teachers(store, candidates, opened(store, balls[2]), known, most)


def proposed_from(
    count: int, store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> tuple[str, Series]:
    """Propose on the third series from the first ones; its key, and the series."""
    for shift in range(1, count + 1):
        draw(store, balls[shift - 1].uid, balls[shift - 1], shift)
    key, learner = balls[2].uid, opened(store, balls[2])
    candidates = [teacher(one) for one in balls[:count]]
    teachers = read_stored_teachers(store, candidates, learner, [], 4)
    finished(
        submit_taught(backend, store, key, learner, lambda _: teachers, person="anna", segments=1)
    )
    return key, learner


def test_what_people_confirmed_is_read_with_its_absence(
    store: AnnotationStore, balls: list[SeriesSummary]
) -> None:
    draw(store, balls[0].uid, balls[0], 1)
    confirm_empty(store, balls[0].uid, 1, 4, person="anna")
    (reference,) = read(store, balls, []).references
    (examples,) = reference.segments
    assert {index for index, mask in examples.masks.items() if mask.any()} == {2, 6}
    assert not examples.masks[4].any()
    assert np.array_equal(examples.masks[2], ball(1)[2])


def test_as_many_teach_as_are_asked_for(store: AnnotationStore, balls: list[SeriesSummary]) -> None:
    for shift in (1, 2):
        draw(store, balls[shift - 1].uid, balls[shift - 1], shift)
    assert read(store, balls, []).series_uids == (balls[0].uid, balls[1].uid)
    assert read(store, balls, [], most=1).series_uids == (balls[0].uid,)


def test_segments_are_matched_by_name_and_code_and_no_others_are_taught(
    store: AnnotationStore, balls: list[SeriesSummary]
) -> None:
    draw(store, balls[0].uid, balls[0], 1)
    known = [_OTHER, replace(SEGMENT, number=5)]
    teachers = read(store, balls, known)
    assert [one.number for one in teachers.segments] == [5]
    assert [one.number for one in teachers.references[0].segments] == [5]
    assert read(store, balls, [_OTHER]).references == ()


def test_other_planes_and_modalities_and_what_cannot_be_read_teach_nothing(
    store: AnnotationStore, balls: list[SeriesSummary]
) -> None:
    draw(store, balls[0].uid, balls[0], 1)
    learner = opened(store, balls[2])

    def teach(find: Callable[[], SeriesSummary]) -> tuple[str, ...]:
        candidates = [AnnotatedSeries(balls[0].uid, find)]
        return read_stored_teachers(store, candidates, learner, [], 8).series_uids

    def gone() -> SeriesSummary:
        raise DicomError("The files of this series are not there any more.")

    geometry = balls[0].geometry
    sagittal = replace(
        geometry,
        row_direction=np.array([0.0, 1.0, 0.0]),
        column_direction=np.array([0.0, 0.0, -1.0]),
    )
    assert teach(lambda: balls[0]) == (balls[0].uid,)
    assert teach(lambda: replace(balls[0], modality="MR")) == ()
    assert teach(lambda: replace(balls[0], units="")) == ()  # not in Hounsfield units
    assert teach(lambda: replace(balls[0], geometry=sagittal)) == ()
    assert teach(gone) == ()


def test_no_series_teaches_itself(store: AnnotationStore, balls: list[SeriesSummary]) -> None:
    draw(store, balls[2].uid, balls[2], 3)
    learner = opened(store, balls[2])
    assert read_stored_teachers(store, [teacher(balls[2])], learner, [], 8).references == ()


def test_nobody_is_taught_by_a_reading_that_they_may_not_see(
    store: AnnotationStore, balls: list[SeriesSummary]
) -> None:
    project = create_project(store, "Livers", "ada").key
    set_roles(store, project, "ada", {Role.ADMINISTER}, "ada")
    for person in ("anna", "ben"):
        set_roles(store, project, person, {Role.ANNOTATE}, "ada")
    set_protocol(store, project, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    change_project(store, project, "ada", second_reading_share=1.0)
    summary = balls[0]
    added = SeriesToAdd(
        summary.uid,
        "0" * 24,
        "One",
        slice_names(summary),
        summary.rows,
        summary.columns,
        (5.0, 1.0, 1.0),
    )
    first, _ = add_series(store, project, added, "ada")
    move(store, first.annotation_key, WorkState.IN_PROGRESS, "anna")
    for index in (2, 6):
        save_drawing(
            store, first.annotation_key, 1, index, ball(1)[index], person="anna", tool="brush"
        )
    candidates = [AnnotatedSeries(first.annotation_key, lambda: summary)]
    learner = opened(store, balls[2])
    known = store.segments(first.annotation_key)

    def taught(person: str) -> tuple[str, ...]:
        seen = store_for(store, person)
        return read_stored_teachers(seen, candidates, learner, known, 8).series_uids

    assert taught("anna") == (summary.uid,)
    assert taught("ben") == taught("eve") == ()


def test_proposals_are_stored_with_their_teachers_and_leave_alone_what_is_drawn(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    for shift in (1, 2):
        draw(store, balls[shift - 1].uid, balls[shift - 1], shift)
    key, learner = balls[2].uid, opened(store, balls[2])
    assert learns_from_teachers(store.annotation(key))

    def find(is_over: Callable[[], bool]) -> Teachers:
        candidates = [teacher(one) for one in balls[:2]]
        teachers = read_stored_teachers(store, candidates, learner, [], 4, is_over)
        # Somebody draws while the job is at work.
        store.save_segment(key, replace(SEGMENT, label="Liver"), "anna")
        save_drawing(store, key, 1, 4, ball(3)[4], person="anna", tool="brush")
        return teachers

    job = submit_taught(backend, store, key, learner, find, person="anna", segments=1)
    origin = finished(job).origin_of(1)
    found = store.annotation(key)
    assert found[1, 4].state is SliceState.DRAWN
    assert found[1, 4].teachers == ()
    proposed = [one for one in found.values() if one.state is SliceState.PROPOSED]
    assert len(proposed) >= 3
    assert {one.teachers for one in proposed} == {(balls[0].uid, balls[1].uid)}
    assert {(one.weights, one.teachers) for one in proposed} == {(origin.weights, origin.teachers)}
    assert not learns_from_teachers(found)
    store.undo(key, "anna")
    assert [index for (_, index), one in store.annotation(key).items() if one.pixels] == [4]


def test_what_teachers_found_is_heard_beside_the_first_drawn_slice(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    key, learner = proposed_from(2, store, balls, backend)
    taught = {at: one.mask for (_, at), one in store.annotation(key).items()}
    save_drawing(store, key, 1, 4, ball(3)[4], person="anna", tool="brush")
    finished(submit_stored(backend, store, key, learner, person="anna"))
    found = {at: one for (_, at), one in store.annotation(key).items() if one.pixels}
    assert found.keys() >= taught.keys()
    joined = [one for one in found.values() if one.state is SliceState.PROPOSED]
    assert {(one.tool, one.teachers) for one in joined} == {
        (JOINED_TOOL, (balls[0].uid, balls[1].uid))
    }
    # What they said is known for the next request, although newer masks have taken its place.
    assert taught_masks(store, key)[1].masks.keys() == taught.keys()


def test_it_is_known_of_examples_which_were_accepted_as_they_were_proposed(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    key, _ = proposed_from(1, store, balls, backend)
    first, second, third = [at for (_, at), one in store.annotation(key).items() if one.pixels][:3]
    accept(store, key, 1, first, person="anna")
    accept(store, key, 1, second, person="anna")
    save_drawing(store, key, 1, second, ball(3)[4], person="anna", tool="brush")
    save_drawing(store, key, 1, third, ball(3)[4], person="anna", tool="brush")
    (examples,) = stored_examples(store, key, store.annotation(key))
    assert examples.masks.keys() == {first, second, third}
    assert examples.accepted == {first}


def test_teachers_who_were_wrong_on_what_is_drawn_are_not_named(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    key, learner = proposed_from(1, store, balls, backend)
    taught = taught_masks(store, key)[1].masks
    elsewhere = np.roll(ball(3)[4], 20, axis=1)
    save_drawing(store, key, 1, 4, elsewhere, person="anna", tool="brush")
    finished(submit_stored(backend, store, key, learner, person="anna"))
    found = store.annotation(key).values()
    proposed = [one for one in found if one.state is SliceState.PROPOSED]
    assert {(one.tool, one.teachers) for one in proposed} == {(PROPOSING_TOOL, ())}
    # What they said is not forgotten: it is judged anew by what is drawn next.
    assert taught_masks(store, key)[1].masks.keys() == taught.keys()


def test_without_teachers_proposals_name_none(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    draw(store, balls[0].uid, balls[0], 1)
    series = opened(store, balls[0])
    finished(submit_stored(backend, store, balls[0].uid, series, person="anna"))
    found = store.annotation(balls[0].uid).values()
    proposed = [one for one in found if one.state is SliceState.PROPOSED]
    assert proposed
    assert {(one.tool, one.teachers) for one in proposed} == {(PROPOSING_TOOL, ())}


def test_a_job_that_finds_no_teacher_says_so_and_adds_no_segment(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    learner = opened(store, balls[2])
    job = submit_taught(
        backend,
        store,
        balls[2].uid,
        learner,
        lambda is_over: Teachers((), (), ()),
        person="anna",
        segments=1,
    )
    assert job.wait(PATIENCE_S)
    assert job.error is not None and "same plane" in job.error
    assert store.segments(balls[2].uid) == []


def test_a_series_is_not_proposed_from_another_readers_drawing_on_it(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    draw(store, balls[0].uid, balls[0], 1)
    draw(store, balls[1].uid, balls[1], 2)
    teachers = read(store, balls, [])
    of_another = "second reading"
    summary = balls[0]
    store.open_annotation(of_another, slice_names(summary), summary.rows, summary.columns)
    job = submit_taught(
        backend,
        store,
        of_another,
        read_series(summary),
        lambda is_over: teachers,
        person="ben",
        segments=1,
    )
    finished(job)
    found = store.annotation(of_another).values()
    assert {one.teachers for one in found} == {(balls[1].uid,)}


def test_a_job_that_is_cancelled_reads_no_further_teacher(
    store: AnnotationStore, balls: list[SeriesSummary], backend: ProposalBackend
) -> None:
    draw(store, balls[0].uid, balls[0], 1)
    learner = opened(store, balls[2])
    is_cancelled = threading.Event()
    read: list[Teachers] = []

    def find(is_over: Callable[[], bool]) -> Teachers:
        assert is_cancelled.wait(PATIENCE_S)
        read.append(read_stored_teachers(store, [teacher(balls[0])], learner, [], 4, is_over))
        return read[0]

    job = submit_taught(backend, store, balls[2].uid, learner, find, person="anna", segments=1)
    job.cancel()
    is_cancelled.set()
    finished(job)
    assert [one.references for one in read] in ([()], [])  # it may not have begun
    assert store.annotation(balls[2].uid) == {}
