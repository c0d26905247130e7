"""Several proposals are accepted or rejected in one step, as the person saw them."""

import numpy as np
import pytest

from core.annotation.decisions import LONGEST_REASON, accept_proposals, reject_proposals
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, StoreError, VersionConflict
from tests.support.stored_series import SERIES, Suggested, square, states


def test_accepted_proposals_keep_mask_and_quality_and_are_one_step(
    proposed: AnnotationStore,
) -> None:
    assert accept_proposals(proposed, SERIES, 1, {2: 1, 4: 1}, person="bert") == [2, 2]
    assert states(proposed) == ["drawn", "proposed", "accepted", "proposed", "accepted", "empty"]
    item = proposed.slice(SERIES, 1, 4)
    assert np.array_equal(item.mask, square(5))
    assert item.expected_dice == pytest.approx(0.5)
    assert (item.person, item.tool, item.weights) == ("bert", "review", "default-1")
    assert proposed.undo_action(SERIES, "bert") == "accept range"
    proposed.undo(SERIES, "bert")
    assert states(proposed) == ["drawn", *["proposed"] * 4, "empty"]


def test_rejecting_leaves_the_slice_empty_and_keeps_the_reason_with_the_step(
    proposed: AnnotationStore,
) -> None:
    reject_proposals(proposed, SERIES, 1, {3: 1}, person="bert", reason=" too large ")
    assert proposed.slice(SERIES, 1, 3).state is SliceState.EMPTY
    assert proposed.undo_action(SERIES, "bert") == "reject: too large"
    reject_proposals(proposed, SERIES, 1, {2: 1}, person="bert")
    assert proposed.undo_action(SERIES, "bert") == "reject"
    with pytest.raises(StoreError, match="reason"):
        reject_proposals(proposed, SERIES, 1, {1: 1}, person="bert", reason="x" * 81)
    longest = "x" * LONGEST_REASON
    reject_proposals(proposed, SERIES, 1, {1: 1}, person="bert", reason=longest)


def test_a_proposal_that_changed_since_is_not_decided_about_nor_are_the_others(
    proposed: AnnotationStore,
) -> None:
    store_proposals(proposed, SERIES, [Suggested(1, 3, square(8))], person="bert")
    for decide in (accept_proposals, reject_proposals):
        with pytest.raises(VersionConflict):
            decide(proposed, SERIES, 1, {2: 1, 3: 1}, person="anna")
    assert states(proposed) == ["drawn", *["proposed"] * 4, "empty"]


def test_only_proposals_are_decided_about(proposed: AnnotationStore) -> None:
    for decide in (accept_proposals, reject_proposals):
        with pytest.raises(StoreError, match="no proposal"):
            decide(proposed, SERIES, 1, {0: 1}, person="anna")


def test_a_message_that_comes_twice_decides_once(proposed: AnnotationStore) -> None:
    for _ in range(2):
        versions = accept_proposals(
            proposed, SERIES, 1, {2: 1, 3: 1}, person="anna", message=("tab", 1)
        )
        assert versions == [2, 2]
