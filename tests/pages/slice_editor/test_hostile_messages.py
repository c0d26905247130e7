"""Messages that no editor sends: whatever they hold, they take bounded memory and end no page."""

import base64
import copy
import json
import random
import tracemalloc
from typing import Any

import numpy as np
import pytest

from core.annotation.run_length import check_runs, decode_runs, encode_runs
from pages.session.work import Work
from pages.slice_editor.incoming import (
    read_outbox,
)
from pages.slice_editor.message_handling import Answers, answer_messages
from pages.slice_editor.message_kinds import (
    CodedMask,
)
from pages.slice_editor.message_values import MessageError

LARGE = (10, 4096, 4096)
SEED = 20261127
ROUNDS = 3000


def code_of(mask: np.ndarray) -> str:
    return base64.b64encode(encode_runs(mask)).decode()


def sound_outbox(shape: tuple[int, int, int]) -> dict[str, Any]:
    """An outbox with one message of every kind, as the editor sends it."""
    mask = np.zeros(shape[1:], dtype=np.bool_)
    mask[10:30, 10:30] = True
    place: dict[str, Any] = {"client": "0123456789abcdef", "segment": 1, "slice": 2, "base": 0}
    code = code_of(mask)
    messages: list[dict[str, Any]] = [
        {"kind": "mask", "mask": code, "tool": "brush", "erased": False},
        {"kind": "undo", "of": 1},
        {"kind": "redo", "of": None},
        {"kind": "absent"},
        {"kind": "accept", "changes": [{"slice": 2, "base": 0}]},
        {"kind": "reject", "changes": [{"slice": 2, "base": 0}], "reason": "too large"},
    ]
    return {
        "client": "0123456789abcdef",
        "sent": 3,
        "epoch": "ab",
        "revision": 1,
        "slice": 2,
        "segment": 1,
        "wanted": {"slices": [[2, 1]], "row": [3, 1], "column": [4, 1], "second": [[1, 1]]},
        "messages": [
            place | message | {"number": number} for number, message in enumerate(messages, 1)
        ],
    }


def hints(count: int, shape: tuple[int, int, int]) -> dict[str, Any]:
    empty = code_of(np.zeros(shape[1:], dtype=np.bool_))
    hint = {"kind": "hints", "segment": 1, "slice": 2, "base": 0}
    hint |= {"mask": empty, "added": empty, "removed": empty, "client": "0123456789abcdef"}
    return sound_outbox(shape) | {
        "messages": [hint | {"number": number} for number in range(1, count + 1)]
    }


def test_a_few_bytes_that_stand_for_gigabytes_are_not_unpacked_together() -> None:
    outbox = hints(100, LARGE)
    assert len(json.dumps(outbox)) < 20_000
    tracemalloc.start()
    try:
        messages = read_outbox(outbox, LARGE).messages
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
    # What comes beyond is carried out when these are answered, and the browser sends it again.
    assert 1 <= len(messages) < 10
    assert [message.number for message in messages] == list(range(1, len(messages) + 1))


def test_of_many_messages_the_first_are_carried_out_and_the_others_next_time(work: Work) -> None:
    shape = work.series.volume.shape
    noise = np.random.default_rng(SEED).random(shape[1:]) < 0.5
    outbox = sound_outbox(shape)
    (drawn, *_) = outbox["messages"]
    outbox["messages"] = [
        drawn | {"number": number, "slice": number % shape[0], "mask": code_of(noise)}
        for number in range(1, 400)
    ]
    answers, answered = Answers(), 0
    for _ in range(20):
        messages = read_outbox(outbox, shape).messages
        given = answer_messages(work, answers, messages)
        assert [one.number for one in given] == [
            one["number"] for one in outbox["messages"][: len(given)]
        ]
        answered += len(given)
        outbox["messages"] = outbox["messages"][len(given) :]
        if not outbox["messages"]:
            break
    assert answered == 399 and len(given) < 399


@pytest.mark.parametrize(
    "number", [10**400, -(10**400), 2**53, 1e400, -1.0, 1e308, float("nan"), True, "1", None, [1]]
)
@pytest.mark.parametrize("name", ["number", "segment", "slice", "base"])
def test_a_number_that_no_editor_sends_is_refused(name: str, number: object) -> None:
    outbox = sound_outbox((10, 64, 64))
    outbox["messages"][0][name] = number
    with pytest.raises(MessageError):
        read_outbox(outbox, (10, 64, 64))


def test_a_code_is_checked_as_strictly_as_it_is_decoded() -> None:
    chance = random.Random(SEED)
    sound = encode_runs(np.random.default_rng(SEED).random((9, 11)) < 0.5)
    accepted = 0
    for _ in range(ROUNDS):
        code = bytearray(sound)
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(code) + 1)
            code[at : at + chance.randrange(2)] = bytes(
                chance.randrange(256) for _ in range(chance.randrange(3))
            )
        try:
            check_runs(bytes(code), (9, 11))
        except ValueError:
            with pytest.raises(ValueError):
                decode_runs(bytes(code), (9, 11))
        else:
            accepted += 1
            assert CodedMask(bytes(code), (9, 11)).decoded().shape == (9, 11)
    assert 0 < accepted < ROUNDS


def test_damaged_messages_are_refused_or_answered_and_never_more(work: Work) -> None:
    chance = random.Random(SEED)
    shape = work.series.volume.shape
    sound = sound_outbox(shape)
    read = refused = 0
    for _ in range(ROUNDS):
        damaged = copy.deepcopy(sound)
        for _ in range(chance.randrange(1, 3)):
            damage(damaged, chance)
        try:
            outbox = read_outbox(damaged, shape)
        except MessageError:
            refused += 1
            continue
        read += 1
        if read % 20 == 0:  # the store writes to the disk each time
            results = {one.result for one in answer_messages(work, Answers(), outbox.messages)}
            assert results <= {"stored", "skipped", "conflict", "refused"}
    assert read > 100 and refused > 100


def damage(value: Any, chance: random.Random) -> None:
    """Change one value somewhere within, drop it, or put something else in its place."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        if not keys:
            return
        key = chance.choice(keys)
        inner = value[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
            value = inner
            continue
        if chance.random() < 0.15:
            del value[key]
        else:
            value[key] = odd_value(inner, chance)
        return


def odd_value(before: Any, chance: random.Random) -> Any:
    """Something that JSON can hold."""
    deep: Any = []
    for _ in range(200):
        deep = [deep]
    if isinstance(before, str) and before and chance.random() < 0.5:
        at = chance.randrange(len(before))
        return before[:at] + chr(chance.randrange(1, 0x3000)) + before[at + 1 :]
    return chance.choice(
        [None, True, 0, -1, 1, 2, 5, 10**400, 1e400, float("nan"), 0.5, 3.0, 2**53, 2**63]
        + ["", "x" * 100_000, "AAAA", "\0", "undo", "hints", "mask", {}, [], {"a": 1}, deep]
    )
