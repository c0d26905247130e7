"""What becomes of messages: each is done once, and nothing of anybody's is overwritten."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.actions import save_drawing
from core.annotation.ends import stated_ends
from core.annotation.proposal_storing import store_proposals
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.store import StoreBusy
from core.demo import demo_masks
from core.proposals.examples import Proposal
from core.segments.ends import End, Ends
from pages.session.work import Work
from pages.slice_editor.message_handling import Answers, answer_messages
from pages.slice_editor.message_kinds import (
    AbsentMessage,
    CodedMask,
    DecisionMessage,
    EndMessage,
    HintMessage,
    MaskMessage,
    MasksMessage,
    Message,
    SeenProposal,
    SliceMask,
    StepMessage,
)
from tests.pages.conftest import FIRST, SLICES
from tests.support.segments import LIVER_SEGMENT

TAB = "0123456789abcdef"
SHAPE = (256, 256)


def block(top: int, left: int, size: int = 20) -> NDArray[np.bool_]:
    """Mask with a square."""
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[top : top + size, left : left + size] = True
    return mask


def stroke(
    number: int, mask: NDArray[np.bool_], *, at: int = 2, based_on: int = 0, erased: bool = False
) -> MaskMessage:
    """Message about a stroke."""
    return MaskMessage(TAB, number, 1, at, based_on, coded(mask), "brush", erased)


def coded(mask: NDArray[np.bool_]) -> CodedMask:
    """Mask as it travels."""
    return CodedMask(encode_runs(mask), SHAPE)


def results(work: Work, answers: Answers, *messages: Message) -> list[str]:
    """What the answers say."""
    return [one.result for one in answer_messages(work, answers, messages)]


def test_messages_sent_again_are_done_once_even_by_another_session(work: Work) -> None:
    first, second = stroke(1, block(50, 50)), stroke(2, block(50, 50, 30))
    answers = Answers()
    assert results(work, answers, first) == ["stored"]
    assert results(work, answers, first, second) == ["stored", "stored"]
    assert results(work, Answers(), first, second) == ["stored", "stored"]
    stored = work.store.slice(work.annotation_key, 1, 2)
    assert (stored.version, stored.state, stored.tool) == (2, SliceState.DRAWN, "brush")
    assert (stored.mask == second.mask.decoded()).all()


def test_a_change_by_somebody_else_is_a_conflict_and_stays(work: Work) -> None:
    save_drawing(work.store, work.annotation_key, 1, 2, block(90, 90), person="ben", tool="brush")
    answers = Answers()
    messages = [stroke(1, block(50, 50)), stroke(2, block(50, 50, 30))]
    assert results(work, answers, *messages) == ["conflict", "conflict"]
    assert (work.store.slice(work.annotation_key, 1, 2).mask == block(90, 90)).all()
    assert results(work, answers, stroke(3, block(50, 50), based_on=1)) == ["stored"]


def test_strokes_go_on_over_a_proposal_that_came_in_between(work: Work) -> None:
    store_proposals(
        work.store, work.annotation_key, [Proposal(1, 2, block(90, 90), 0.8)], person="anna"
    )
    answers = Answers()
    first, second = stroke(1, block(50, 50)), stroke(2, block(50, 50, 30))
    assert results(work, answers, first) == ["stored"]
    assert results(work, answers, second) == ["stored"]
    stored = work.store.slice(work.annotation_key, 1, 2)
    assert stored.state is SliceState.DRAWN
    assert (stored.mask == second.mask.decoded()).all()
    assert results(work, Answers(), first, second) == ["stored", "stored"]
    assert work.store.slice(work.annotation_key, 1, 2) == stored


def test_a_stroke_takes_pixels_from_another_segment_in_the_same_step(work: Work) -> None:
    for number in (2, 3):
        work.store.save_segment(work.annotation_key, replace(LIVER_SEGMENT, number=number), "anna")
        mask = block(50, 50 + 40 * number)
        save_drawing(work.store, work.annotation_key, number, 2, mask, person="ben", tool="brush")
    wide = np.zeros(SHAPE, dtype=np.bool_)
    wide[50:55] = True
    drawn = MaskMessage(TAB, 1, 1, 2, 0, coded(wide), "brush", False, locked=(3,))
    assert results(work, Answers(), drawn) == ["stored"]
    pixels = [work.store.slice(work.annotation_key, number, 2).pixels for number in (1, 2, 3)]
    assert pixels == [5 * SHAPE[1] - 100, 300, 400]
    assert results(work, Answers(), drawn, StepMessage(TAB, 2, "undo", 1)) == ["stored"] * 2
    pixels = [work.store.slice(work.annotation_key, number, 2).pixels for number in (1, 2, 3)]
    assert pixels == [0, 400, 400]


def test_a_proposal_that_was_seen_is_corrected(work: Work) -> None:
    store_proposals(
        work.store, work.annotation_key, [Proposal(1, 2, block(90, 90), 0.8)], person="anna"
    )
    mask = block(90, 90) | block(50, 50)
    assert results(work, Answers(), stroke(1, mask, based_on=1)) == ["stored"]
    assert work.store.slice(work.annotation_key, 1, 2).state is SliceState.CORRECTED


def test_an_undo_takes_back_the_stroke_it_names_and_no_other(work: Work) -> None:
    answers = Answers()
    assert results(work, answers, stroke(1, block(50, 50)), StepMessage(TAB, 2, "undo", 1)) == [
        "stored",
        "stored",
    ]
    assert not work.store.slice(work.annotation_key, 1, 2).pixels
    assert results(work, answers, StepMessage(TAB, 3, "redo", 1)) == ["stored"]
    save_drawing(work.store, work.annotation_key, 1, 4, block(9, 9), person="anna", tool="brush")
    assert results(work, answers, StepMessage(TAB, 4, "undo", 1)) == ["skipped"]
    assert work.store.slice(work.annotation_key, 1, 4).pixels
    assert results(work, answers, StepMessage(TAB, 5, "undo", None)) == ["stored"]
    assert not work.store.slice(work.annotation_key, 1, 4).pixels
    assert work.store.slice(work.annotation_key, 1, 2).pixels


def test_while_the_store_is_busy_messages_wait_for_their_answer_in_order(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise StoreBusy("busy")

    first, second = stroke(1, block(50, 50)), stroke(2, block(50, 50, 30))
    answers = Answers()
    with monkeypatch.context() as patch:
        patch.setattr(work.store, "put_many", busy)
        assert results(work, answers, first, second) == []
    assert results(work, answers, first, second) == ["stored", "stored"]


def test_an_empty_mask_must_be_meant(work: Work) -> None:
    answers = Answers()
    nothing = np.zeros(SHAPE, dtype=np.bool_)
    results(work, answers, stroke(1, block(50, 50)))
    (refused,) = answer_messages(work, answers, (stroke(2, nothing, based_on=1),))
    assert refused.result == "refused" and "clear" in refused.text
    assert results(work, answers, stroke(3, nothing, based_on=1, erased=True)) == ["stored"]
    assert results(work, answers, AbsentMessage(TAB, 4, 1, 2, 2)) == ["stored"]
    assert work.store.slice(work.annotation_key, 1, 2).state is SliceState.CONFIRMED_EMPTY


def test_a_segment_that_is_gone_is_a_refusal_with_a_sentence(work: Work) -> None:
    work.store.remove_segment(work.annotation_key, 1, "anna")
    (answer,) = answer_messages(work, Answers(), (stroke(1, block(50, 50)),))
    assert answer.result == "refused" and answer.text.endswith(".")


def test_hints_correct_a_proposal_and_are_obeyed(work: Work) -> None:
    truth = demo_masks()["liver"][FIRST : FIRST + SLICES]
    for index in (0, 4):
        save_drawing(
            work.store, work.annotation_key, 1, index, truth[index], person="anna", tool="brush"
        )
    half = truth[2].copy()
    half[:, :100] = False
    store_proposals(work.store, work.annotation_key, [Proposal(1, 2, half, 0.5)], person="anna")
    added = np.zeros(SHAPE, dtype=np.bool_)
    added[np.argwhere(truth[2] & ~half)[::60, 0], np.argwhere(truth[2] & ~half)[::60, 1]] = True
    removed = np.zeros(SHAPE, dtype=np.bool_)
    removed[5:8, 5:8] = True
    hint = HintMessage(TAB, 1, 1, 2, 1, coded(half), coded(added), coded(removed))
    (answer,) = answer_messages(work, Answers(), (hint,))
    assert (answer.result, answer.text) == ("stored", "")
    stored = work.store.slice(work.annotation_key, 1, 2)
    assert (stored.state, stored.tool) == (SliceState.CORRECTED, "hints")
    assert stored.mask[added].all() and not stored.mask[removed].any()
    assert (stored.mask & truth[2]).sum() > half.sum()
    # The answer was lost, and meanwhile another slice was drawn.
    save_drawing(work.store, work.annotation_key, 1, 1, truth[1], person="anna", tool="brush")
    assert results(work, Answers(), hint) == ["stored"]
    assert work.store.slice(work.annotation_key, 1, 2) == stored


def test_ends_are_stored_undone_and_refused_where_they_contradict_a_drawing(work: Work) -> None:
    def ends() -> Ends:
        return stated_ends(work.store, work.annotation_key)[1].ends

    answers = Answers()
    first = EndMessage(TAB, 2, 1, End.FIRST, 1, 0)
    assert results(work, answers, stroke(1, block(50, 50)), first) == ["stored", "stored"]
    assert results(work, Answers(), first) == ["stored"]
    assert ends() == Ends(1, None)
    (refused,) = answer_messages(work, answers, (EndMessage(TAB, 3, 1, End.LAST, 1, 0),))
    assert refused.result == "refused"
    assert "drawn on slice 3" in refused.text
    assert results(work, answers, StepMessage(TAB, 4, "undo", 2)) == ["stored"]
    assert ends() == Ends()


def sphere(
    number: int, masks: dict[int, NDArray[np.bool_]], *, based_on: int = 0, erased: bool = False
) -> MasksMessage:
    """Message about a stroke over several slices."""
    drawn = tuple(SliceMask(index, based_on, coded(mask)) for index, mask in masks.items())
    return MasksMessage(TAB, number, 1, drawn, "brush", erased)


def test_a_stroke_over_several_slices_is_one_step_and_done_once(work: Work) -> None:
    message = sphere(1, {2: block(50, 50), 3: block(52, 52), 1: block(52, 52, 9)})
    assert results(work, Answers(), message) == ["stored"]
    assert results(work, Answers(), message) == ["stored"]
    stored = work.store.annotation(work.annotation_key)
    assert {index: one.version for (_, index), one in stored.items()} == {1: 1, 2: 1, 3: 1}
    assert {one.state for one in stored.values()} == {SliceState.DRAWN}
    assert results(work, Answers(), StepMessage(TAB, 2, "undo", 1)) == ["stored"]
    assert not any(one.pixels for one in work.store.annotation(work.annotation_key).values())


def test_strokes_over_several_slices_follow_each_other_before_any_answer(work: Work) -> None:
    first = sphere(1, {2: block(50, 50), 3: block(50, 50)})
    second = sphere(2, {2: block(50, 50, 30), 3: block(50, 50, 30)})
    assert results(work, Answers(), first, second) == ["stored", "stored"]
    assert (work.store.slice(work.annotation_key, 1, 3).mask == block(50, 50, 30)).all()


def test_a_stroke_over_several_slices_is_stored_whole_or_not_at_all(work: Work) -> None:
    save_drawing(work.store, work.annotation_key, 1, 3, block(90, 90), person="ben", tool="brush")
    message = sphere(1, {2: block(50, 50), 3: block(50, 50)})
    assert results(work, Answers(), message) == ["conflict"]
    assert not work.store.slice(work.annotation_key, 1, 2).pixels
    assert (work.store.slice(work.annotation_key, 1, 3).mask == block(90, 90)).all()


def test_a_stroke_over_several_slices_overrides_proposals_that_came_in_between(work: Work) -> None:
    proposals = [Proposal(1, index, block(90, 90), 0.8) for index in (1, 3)]
    store_proposals(work.store, work.annotation_key, proposals, person="anna")
    message = sphere(1, {index: block(50, 50) for index in (2, 3, 1)})
    answers = Answers()
    assert results(work, answers, message) == ["stored"]
    again = sphere(2, {index: block(50, 50, 30) for index in (2, 3, 1)})
    assert results(work, answers, again) == ["stored"]
    assert results(work, Answers(), message) == ["stored"]
    stored = work.store.annotation(work.annotation_key)
    assert {one.state for one in stored.values()} == {SliceState.DRAWN}
    assert all((one.mask == block(50, 50, 30)).all() for one in stored.values())


def test_an_eraser_over_several_slices_may_leave_nothing(work: Work) -> None:
    message = sphere(1, {2: block(50, 50), 3: block(50, 50)})
    nothing = np.zeros(SHAPE, dtype=np.bool_)
    answers = Answers()
    erased = sphere(2, {2: nothing, 3: nothing}, based_on=1, erased=True)
    assert results(work, answers, message, erased) == ["stored", "stored"]
    assert work.store.slice(work.annotation_key, 1, 3).state is SliceState.EMPTY
    assert results(work, answers, sphere(3, {2: block(50, 50)}, based_on=2)) == ["stored"]
    unmeant = sphere(4, {2: nothing, 3: block(50, 50)}, based_on=3)
    assert results(work, answers, unmeant) == ["refused"]


def test_decisions_are_carried_out_once_and_taken_back_by_one_undo(work: Work) -> None:
    proposals = [Proposal(1, at, block(90, 90), 0.8) for at in (1, 2, 3)]
    store_proposals(work.store, work.annotation_key, proposals, person="anna")
    seen = tuple(SeenProposal(at, 1) for at in (1, 2))
    accepted = DecisionMessage(TAB, 1, 1, "accept", seen, "")
    rejected = DecisionMessage(TAB, 2, 1, "reject", (SeenProposal(3, 1),), "too large")
    for answers in (Answers(), Answers()):
        assert results(work, answers, accepted, rejected) == ["stored", "stored"]
    states = [work.store.slice(work.annotation_key, 1, at).state for at in (1, 2, 3)]
    assert states == [SliceState.ACCEPTED, SliceState.ACCEPTED, SliceState.EMPTY]
    undo = [StepMessage(TAB, 3, "undo", 2), StepMessage(TAB, 4, "undo", 1)]
    assert results(work, Answers(), *undo) == ["stored", "stored"]
    states = [work.store.slice(work.annotation_key, 1, at).state for at in (1, 2, 3)]
    assert states == [SliceState.PROPOSED] * 3


def test_a_decision_about_what_somebody_has_changed_since_is_a_conflict(work: Work) -> None:
    store_proposals(
        work.store, work.annotation_key, [Proposal(1, 2, block(90, 90), 0.8)], person="anna"
    )
    save_drawing(work.store, work.annotation_key, 1, 2, block(50, 50), person="ben", tool="brush")
    message = DecisionMessage(TAB, 1, 1, "accept", (SeenProposal(2, 1),), "")
    assert results(work, Answers(), message) == ["conflict"]
    about_drawing = DecisionMessage(TAB, 2, 1, "reject", (SeenProposal(2, 2),), "")
    (answer,) = answer_messages(work, Answers(), (about_drawing,))
    assert (answer.result, "no proposal" in answer.text) == ("refused", True)
    assert (work.store.slice(work.annotation_key, 1, 2).mask == block(50, 50)).all()
