"""What the editor is told while it reviews."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.actions import accept, save_drawing
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.versions import SliceKey
from core.proposals.examples import Proposal
from pages.session.work import Work
from pages.slice_editor.review_messages import (
    PREVIOUS_SEGMENT,
    REASONS,
    previous_masks,
    review_header,
)
from tests.pages.conftest import SLICES

SHAPE = (256, 256)
PERSON = "anna"


def block(column: int = 90, size: int = 30) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[90 : 90 + size, column : column + size] = True
    return mask


@pytest.fixture
def proposed(work: Work) -> Work:
    """One drawn slice, and proposals on the others; slice 2 lies elsewhere."""
    save_drawing(work.store, work.annotation_key, 1, 0, block(), person=PERSON, tool="brush")
    proposals = [
        Proposal(1, at, block(150 if at == 2 else 90), {1: 0.95, 2: 0.8, 3: 0.5}.get(at))
        for at in range(1, SLICES)
    ]
    store_proposals(work.store, work.annotation_key, proposals, person=PERSON)
    return work


def places(work: Work, live: set[SliceKey] | None = None) -> list[tuple[int, str]]:
    header = review_header(work, work.store.annotation(work.annotation_key), live or set())
    return [(slice_index, grade) for _, slice_index, grade in header["queue"]]


def test_the_least_certain_comes_first_with_its_grade(proposed: Work) -> None:
    unknown = [(4, "unknown"), (5, "unknown")]
    assert places(proposed) == [*unknown, (3, "poor"), (2, "fair"), (1, "good")]


def test_what_a_running_job_shows_otherwise_waits_until_it_is_stored(proposed: Work) -> None:
    assert 3 not in dict(places(proposed, {(1, 3)}))


def test_a_jump_is_told_until_the_slice_is_put_right(proposed: Work) -> None:
    header = review_header(proposed, proposed.store.annotation(proposed.uid), set())
    assert [jump[:2] for jump in header["jumps"]] == [[1, 2]]
    assert "elsewhere" in header["jumps"][0][2]
    assert header["reasons"] == list(REASONS)
    save_drawing(proposed.store, proposed.uid, 1, 2, block(), person=PERSON, tool="brush")
    header = review_header(proposed, proposed.store.annotation(proposed.uid), set())
    assert header["jumps"] == []


def test_the_version_before_is_the_newest_with_another_mask(proposed: Work) -> None:
    store, uid = proposed.store, proposed.uid
    store_proposals(store, uid, [Proposal(1, 3, block(size=40), 0.6)], person=PERSON)
    accept(store, uid, 1, 3, person=PERSON)
    masks = previous_masks(proposed, store.annotation(uid), 1, 3)
    before = masks[PREVIOUS_SEGMENT, 3]
    assert (before.mask == block()).all()
    assert store.slice(uid, 1, 3).state is SliceState.ACCEPTED
    assert not masks[PREVIOUS_SEGMENT, 1].pixels


def test_slices_of_another_segment_are_cleared(proposed: Work) -> None:
    store, uid = proposed.store, proposed.uid
    store_proposals(store, uid, [Proposal(1, 3, block(size=40), 0.6)], person=PERSON)
    assert previous_masks(proposed, store.annotation(uid), 1, 3)[PREVIOUS_SEGMENT, 3].pixels
    assert not previous_masks(proposed, store.annotation(uid), 2, 3)[PREVIOUS_SEGMENT, 3].pixels
