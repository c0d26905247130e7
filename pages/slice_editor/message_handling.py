"""From messages of the editor to the store: everything is on disk before it is answered."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.annotation.actions import confirm_empty, save_drawing
from core.annotation.drawings import SliceDrawing, save_drawings
from core.annotation.ends import state_end
from core.annotation.store import StoreBusy, StoreError, VersionConflict
from core.annotation.versions import SliceKey
from pages.server.metrics import MESSAGE_SECONDS, MESSAGES
from pages.session.live_proposals import unsaved_proposal
from pages.session.tab_log import log_for_tab
from pages.session.work import Work
from pages.slice_editor.hints import mask_from_hints
from pages.slice_editor.message_kinds import (
    AbsentMessage,
    DecisionMessage,
    EndMessage,
    HintMessage,
    MaskMessage,
    MasksMessage,
    Message,
    StepMessage,
)
from pages.slice_editor.review_messages import decide

_MOST_ANSWERS = 10_000


@dataclass(frozen=True)
class Answer:
    """What became of a message.

    Attributes
    ----------
    client, number : str, int
        Which one.
    result : str
        "stored"; "skipped" for a step that is not the next one any more; "conflict" where somebody
        else changed the slice; "refused" where the store says no.
    text : str
        Why it was refused, to be shown to people.
    """

    client: str
    number: int
    result: str
    text: str = ""


@dataclass
class Answers:
    """Answers given so far in this session, so that a repeated message gets the same answer."""

    given: dict[tuple[str, int], Answer] = field(default_factory=dict)
    written: dict[tuple[int, int], int] = field(default_factory=dict)  # versions by place


def answer_messages(work: Work, answers: Answers, messages: tuple[Message, ...]) -> list[Answer]:
    """Do what messages ask for, each once.

    Parameters
    ----------
    work : Work
        Series being worked on.
    answers : Answers
        Of this session; answers are added.
    messages : tuple of Message
        Oldest first.

    Returns
    -------
    list of Answer
        One for each message, as far as the store took them: where it is busy, the rest is not
        answered, and the tab sends it again.
    """
    for message in messages:
        if message.key not in answers.given:
            started = time.perf_counter()
            try:
                result, text = _do(work, answers, message)
            except StoreBusy:
                log_for_tab("store-busy")
                break
            _tell(message, result, time.perf_counter() - started)
            answers.given[message.key] = Answer(message.client, message.number, result, text)
    given = [answers.given[message.key] for message in messages if message.key in answers.given]
    for key in list(answers.given)[: max(0, len(answers.given) - _MOST_ANSWERS)]:
        del answers.given[key]
    return given


def _tell(message: Message, result: str, seconds: float) -> None:
    """Count a message that was answered, and log it."""
    MESSAGES.labels(result).inc()
    MESSAGE_SECONDS.observe(seconds)
    kind = type(message).__name__.removesuffix("Message").lower()
    log_for_tab("message", kind=kind, result=result, seconds=seconds)


def _do(work: Work, answers: Answers, message: Message) -> tuple[str, str]:
    try:
        if isinstance(message, StepMessage):
            return _undo_or_redo(work, message), ""
        if isinstance(message, EndMessage):
            _state_end(work, message)
        elif isinstance(message, DecisionMessage):
            decide(work, message)
        elif isinstance(message, MasksMessage):
            _store_several(work, answers, message)
        else:
            _store(work, answers, message)
    except VersionConflict:
        return "conflict", ""
    except StoreBusy:
        raise
    except (StoreError, ValueError) as error:
        return "refused", str(error)
    return "stored", ""


def _undo_or_redo(work: Work, message: StepMessage) -> str:
    following = work.store.next_steps(work.annotation_key, work.person)
    step = following.undo if message.way == "undo" else following.redo
    if message.of is not None and (
        step is None or step.message is None or tuple(step.message) != (message.client, message.of)
    ):
        return "skipped"
    move = work.store.undo if message.way == "undo" else work.store.redo
    move(work.annotation_key, work.person, message=message.key)
    return "stored"


def _state_end(work: Work, message: EndMessage) -> None:
    state_end(
        work.store,
        work.annotation_key,
        message.segment,
        message.end,
        message.slice,
        person=work.person,
        based_on=message.based_on,
        message=message.key,
    )


def _store(work: Work, answers: Answers, message: Message) -> None:
    assert isinstance(message, MaskMessage | AbsentMessage | HintMessage)
    place = (message.segment, message.slice)
    if isinstance(message, HintMessage):
        # Computed again, its mask may be another one: examples have come since.
        versions = work.store.versions_stored(work.annotation_key, message.key)
        if versions is not None:
            answers.written[place] = versions[0]
            return
    _store_over_own(
        answers, [place], [message.based_on], lambda bases: [_put(work, message, bases[0])]
    )


def _store_several(work: Work, answers: Answers, message: MasksMessage) -> None:
    """As `_store`, for a stroke over several slices: all are stored, or none."""
    places = [(message.segment, one.slice) for one in message.masks]
    bases = [one.based_on for one in message.masks]
    _store_over_own(answers, places, bases, lambda bases: _put_several(work, message, bases))


def _store_over_own(
    answers: Answers,
    places: list[SliceKey],
    bases: list[int],
    put: Callable[[list[int]], list[int]],
) -> None:
    """Store what is based on versions; again on those that this session has written since.

    They were written on top of a proposal that came in between: what is sent contains them.
    """
    try:
        versions = put(bases)
    except VersionConflict as conflict:
        if answers.written.get((conflict.segment_number, conflict.slice_index)) != conflict.stored:
            raise
        written = (answers.written.get(place, 0) for place in places)
        versions = put(list(map(max, bases, written)))
    answers.written.update(zip(places, versions, strict=True))


def _put_several(work: Work, message: MasksMessage, bases: list[int]) -> list[int]:
    drawings = [
        SliceDrawing(
            one.slice,
            one.mask.decoded(),
            based_on,
            unsaved_proposal(work, (message.segment, one.slice)),
        )
        for one, based_on in zip(message.masks, bases, strict=True)
    ]
    return save_drawings(
        work.store,
        work.annotation_key,
        message.segment,
        drawings,
        person=work.person,
        tool=message.tool,
        allow_clear=message.erased,
        message=message.key,
        locked=message.locked,
    )


def _put(work: Work, message: MaskMessage | AbsentMessage | HintMessage, based_on: int) -> int:
    if isinstance(message, AbsentMessage):
        return confirm_empty(
            work.store,
            work.annotation_key,
            message.segment,
            message.slice,
            person=work.person,
            based_on=based_on,
            allow_clear=True,
            message=message.key,
        )
    if isinstance(message, HintMessage):
        mask, tool, may_clear = mask_from_hints(work, message), "hints", True
    else:
        mask, tool, may_clear = message.mask.decoded(), message.tool, message.erased
    return save_drawing(
        work.store,
        work.annotation_key,
        message.segment,
        message.slice,
        mask,
        person=work.person,
        tool=tool,
        based_on=based_on,
        allow_clear=may_clear,
        message=message.key,
        unsaved_proposal=unsaved_proposal(work, (message.segment, message.slice)),
        locked=message.locked,
    )


def answer_dict(answer: Answer) -> dict[str, Any]:
    """Answer as it is sent."""
    return {
        "client": answer.client,
        "number": answer.number,
        "result": answer.result,
        "text": answer.text,
    }
