"""What comes from a browser is checked: it may be anything."""

import base64
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.annotation.run_length import encode_runs
from core.segments.ends import End
from pages.slice_editor.incoming import (
    Outbox,
    most_slices,
    read_outbox,
)
from pages.slice_editor.message_kinds import (
    DecisionMessage,
    EndMessage,
    MaskMessage,
    MasksMessage,
    SeenProposal,
    StepMessage,
)
from pages.slice_editor.message_values import MessageError

SHAPE = (5, 4, 6)
MASK = np.zeros(SHAPE[1:], dtype=np.bool_)
MASK[1, 2:4] = True
CODE = base64.b64encode(encode_runs(MASK)).decode()
STROKE = {
    "client": "0123456789abcdef",
    "number": 3,
    "kind": "mask",
    "segment": 1,
    "slice": 2,
    "base": 0,
    "mask": CODE,
    "tool": "brush",
    "erased": False,
}
OUTBOX = {
    "client": "0123456789abcdef",
    "sent": 7,
    "epoch": "ab",
    "revision": 4,
    "slice": 2,
    "segment": 1,
    "wanted": {"slices": [[2, 1], [3, 1]], "row": [3, 1], "column": None, "second": [[2, 5]]},
    "messages": [STROKE],
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def test_a_stroke_is_read() -> None:
    outbox = read_outbox(OUTBOX, SHAPE)
    assert outbox.sent == 7
    (message,) = outbox.messages
    assert isinstance(message, MaskMessage)
    assert (message.key, message.slice, message.tool) == (("0123456789abcdef", 3), 2, "brush")
    assert (message.mask.decoded() == MASK).all()
    assert outbox.wanted.slices == ((2, 1), (3, 1)) and outbox.wanted.row == (3, 1)
    assert outbox.wanted.second == ((2, 5),)


def test_the_tool_and_the_window_are_read_where_they_are_sent() -> None:
    assert read_outbox(OUTBOX, SHAPE).tool is None
    outbox = read_outbox(OUTBOX | {"tool": "hintAdd", "window": ["Lung", -600, 1500.5]}, SHAPE)
    assert (outbox.tool, outbox.window) == ("hintAdd", ("Lung", -600.0, 1500.5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tool": "<b>"},
        {"tool": 3},
        {"window": ["Lung", 1]},
        {"window": ["x" * 101, 1, 1]},
        {"window": ["Lung", 1, 0]},
        {"window": ["Lung", float("nan"), 1]},
        {"window": ["Lung", 10**400, 1]},
        {"window": [1, 1, 1]},
    ],
)
def test_tools_and_windows_that_no_editor_has_are_refused(wrong: dict) -> None:
    with pytest.raises(MessageError):
        read_outbox(OUTBOX | wrong, SHAPE)


def test_slices_of_a_second_series_are_asked_for_a_few_at_a_time() -> None:
    many = OUTBOX | {"wanted": {"second": [[index, 1] for index in (0, 1, 2, 3, 4)]}}
    assert len(read_outbox(many, SHAPE).wanted.second) == 4
    with pytest.raises(MessageError):
        read_outbox(OUTBOX | {"wanted": {"second": [[SHAPE[0], 1]]}}, SHAPE)


def test_an_undo_names_the_stroke_it_takes_back() -> None:
    undo = {"client": "0123456789abcdef", "number": 4, "kind": "undo", "of": 3}
    (message,) = read_outbox(OUTBOX | {"messages": [undo]}, SHAPE).messages
    assert isinstance(message, StepMessage)
    assert (message.way, message.of) == ("undo", 3)


def test_a_browser_that_said_nothing_yet_says_nothing() -> None:
    assert read_outbox(None, SHAPE).messages == ()


@pytest.mark.parametrize(
    "change",
    [
        {"mask": CODE[:-4]},
        {"mask": base64.b64encode(encode_runs(MASK[:2])).decode()},
        {"mask": None},
        {"slice": 5},
        {"slice": -1},
        {"slice": 1.5},
        {"slice": True},
        {"base": float("nan")},
        {"number": 2**60},
        {"client": "../../etc"},
        {"tool": "<script>"},
        {"kind": "drop"},
    ],
    ids=str,
)
def test_what_no_editor_sends_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        read_outbox(OUTBOX | {"messages": [STROKE | change]}, SHAPE)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([*OUTBOX, "wanted.second", *(f"messages.{name}" for name in STROKE)]),
    json_values,
)
def test_anything_in_any_place_is_read_or_refused(place: str, value: Any) -> None:
    if place.startswith("messages."):
        given_outbox = OUTBOX | {"messages": [STROKE | {place.removeprefix("messages."): value}]}
    elif place == "wanted.second":
        given_outbox = OUTBOX | {"wanted": {"second": value}}
    else:
        given_outbox = OUTBOX | {place: value}
    with suppress(MessageError):
        assert isinstance(read_outbox(given_outbox, SHAPE), Outbox)


STATEMENT = {
    "client": "0123456789abcdef",
    "number": 4,
    "kind": "end",
    "segment": 1,
    "end": "last",
    "slice": 3,
    "base": 2,
}


@pytest.mark.parametrize("slice_index", [3, None])
def test_a_statement_about_an_end_is_read(slice_index: int | None) -> None:
    sent = OUTBOX | {"messages": [STATEMENT | {"slice": slice_index}]}
    (message,) = read_outbox(sent, SHAPE).messages
    assert isinstance(message, EndMessage)
    assert (message.segment, message.end, message.based_on) == (1, End.LAST, 2)
    assert message.slice == slice_index


@pytest.mark.parametrize("wrong", [{"end": "middle"}, {"end": None}, {"slice": 5}, {"base": -1}])
def test_a_statement_about_something_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        read_outbox(OUTBOX | {"messages": [STATEMENT | wrong]}, SHAPE)


def several(*slices: int, **more: Any) -> dict[str, Any]:
    """Outbox with one stroke over several slices."""
    changes = [{"slice": index, "base": index, "mask": CODE} for index in slices]
    stroke = {
        "client": "0123456789abcdef",
        "number": 4,
        "kind": "masks",
        "segment": 1,
        "tool": "brush",
        "erased": True,
        "changes": changes,
    }
    return OUTBOX | {"messages": [stroke | more]}


def test_a_stroke_over_several_slices_is_read() -> None:
    (message,) = read_outbox(several(2, 3, 1), SHAPE).messages
    assert isinstance(message, MasksMessage)
    assert [(one.slice, one.based_on) for one in message.masks] == [(2, 2), (3, 3), (1, 1)]
    assert (message.masks[0].mask.decoded() == MASK).all()
    assert (message.segment, message.tool, message.erased) == (1, "brush", True)


@pytest.mark.parametrize(
    "outbox",
    [
        several(),
        several(1, 1),
        several(5),
        several(0, 1, 2, 3, 4, 0),
        several(1, tool="<b>"),
        several(1, changes=None),
        several(1, changes=[[1, 0, CODE]]),
        several(1, changes=[{"slice": 1, "base": 0, "mask": "AAAA"}]),
        several(1, changes=[{"slice": 1, "base": -1, "mask": CODE}]),
    ],
)
def test_a_stroke_over_several_slices_that_no_editor_sends_is_refused(
    outbox: dict[str, Any],
) -> None:
    with pytest.raises(MessageError):
        read_outbox(outbox, SHAPE)


def test_one_stroke_changes_a_bounded_number_of_pixels() -> None:
    assert most_slices((1000, 512, 512)) == 256
    assert most_slices((100, 512, 512)) == 100
    assert most_slices((100, 2048, 2048)) == 16
    assert most_slices((100, 30_000, 30_000)) == 2


DECISION = {
    "client": "0123456789abcdef",
    "number": 4,
    "kind": "reject",
    "segment": 1,
    "reason": "leaks into the spleen",
    "changes": [{"slice": 2, "base": 3}, {"slice": 4, "base": 1}],
}


def test_a_decision_is_read() -> None:
    (message,) = read_outbox(OUTBOX | {"messages": [DECISION]}, SHAPE).messages
    assert isinstance(message, DecisionMessage)
    assert (message.segment, message.decision) == (1, "reject")
    assert message.proposals == (SeenProposal(2, 3), SeenProposal(4, 1))
    assert message.reason == "leaks into the spleen"


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": []},
        {"changes": [{"slice": 2, "base": 3}] * 2},
        {"changes": [{"slice": 5, "base": 3}]},
        {"changes": [{"slice": 2}]},
        {"reason": "x" * 81},
        {"reason": "two\nlines"},
        {"reason": None},
    ],
)
def test_decisions_that_no_editor_sends_are_refused(wrong: dict) -> None:
    with pytest.raises(MessageError):
        read_outbox(OUTBOX | {"messages": [DECISION | wrong]}, SHAPE)


def test_versions_before_are_sent_only_where_they_are_asked_for() -> None:
    assert not read_outbox(OUTBOX, SHAPE).compares
    assert read_outbox(OUTBOX | {"compares": True}, SHAPE).compares
    assert not read_outbox(OUTBOX | {"compares": "yes"}, SHAPE).compares


def test_what_messages_are_drawn_on_is_read_where_it_is_sent() -> None:
    assert read_outbox(OUTBOX, SHAPE).annotation == ""
    key = f"{'0' * 24}-a{'1' * 32}"
    assert read_outbox(OUTBOX | {"annotation": key}, SHAPE).annotation == key
    for wrong in ("1.2.826.0.1", "0" * 25, f"{key}0", 7, None):
        with pytest.raises(MessageError):
            read_outbox(OUTBOX | {"annotation": wrong}, SHAPE)


def test_whose_messages_they_are_is_read_where_it_is_sent() -> None:
    assert read_outbox(OUTBOX, SHAPE).owner == ""
    assert read_outbox(OUTBOX | {"owner": "0123456789abcdef"}, SHAPE).owner == "0123456789abcdef"
    for wrong in ("anna@example.org", "0" * 25, 7, None):
        with pytest.raises(MessageError):
            read_outbox(OUTBOX | {"owner": wrong}, SHAPE)
