"""Proposals of a running job are shown before they are stored, and never in place of an example."""

from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.actions import save_drawing
from core.annotation.states import SliceState
from core.annotation.taught_masks import JOINED_TOOL, PROPOSING_TOOL
from core.proposal_jobs.job import Origin, Progress
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal
from core.segments.segment import Segment, default_color
from core.stored_proposals.proposing import Wanted
from pages.session import proposal_jobs
from pages.session.live_proposals import LiveProposals, live_proposals, unsaved_proposal
from pages.session.proposal_jobs import AskedJob
from pages.session.work import Work
from tests.support.queued_work import submit
from tests.support.segments import ANATOMY, SPLEEN

_PATIENCE_S = 60.0
_TEACHERS = ("1.2.3", "1.2.4")


def square(size: int) -> NDArray[np.bool_]:
    mask = np.zeros((256, 256), dtype=np.bool_)
    mask[:size, :size] = True
    return mask


@pytest.fixture
def running(work: Work, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A job of the series that has proposed slices 1 to 3, the last without pixels; ends it."""
    go_on, made = Event(), Event()

    def make(cancelled: Callable[[], bool], progress: Progress) -> Iterator[Proposal]:
        for index, size in ((1, 4), (2, 5), (3, 0)):
            yield Proposal(1, index, square(size), None)
        made.set()
        go_on.wait(_PATIENCE_S)

    jobs = proposal_jobs._Jobs()
    monkeypatch.setattr(proposal_jobs, "_jobs", lambda: jobs)
    job = submit(
        Turns(),
        make,
        lambda job: jobs.finish(work.annotation_key, job, is_quiet=False),
        origin=lambda job, segment: Origin(f"{job.weights} of segment {segment}", _TEACHERS),
    )
    job.weights = "some-weights"
    jobs.asked[work.annotation_key] = [AskedJob(job, Wanted(), "anna")]
    assert made.wait(_PATIENCE_S)
    yield go_on
    go_on.set()
    assert job.wait(_PATIENCE_S)


def shown(work: Work) -> dict[int, tuple[str, int]]:
    """State and pixels by slice."""
    live = live_proposals(work, work.store.annotation(work.annotation_key))
    return {index: (one.state.value, one.pixels) for (_, index), one in live.items()}


def test_a_running_job_is_shown_as_if_it_were_stored(work: Work, running: Event) -> None:
    assert shown(work) == {1: ("proposed", 16), 2: ("proposed", 25), 3: ("empty", 0)}
    assert work.store.annotation(work.annotation_key) == {}


def test_what_a_person_drew_is_shown_instead(work: Work, running: Event) -> None:
    save_drawing(work.store, work.annotation_key, 1, 2, square(9), person="anna", tool="brush")
    assert shown(work) == {1: ("proposed", 16), 3: ("empty", 0)}


def test_pixels_drawn_with_another_segment_are_left_out_as_they_will_be(
    work: Work, running: Event
) -> None:
    spleen = Segment(2, "Spleen", default_color(2), ANATOMY, SPLEEN)
    work.store.save_segment(work.annotation_key, spleen, "anna")
    save_drawing(work.store, work.annotation_key, 2, 2, square(3), person="anna", tool="brush")
    assert shown(work)[2] == ("proposed", 16)
    work.store.undo(work.annotation_key, "anna")
    assert shown(work)[2] == ("proposed", 25)


def test_a_drawing_on_a_shown_proposal_corrects_it(work: Work, running: Event) -> None:
    shown(work)
    save_drawing(
        work.store,
        work.annotation_key,
        1,
        2,
        square(6),
        person="anna",
        tool="brush",
        based_on=0,
        unsaved_proposal=unsaved_proposal(work, (1, 2)),
    )
    stored = work.store.slice(work.annotation_key, 1, 2)
    assert stored.state is SliceState.CORRECTED
    assert stored.weights == "some-weights of segment 1"
    assert stored.teachers == _TEACHERS
    assert unsaved_proposal(work, (1, 3)) is None
    assert unsaved_proposal(work, (1, 5)) is None


def test_it_is_told_whether_the_series_itself_was_asked_beside_others(
    work: Work, running: Event
) -> None:
    def tools() -> set[str]:
        live = live_proposals(work, work.store.annotation(work.annotation_key))
        return {one.tool for one in live.values()}

    assert tools() == {JOINED_TOOL}
    ((key, (asked,)),) = proposal_jobs._jobs().asked.items()
    proposal_jobs._jobs().asked[key] = [AskedJob(asked.job, None, "anna")]
    work.memory.forget(LiveProposals)
    assert tools() == {PROPOSING_TOOL}


def test_what_a_cancelled_job_did_not_store_is_taken_from_the_screen(
    work: Work, running: Event
) -> None:
    shown(work)
    running.set()
    (asked,) = proposal_jobs.asked_jobs(work)
    assert asked.job.wait(_PATIENCE_S)
    assert shown(work) == {1: ("empty", 0), 2: ("empty", 0), 3: ("empty", 0)}
