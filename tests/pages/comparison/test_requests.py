"""What a browser asks of the comparison is checked before anything is done with it."""

from typing import Any

import pytest

from pages.comparison.requests import Asked, Deed, read_asked

TAKEN = {"number": 1, "action": "take", "segment": 2, "slice": 3, "reading": 1}
SENT: dict[str, Any] = {
    "client": "1-2-3-4",
    "place": "a1",
    "segment": 2,
    "slice": 3,
    "window": "Soft tissue",
    "present": [1, 2, 3],
    "deeds": [TAKEN],
}


def test_what_our_own_script_sends_is_read() -> None:
    expected = Deed(1, "take", 2, 3, 1)
    assert read_asked(SENT) == Asked(
        "1-2-3-4", "a1", 2, 3, "Soft tissue", frozenset({1, 2, 3}), (expected,)
    )


@pytest.mark.parametrize("state", [None, "", 3, [], {}, SENT | {"client": ""}])
def test_anything_else_asks_for_nothing(state: object) -> None:
    assert read_asked(state) == Asked()


@pytest.mark.parametrize(
    "wrong",
    [
        {"client": "x" * 65},
        {"client": 4},
        {"place": None},
        {"deeds": "take"},
    ],
)
def test_a_message_without_a_sender_or_deeds_asks_for_nothing(wrong: dict[str, Any]) -> None:
    assert read_asked(SENT | wrong) == Asked()


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": -1},
        {"number": True},
        {"action": "delete"},
        {"action": ["take"]},
        {"segment": 2**40},
        {"slice": 1.5},
        {"slice": None},
        {"reading": 3},
        {"reading": "1"},
    ],
)
def test_a_deed_that_cannot_be_is_left_out(wrong: dict[str, Any]) -> None:
    second = TAKEN | {"number": 2}
    assert [one.number for one in read_asked(SENT | {"deeds": [TAKEN | wrong, second]}).deeds] == [
        2
    ]


def test_numbers_that_no_slice_can_have_are_not_asked_for() -> None:
    asked = read_asked(SENT | {"slice": -1, "segment": 2**31, "present": [1, "2", -3, 2**31]})
    assert (asked.slice_index, asked.segment, asked.present) == (None, None, frozenset({1}))
