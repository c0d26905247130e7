"""Proposing from what is drawn in the store: what is stored where that changed meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.annotation.actions import accept, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.series import Series, SeriesSummary
from core.proposal_jobs.backend import ProposalBackend
from core.proposal_jobs.job import Job
from core.proposal_jobs.requests import ProposalTask
from core.proposal_jobs.turns import Turns
from core.proposals.examples import Proposal
from core.stored_proposals.proposing import submit_stored
from tests.stored_proposals.conftest import PATIENCE_S, opened
from tests.support.bright_balls import SEGMENT, ball, draw

PROPOSED = (1, 3, 5)


class _WhileSomethingHappens:
    """A place that proposes three slices of each segment after something else has happened."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        self._happens = happens

    def compute(self, task: ProposalTask, *_: Any) -> Iterator[Proposal]:
        self._happens()
        for number in task.request.wanted or ():
            for index in PROPOSED:
                yield Proposal(number, index, ball(1)[index], 0.9)

    def weights(self) -> str:
        return ""

    def close(self) -> None: ...


def proposed_while(store: AnnotationStore, series: Series, happens: Callable[[], Any]) -> Job:
    """Propose from what anna drew, while something happens."""
    backend = ProposalBackend(_WhileSomethingHappens(happens), Turns())
    job = submit_stored(backend, store, series.summary.uid, series, person="anna")
    assert job.wait(PATIENCE_S)
    return job


@pytest.fixture
def series(store: AnnotationStore, balls: list[SeriesSummary]) -> Series:
    """Drawn on slices 2 and 6, with proposals on 1 and 4; that on 4 was accepted last."""
    series = opened(store, balls[0])
    draw(store, series.summary.uid, series.summary, 1)
    proposals = [Proposal(1, index, ball(1)[index], 0.9) for index in (1, 4)]
    store_proposals(store, series.summary.uid, proposals, person="anna")
    accept(store, series.summary.uid, 1, 4, person="anna")
    return series


def draw_another_segment(store: AnnotationStore, key: str) -> None:
    """Draw segment 2 on slice 4, beside the ball."""
    store.save_segment(key, replace(SEGMENT, number=2, label="Other"), "anna")
    beside = np.roll(ball(1)[4], 32, axis=1)
    save_drawing(store, key, 2, 4, beside & ~ball(1)[4], person="anna", tool="brush")


def states(store: AnnotationStore, key: str, segment: int) -> dict[int, SliceState]:
    return {
        index: one.state
        for (number, index), one in store.annotation(key).items()
        if number == segment and one.pixels
    }


def test_what_was_made_from_an_acceptance_that_was_undone_meanwhile_is_left_out(
    store: AnnotationStore, series: Series
) -> None:
    key = series.summary.uid
    job = proposed_while(store, series, lambda: store.undo(key, "anna"))
    assert job.error is not None and "taken back" in job.error
    # The proposal that the undo brought back is there still.
    assert states(store, key, 1) == {
        1: SliceState.PROPOSED,
        2: SliceState.DRAWN,
        4: SliceState.PROPOSED,
        6: SliceState.DRAWN,
    }


def test_segments_whose_examples_stayed_are_stored_beside_one_whose_were_taken_back(
    store: AnnotationStore, series: Series
) -> None:
    key = series.summary.uid
    draw_another_segment(store, key)
    job = proposed_while(store, series, lambda: store.undo(key, "anna"))
    assert job.error is not None
    assert not states(store, key, 2)
    assert {at for at, one in states(store, key, 1).items() if one is SliceState.PROPOSED} == {
        *PROPOSED
    }


def test_drawing_on_and_removing_another_segment_meanwhile_leave_proposals_as_they_are(
    store: AnnotationStore, series: Series
) -> None:
    key = series.summary.uid
    draw_another_segment(store, key)

    def happens() -> None:
        store.remove_segment(key, 2, "anna")
        save_drawing(store, key, 1, 2, ball(2)[2], person="anna", tool="brush")
        save_drawing(store, key, 1, 7, ball(1)[6], person="anna", tool="brush")

    job = proposed_while(store, series, happens)
    assert job.error is None
    assert states(store, key, 1).keys() == {1, 2, 3, 4, 5, 6, 7}
